from collections.abc import Callable, Iterable

class BadRows(ValueError):
    pass

class Diverged(ArithmeticError):
    pass

class ChunkDamaged(ValueError):
    pass

class BlockSource:
    pass

class FileSource(BlockSource):
    def __init__(self, paths: Iterable[str], block_bytes: int = 1048576) -> None: ...

class FedSource(BlockSource):
    def __init__(self, most_blocks: int = 8, block_bytes: int = 1048576) -> None: ...
    def feed(self, data: bytes) -> bool: ...
    def end_file(self) -> bool: ...
    def end(self) -> None: ...
    def close(self) -> None: ...

class RowsSource:
    pass

class TextRows(RowsSource):
    def __init__(self, source: BlockSource, data_format: str, column: str | None = None) -> None: ...

class ChunkWriter:
    def __init__(self, descriptor: int, identity: bytes) -> None: ...
    def finish(self) -> None: ...

class ChunkFile:
    def __init__(self, descriptor: int, identity: bytes) -> None: ...

class KeepingRows(RowsSource):
    def __init__(self, rows: RowsSource, writer: ChunkWriter) -> None: ...

class ChunkRows(RowsSource):
    def __init__(self, file: ChunkFile) -> None: ...

class BadColumns(ValueError):
    pass

class Encoder:
    def __init__(
        self,
        columns: list[str],
        features: Iterable[tuple[str, int, str, tuple[object, ...]]],
        label: int = -1,
        weight: int = -1,
    ) -> None: ...
    @property
    def columns(self) -> list[str]: ...
    def encode(self, data: object) -> tuple[bytes, bytes, bytes, bytes, bytes, list[tuple[int, str]]]: ...

class BatchRows(RowsSource):
    def __init__(self, encoder: Encoder, most_batches: int = 4, by: int = -1) -> None: ...
    def feed(self, data: object, file: int, first_row: int, faults: list[tuple[int, str]] = ...) -> int | None: ...
    def end(self) -> None: ...
    def close(self) -> None: ...

class Learner:
    def __init__(
        self,
        score: str,
        loss: str,
        linear: tuple[str, float, float, float, float],
        latent: tuple[str, float, float, float, float],
        *,
        size: int = 0,
        fields: int = 0,
        first: float = 0.10000000149011612,
        seed: int = 0,
        unit_length: bool = False,
        decay: float = 1.0,
        bits: int = 22,
        exact: bool = False,
        admit: int = 1,
        ttl: int = 0,
        memory: int = 0,
        spill: str = ".",
    ) -> None: ...
    def run(
        self,
        rows: RowsSource,
        *,
        learn: bool = True,
        threads: int = 0,
        deterministic: bool = False,
        max_bad: int = 0,
        go_on: bool = False,
        negatives: float = 1.0,
        progress: Callable[[int, int], object] | None = None,
    ) -> None: ...
    def run_matrix(
        self,
        begins: object,
        ids: object,
        values: object,
        labels: object,
        weights: object,
        *,
        learn: bool = True,
        threads: int = 0,
        deterministic: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> None: ...
    def totals(self) -> dict[str, float]: ...
    def bad_rows(self) -> list[tuple[int, int, int, str]]: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    @property
    def pass_state(self) -> dict[str, object]: ...
    @pass_state.setter
    def pass_state(self, value: dict[str, object], /) -> None: ...
    @property
    def bias(self) -> tuple[float, float, float]: ...
    @bias.setter
    def bias(self, value: tuple[float, float, float], /) -> None: ...
    @property
    def key_rows(self) -> int: ...
    def save(self, directory: str, state: bool) -> int: ...
    def load(self, directory: str, rows: int, state: bool) -> None: ...
    def predict(
        self,
        rows: RowsSource,
        take: Callable[[bytes], object],
        *,
        scores: bool = False,
        threads: int = 0,
        max_bad: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> None: ...
    def predict_matrix(
        self, begins: object, ids: object, values: object, *, scores: bool = False, threads: int = 0
    ) -> bytes: ...
    def compare(
        self,
        rows: RowsSource,
        most: int,
        *,
        threads: int = 0,
        max_bad: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> tuple[list[tuple[str, int, dict[str, float]]], dict[str, float]]: ...

def key(field: int, text: str) -> int: ...
def table_row(key: int, bits: int) -> int: ...

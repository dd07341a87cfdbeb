from collections.abc import Callable, Iterable

class BadRows(ValueError):
    pass

class Diverged(ArithmeticError):
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
        bits: int,
    ) -> None: ...
    def run(
        self,
        source: BlockSource,
        data_format: str,
        *,
        learn: bool = True,
        threads: int = 0,
        deterministic: bool = False,
        max_bad: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> None: ...
    def predict(
        self,
        source: BlockSource,
        data_format: str,
        *,
        scores: bool = False,
        threads: int = 0,
        max_bad: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> bytes: ...
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
    def predict_matrix(
        self, begins: object, ids: object, values: object, *, scores: bool = False, threads: int = 0
    ) -> bytes: ...
    def totals(self) -> dict[str, float]: ...
    def bad_rows(self) -> list[tuple[int, int, int, str]]: ...
    @property
    def bias(self) -> tuple[float, float, float]: ...
    @bias.setter
    def bias(self, value: tuple[float, float, float], /) -> None: ...
    def save(self, directory: str, state: bool) -> int: ...
    def load(self, directory: str, rows: int, state: bool) -> None: ...

def key(field: int, text: str) -> int: ...
def table_row(key: int, bits: int) -> int: ...

from collections.abc import Callable, Iterable

import numpy
import numpy.typing

class BadRows(ValueError):
    pass

class Diverged(ArithmeticError):
    pass

class ChunkDamaged(ValueError):
    pass

class ReadOnly(Exception):
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
        labels: list[int] = [],
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
        heads: int = 1,
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
        keys: object,
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
    def task_totals(self) -> list[dict[str, float]]: ...
    def bad_rows(self) -> list[tuple[int, int, int, str]]: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    @property
    def pass_state(self) -> dict[str, object]: ...
    @pass_state.setter
    def pass_state(self, value: dict[str, object], /) -> None: ...
    @property
    def bias(self) -> tuple[float, ...]: ...
    @bias.setter
    def bias(self, value: tuple[float, ...], /) -> None: ...
    @property
    def key_rows(self) -> int: ...
    def save(self, directory: str, state: bool, ages: bool = False) -> int: ...
    def save_sightings(self, path: str) -> dict[str, int] | None: ...
    def load_sightings(self, path: str, found: dict[str, int]) -> None: ...
    def load(
        self,
        directory: str,
        rows: int,
        *,
        state: bool = False,
        ages: bool = False,
        dtype: str = "float32",
        weights_scale: float = 1.0,
        mapped: bool = False,
    ) -> None: ...
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
        self, begins: object, keys: object, values: object, *, scores: bool = False, threads: int = 0
    ) -> object: ...
    def compare(
        self,
        rows: RowsSource,
        most: int,
        *,
        threads: int = 0,
        max_bad: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> tuple[list[tuple[str, int, dict[str, float]]], dict[str, float]]: ...

class Batch:
    def __len__(self) -> int: ...
    @property
    def offsets(self) -> numpy.typing.NDArray[numpy.uint32]: ...
    @property
    def labels(self) -> numpy.typing.NDArray[numpy.float32]: ...
    @property
    def tasks(self) -> int: ...
    @property
    def weights(self) -> numpy.typing.NDArray[numpy.float32] | None: ...
    @property
    def keys(self) -> numpy.typing.NDArray[numpy.uint64]: ...
    @property
    def values(self) -> numpy.typing.NDArray[numpy.float32] | None: ...
    @property
    def unique(self) -> numpy.typing.NDArray[numpy.uint64]: ...
    @property
    def index(self) -> numpy.typing.NDArray[numpy.uint32]: ...
    def pool(self, rows: object, fields: int = 0, squared: bool = False) -> numpy.typing.NDArray[numpy.float32]: ...
    def unpool(self, pools: object, squared: bool = False) -> numpy.typing.NDArray[numpy.float32]: ...
    def pairs(
        self, rows: object
    ) -> tuple[numpy.typing.NDArray[numpy.float32], numpy.typing.NDArray[numpy.float32]]: ...
    def unpair(self, rows: object, sums: object, slopes: object) -> numpy.typing.NDArray[numpy.float32]: ...

class BatchReader:
    def __init__(
        self,
        source: RowsSource,
        *,
        rows: int,
        threads: int = 0,
        labels: str | None = None,
        fields: int = 0,
        max_bad: int = 0,
        negatives: float = 1.0,
        seed: int = 0,
        outputs: int = 1,
    ) -> None: ...
    @staticmethod
    def matrix(
        begins: object, keys: object, values: object, labels: object, weights: object, *, rows: int, threads: int = 0
    ) -> BatchReader: ...
    def __iter__(self) -> BatchReader: ...
    def __next__(self) -> Batch: ...
    def close(self) -> None: ...
    def totals(self) -> dict[str, float]: ...
    def bad_rows(self) -> list[tuple[int, int, int, str]]: ...

class LocalTable:
    def __init__(
        self,
        bits: int,
        width: int,
        optimizer: tuple[str, float, float, float, float],
        first: float = 0.0,
        seed: int = 0,
        *,
        decay: float = 1.0,
        exact: bool = False,
        admit: int = 1,
        ttl: int = 0,
        memory: int = 0,
        spill: str = ".",
    ) -> None: ...
    @property
    def width(self) -> int: ...
    @property
    def states(self) -> int: ...
    def pull(self, keys: object, unseen: bool = True) -> numpy.typing.NDArray[numpy.float32]: ...
    def push(self, keys: object, gradients: object, examples: int = 1) -> None: ...
    def end_pass(self) -> None: ...
    def save(self, names: str, values: str, states: str = "", ages: str = "") -> int: ...
    def load(
        self,
        names: str,
        values: str,
        states: str,
        ages: str,
        count: int,
        *,
        dtype: str = "float32",
        scales: str = "",
        mapped: bool = False,
    ) -> None: ...
    def save_sightings(self, path: str) -> dict[str, int] | None: ...
    def load_sightings(self, path: str, found: dict[str, int]) -> None: ...

def scatter_add(to: object, index: object, rows: object) -> None: ...
def optimizer_step(
    optimizer: tuple[str, float, float, float, float], weights: object, states: object, gradient: object
) -> None: ...
def states_of(optimizer: tuple[str, float, float, float, float]) -> int: ...

class ScoreTotals:
    def __init__(self, loss: str, outputs: int = 1) -> None: ...
    def add(self, scores: object, labels: object, weights: object) -> None: ...
    def totals(self) -> dict[str, float]: ...
    @property
    def state(self) -> dict[str, object]: ...
    @state.setter
    def state(self, value: dict[str, object], /) -> None: ...
    def task_totals(self) -> list[dict[str, float]]: ...
    def means(self, scores: object) -> numpy.typing.NDArray[numpy.float32]: ...

def gather(
    rows: RowsSource,
    loss: str,
    *,
    heads: int = 1,
    labels: bool = True,
    threads: int = 0,
    max_bad: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[object, object, object, object, object, int, int, list[tuple[int, int, int, str]]]: ...
def common_keys(keys: object, least: int) -> object: ...
def to_columns(begins: object, keys: object, values: object, known: object) -> tuple[object, object, object]: ...
def compare(loss: str, scores: object, labels: object, weights: object) -> dict[str, float]: ...
def compare_scores(
    rows: RowsSource, scores: object, loss: str, most: int, fields: int = 0, max_bad: int = 0
) -> tuple[list[tuple[str, int, dict[str, float]]], dict[str, float]]: ...

class PerfCounters:
    def __init__(self) -> None: ...
    def read(self) -> dict[str, int]: ...

def get_memory_ready(size: int) -> None: ...
def key(field: int, text: str) -> int: ...
def table_row(key: int, bits: int) -> int: ...

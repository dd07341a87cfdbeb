"""Predictions as a file of Parquet."""

from array import array
from collections.abc import Iterator, Sequence
from errno import EIO
from queue import Full, Queue
from threading import Thread
from typing import Any

from tiffin.stream import polars_module

__all__ = ["ParquetFile"]

MOST_PARTS = 8  # that wait to be written
LOOK_S = 0.1  # how often a full queue looks whether anybody still writes


class ParquetFile:
    """Polars pulls the frames that it writes, and predictions are pushed: a thread stands between."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self._path = path
        self._names = names
        self._parts: Queue[array[float] | None] = Queue(MOST_PARTS)
        self._failure: OSError | None = None
        self._thread = Thread(target=self._write, name="parquet", daemon=True)
        self._thread.start()

    def take(self, part: "array[float] | None") -> None:
        """One part more; None: there are no more.  Raises OSError if the file cannot be written."""
        while self._failure is None:
            try:
                return self._parts.put(part, timeout=LOOK_S)
            except Full:
                continue
        raise self._failure

    def close(self) -> None:
        """Raises as `take`."""
        self.take(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        polars = polars_module()
        schema = dict.fromkeys(self._names, polars.Float32)

        def frames(*_: object) -> Iterator[Any]:
            while (part := self._parts.get()) is not None:
                columns = [
                    polars.Series(values=part[at :: len(schema)], dtype=polars.Float32) for at in range(len(schema))
                ]
                yield polars.DataFrame(dict(zip(schema, columns, strict=True)))

        try:
            source = polars.io.plugins.register_io_source(frames, schema=schema)
            source.sink_parquet(self._path, engine="streaming")
        except Exception as error:  # noqa: BLE001 - it is raised where the next part is taken
            self._failure = error if isinstance(error, OSError) else OSError(EIO, str(error))

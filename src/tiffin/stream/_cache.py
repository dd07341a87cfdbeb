"""Parsed examples kept on disk from one pass to the next (docs/formats/cache.md)."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from tiffin._native.learning import ChunkFile, ChunkRows, KeepingRows, RowsSource
from tiffin.errors import TiffinError
from tiffin.stream._building import Building
from tiffin.stream._places import identity_of, real_path
from tiffin.stream._source import parsed

__all__ = ["Cache"]

ENDING = ".chunks"


class Cache:
    """The examples of some files for one pass after the other: the first one parses them, the others need not.

    directory: where they are kept for later runs, too.  None: in the system's temporary directory, in a file without a
    name, which is gone with the process however that ends.

    rows: gives the examples for one pass; without, they are parsed.  made_by: what they depend on besides, as JSON
    holds it.

    What is kept counts only for exactly these files: their paths, sizes and modification times.  Where it cannot be
    written, `fault` says why, and each pass parses.
    """

    def __init__(
        self,
        paths: Sequence[str],
        data_format: str,
        directory: str | None = None,
        *,
        rows: Callable[[], AbstractContextManager[RowsSource]] | None = None,
        made_by: object = None,
    ) -> None:
        self.fault: str | None = None
        self._paths = list(paths)
        self._format = data_format
        # Of the arguments, not of self: what is mapped shall go when the last user of this does.
        self._rows = rows or (lambda: parsed(paths, data_format))
        self._made_by = made_by
        self._directory = directory
        self._kept: tuple[bytes, ChunkFile] | None = None  # of which data

    @property
    def is_lasting(self) -> bool:
        """Whether what is kept is there for later runs."""
        return self._directory is not None

    @contextmanager
    def rows(self, *, whole: bool = True) -> Iterator[RowsSource]:
        """The examples for one pass.  whole: all of them, so they can be kept as they go by.

        Raises as `parsed` does.  Where a chunk turns out to be damaged, the pass raises ChunkDamaged.
        """
        identity = self._identity()
        if identity is not None and (kept := self._found(identity)) is not None:
            yield ChunkRows(kept)
            return
        building = self._begin(identity) if identity is not None and whole else None
        try:
            with self._rows() as text:
                yield text if building is None else KeepingRows(text, building.writer)
            if building is not None and building.identity == self._identity():
                self._finish(building)
        finally:
            if building is not None:
                building.close()

    def discard(self) -> None:
        """Forget what is kept: it is damaged."""
        self._kept = None
        if self._directory is not None:
            try:
                os.unlink(self._place(self._directory))
            except FileNotFoundError:
                pass
            except OSError:
                self._directory = None  # it stays, and nobody looks there again

    @property
    def is_there(self) -> bool:
        """Whether the next pass needs no parsing."""
        identity = self._identity()
        return identity is not None and self._found(identity) is not None

    def _found(self, identity: bytes) -> ChunkFile | None:
        if self._kept is not None and self._kept[0] != identity:
            self._kept = None  # a file has changed since
        if self._kept is None and self._directory is not None:
            with suppress(OSError):
                descriptor = os.open(self._place(self._directory), os.O_RDONLY | os.O_CLOEXEC)
                try:
                    self._use(descriptor, identity)
                finally:
                    os.close(descriptor)
        return None if self._kept is None else self._kept[1]

    def _use(self, descriptor: int, identity: bytes) -> None:
        with suppress(ValueError):  # of other data, or damaged: it is made anew
            self._kept = identity, ChunkFile(descriptor, identity)

    def _begin(self, identity: bytes) -> Building | None:
        if self.fault is not None:
            return None
        try:
            return Building.begin(identity, None if self._directory is None else self._place(self._directory))
        except OSError as error:
            self._give_up(error)
            return None

    def _finish(self, building: Building) -> None:
        try:
            building.finish()
            self._use(building.descriptor, building.identity)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.fault = f"parsed examples cannot be kept, so that each pass parses them again: {error.strerror or error}"

    def _place(self, directory: str) -> str:
        # The same for what these files were before and will be later: what is of no use any more is replaced.
        from hashlib import sha256  # noqa: PLC0415 - slow to import

        names = json.dumps([self._format, [*map(real_path, self._paths)], *self._more()])
        return os.path.join(directory, f"{sha256(names.encode()).hexdigest()[:32]}{ENDING}")

    def _more(self) -> list[object]:
        return [] if self._made_by is None else [self._made_by]

    def _identity(self) -> bytes | None:
        """What the examples depend on; None where a file is not there."""
        try:
            files = [*map(identity_of, self._paths)]
        except (OSError, TiffinError):  # whoever reads them says so
            return None
        if None in files:
            self._directory = None  # a pipe holds other data the next time
        from hashlib import sha384  # noqa: PLC0415 - slow to import

        return sha384(json.dumps([self._format, files, *self._more()]).encode()).digest()

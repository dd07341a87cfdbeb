from collections.abc import Callable, Iterable, Sequence


class Table:
    """
    Files as columns: path, id, and what stat said.  Rows are sorted by path, as bytes.
    """

    def __len__(self) -> int: ...

    @staticmethod
    def from_rows(rows: Iterable[tuple[str, str]]) -> Table:
        """
        From (path, 32 hex digits).  ValueError for a path that comes twice or leaves its directory.
        """

    @staticmethod
    def from_manifest(body: bytes) -> Table:
        """
        From the body of a .dir object.  ValueError names the byte offset of what is wrong.
        """

    def manifest(self) -> bytes:
        """
        The body of a .dir object.  ValueError for a row without id or a path not UTF-8.
        """

    def paths(self) -> list[str]: ...

    def oids(self) -> list[str | None]: ...

    def sizes(self) -> list[int]:
        """In bytes; -1 where not known."""

    def path(self, row: int) -> str: ...

    def oid(self, row: int) -> str | None: ...

    def size(self, row: int) -> int: ...

    def mode(self, row: int) -> int: ...

    def mtime_ns(self, row: int) -> int: ...

    def ctime_ns(self, row: int) -> int: ...

    def inode(self, row: int) -> int: ...

    def find(self, path: str) -> int:
        """The row of a path, or -1."""

    def total_size(self) -> int:
        """Bytes over the rows whose size is known."""

    def missing(self) -> int:
        """Number of rows without id."""

    def forget(self, rows: Sequence[int]) -> Table:
        """The same table, these rows without id."""

    def under(self, prefix: str) -> Table:
        """The rows below a directory, their paths from there."""

    def replace_under(self, prefix: str, rows: Table) -> Table:
        """
        All rows at or below prefix ("" = all) give way to `rows` put below it; a row with an empty path is put at it.
        """

    def select(self, rows: Sequence[int]) -> Table: ...

    def adopt(self, known: Table) -> int:
        """
        In place: each row without id takes the one `known` has for its path, where size, times, inode and device
        agree and `known` is not racy there.  The number of rows still without.
        """

    def save(self, path: str, now_ns: int) -> None:
        """
        Writes an index file.  Rows touched at or after now_ns, the file system's clock before they were looked at,
        are never adopted from it.
        """

    @staticmethod
    def load(path: str) -> Table:
        """
        Reads an index file.  FileNotFoundError; ValueError where it is not ours, cut off or damaged.
        """

class Changes:
    """What differs between two tables; the lists of paths are sorted."""

    @property
    def added(self) -> list[str]: ...

    @property
    def modified(self) -> list[str]: ...

    @property
    def deleted(self) -> list[str]: ...

    @property
    def same(self) -> int: ...

def diff(old: Table, new: Table) -> Changes:
    """By path and id; a row without id counts as modified."""

class Ignore:
    """
    The ignore files in effect below a root: the last pattern that matches decides, and nothing below
    an ignored directory comes back.  Files are read when first needed, then kept.
    """

    def __init__(self, root: str, *, files: Sequence[str] = ('.dvcignore',), builtin: Sequence[str] = ('.hg/', '.git/', '.git', '.dvc/'), dialect: str = 'dvc') -> None: ...

    def ignores(self, path: str, is_dir: bool) -> bool:
        """path: from the root."""

    def explain(self, path: str, is_dir: bool) -> tuple[str, int, str] | None:
        """
        (file, line, pattern) that decided, with "" and 0 for a built-in one; None where none spoke.
        """

def scan(root: str, *, ignore: Ignore | None = None, under: str = '', follow_directories: bool = True, threads: int = 0, progress: Callable[[int, int], object] | None = None) -> Table:
    """
    Every regular file below root, without ids; links to files, and with follow_directories to directories,
    are followed.  under: where root lies below ignore's root.  OSError names the path: ENOENT for a link
    that leads nowhere, ELOOP for one that leads around itself.
    """

def stat_files(root: str, paths: Iterable[str]) -> Table:
    """The named files; what is not there or no regular file is left out."""

def find_metafiles(root: str, ignore: Ignore, *, git_ignore: bool = True) -> list[str]:
    """
    Files named dvc.yaml or *.dvc below root, sorted; not in ignored places or other repositories.
    """

class StoreResult:
    """
    What store_rows did: new objects, their bytes, (path, outcome) of the failed.
    """

    @property
    def stored(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    @property
    def failed(self) -> list[tuple[str, int]]: ...

class TransferResult:
    """What transfer did: objects, bytes, (oid, outcome) of the failed."""

    @property
    def copied(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    @property
    def failed(self) -> list[tuple[str, int]]: ...

def hash_rows(table: Table, root: str, *, threads: int = 0, progress: Callable[[int, int], object] | None = None) -> list[tuple[str, int]]:
    """
    In place: rows without id get one, and a fresh stat.  (path, outcome) of those that failed.
    """

def store_rows(table: Table, root: str, store: str, links: Sequence[str], *, threads: int = 0, progress: Callable[[int, int], object] | None = None) -> StoreResult:
    """
    In place: rows without id are hashed while they are copied into the store; rows whose object is absent
    are copied too, and take the id of what was copied.  links: types to try, in order.  Nothing is synced.
    """

def place_rows(target: Table, rows: Sequence[int] | None, root: str, store: str, links: Sequence[str], *, executable: Sequence[int] = (), threads: int = 0, progress: Callable[[int, int], object] | None = None) -> list[tuple[str, int]]:
    """
    Puts the objects of these rows (None: all) at their paths below root, and in place their stats into the
    table.  (path, outcome) of those that failed.
    """

def transfer(oids: Sequence[str] | Table, source: str, destination: str, *, suffix: str = '', threads: int = 0, progress: Callable[[int, int], object] | None = None) -> TransferResult:
    """Copies the objects the destination lacks, checking each on the way."""

def present(oids: Sequence[str] | Table, store: str, *, suffix: str = '', threads: int = 0) -> list[bool]:
    """Whether the store has each object, in order."""

def verify(oids: Sequence[str] | Table, store: str, *, suffix: str = '', threads: int = 0, progress: Callable[[int, int], object] | None = None) -> list[int]:
    """Reads objects again: an outcome each, in order."""

def put_object(store: str, body: bytes, *, suffix: str = '') -> str:
    """
    Makes body an object of the store, durably; gives its id without the suffix.
    """

def md5(body: bytes) -> str:
    """32 hexadecimal digits."""

def link_works(kind: str, source_dir: str, destination_dir: str) -> bool:
    """
    Whether files of one directory can be linked into the other that way; tried with a temporary file.
    """

def sync_filesystem(path: str) -> None:
    """
    Returns when all that the file system of path had in memory is on the disk.
    """

def clock_ns(directory: str) -> int:
    """
    The file system's own idea of now: the mtime of a file just written in the directory, and removed.
    """

def remove_files(root: str, paths: Iterable[str]) -> None:
    """
    Removes files, then the directories left empty, never root itself; what is not there is fine.
    """

def engine() -> tuple[str, int]:
    """
    Which MD5 kernel runs on this machine, and how many messages it takes abreast.
    """

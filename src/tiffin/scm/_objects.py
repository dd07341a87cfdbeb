"""Reading Git's objects through one long-lived `git cat-file --batch`."""

import os
from collections.abc import Generator, Sequence
from types import TracebackType
from typing import IO, NamedTuple, Self

from tiffin.errors import GitError
from tiffin.scm._run import git_command, no_git

__all__ = ["Commit", "GitObject", "GitObjects", "TreeEntry", "parse_tree"]

# Names of 65 bytes at most: a pipe takes them all, so that git never waits for us to read while we wait for it.
_AHEAD = 48


class Commit(NamedTuple):
    """A commit.  time: seconds since 1970 when it was committed; offset: of the committer's zone, in minutes."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: str
    email: str
    time: int
    offset: int
    message: str


class TreeEntry(NamedTuple):
    """A file in a tree.  mode: "100644", "100755", "120000" (link) or "160000" (submodule); path from the root."""

    mode: str
    id: str
    path: str


class GitObject(NamedTuple):
    """Any object.  kind: "blob", "tree", "commit" or "tag"."""

    id: str
    kind: str
    content: bytes


class GitObjects:
    """A reader of objects; a context manager.  The process starts with the first read and ends at exit."""

    def __init__(self, directory: str, *, foreign: bool = False) -> None:
        """foreign: see Runner in _run.py."""
        self._directory = directory
        self._foreign = foreign
        self._stdin: IO[bytes] | None = None
        self._stdout: IO[bytes] | None = None
        self._process: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next read would start another."""
        import subprocess  # noqa: PLC0415 (see _run.py)

        process, self._process = self._process, None
        if isinstance(process, subprocess.Popen):
            process.communicate()

    def read(self, name: str) -> GitObject | None:
        """An object by id, or by "REV:path" from the root of the tree; None if there is none.

        Raises GitError if the process ends early.
        """
        if "\n" in name:
            return None  # the protocol has one name a line; callers resolve such names to ids first
        self._ask([name])
        return self._answer(name)

    def read_many(self, ids: Sequence[str]) -> Generator[GitObject | None, None, None]:
        """Many objects by id, in order, as `read` gives them.

        They are asked for ahead of the answers; nothing else may be read until this has ended.
        """
        for start in range(0, len(ids), _AHEAD):
            block = ids[start : start + _AHEAD]
            self._ask(block)
            unanswered = iter(block)
            try:
                for name in unanswered:
                    yield self._answer(name)
            finally:  # given up early: whatever is asked next must not get these answers
                for name in unanswered:
                    self._answer(name)

    def _ask(self, names: Sequence[str]) -> None:
        stdin, _ = self._pipes()
        try:
            stdin.write(b"".join(os.fsencode(name) + b"\n" for name in names))
            stdin.flush()
        except BrokenPipeError:
            raise GitError(f"git cat-file ended before it read {names[0]}") from None

    def _answer(self, name: str) -> GitObject | None:
        _, stdout = self._pipes()
        head = stdout.readline()
        if not head:
            raise GitError(f"git cat-file ended while it read {name}")
        words = head.rsplit(b" ", 2)
        if len(words) < 3 or not words[2].strip().isdigit():
            return None  # "NAME missing", "NAME ambiguous"
        content = stdout.read(int(words[2]))
        stdout.read(1)
        return GitObject(words[0].decode(), words[1].decode(), content)

    def blob(self, rev: str, path: str) -> bytes | None:
        """A file's bytes as of a revision; None if it is not there, or is no file."""
        found = self.read(f"{rev}:{path}")
        return found.content if found is not None and found.kind == "blob" else None

    def commit(self, rev: str) -> Commit:
        """A commit, by any name git knows it by.  Raises GitError if there is none."""
        found = self.find_commit(rev)
        if found is None:
            raise GitError(f"no commit {rev!r}")
        return found

    def find_commit(self, rev: str) -> Commit | None:
        """A commit, by a name, an abbreviation or an expression like HEAD~2; None if there is none."""
        # As in Git.resolve_rev.
        found = self.read(f"{rev}^{{commit}}") if rev and not rev.startswith("-") else None
        return None if found is None else _commit(found)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        import subprocess  # noqa: PLC0415 (see _run.py)

        if self._process is None:
            try:
                process = subprocess.Popen(
                    [*git_command(foreign=self._foreign), "cat-file", "--batch"],
                    cwd=self._directory,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except FileNotFoundError:
                raise no_git(self._directory) from None
            self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        if self._stdin is None or self._stdout is None:
            raise GitError("git cat-file was started without pipes")
        return self._stdin, self._stdout


def _commit(found: GitObject) -> Commit:
    # commit := { name ' ' value '\n' { ' ' more '\n' } } '\n' message
    head, _, message = found.content.decode(errors="replace").partition("\n\n")
    fields = [line.partition(" ") for line in head.splitlines() if not line.startswith(" ")]
    single = {name: value for name, _, value in fields}
    author, _, rest = single["author"].rpartition(" <")
    _, time, zone = single["committer"].rsplit(" ", 2)
    offset = int(zone[-4:-2]) * 60 + int(zone[-2:])
    return Commit(
        id=found.id,
        tree=single["tree"],
        parents=tuple(value for name, _, value in fields if name == "parent"),
        author=author,
        email=rest.partition(">")[0],
        time=int(time),
        offset=-offset if zone.startswith("-") else offset,
        message=message,
    )


def parse_tree(out: bytes) -> list[TreeEntry]:
    """What `git ls-tree -r -z` prints: mode ' ' kind ' ' id TAB path NUL."""
    entries = []
    for line in out.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, oid = head.decode().split(" ")
        entries.append(TreeEntry(mode, oid, os.fsdecode(path)))
    return entries

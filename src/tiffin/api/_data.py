"""Single files: `open`, `read`, `get_url`."""

import io
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any

from tiffin.api._access import opened
from tiffin.repo.gathering import storage_path

__all__ = ["get_url", "open", "read"]


class _Opened:
    """What `open` gives: a file for the time of a `with` block, and nothing before."""

    def __init__(self, arguments: tuple[Any, ...], path: str, mode: str, encoding: str | None) -> None:
        self._arguments = arguments
        self._path = path
        self._mode = mode
        self._encoding = encoding
        self._stack = ExitStack()

    def __enter__(self) -> IO[Any]:
        with ExitStack() as stack:
            source = stack.enter_context(opened(*self._arguments))
            member, inside = source.member(source.inside(self._path))
            stream: IO[Any] = stack.enter_context(member.open(inside))
            if "b" not in self._mode:
                stream = stack.enter_context(io.TextIOWrapper(stream, encoding=self._encoding))
            self._stack = stack.pop_all()
        return stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"tiffin.api.open() gives a file in a `with` statement only, so it has no {name!r} yet")


def open(  # noqa: A001 - as in dvc.api
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    mode: str = "r",
    encoding: str | None = None,
    config: Mapping[str, Any] | None = None,
    remote_config: Mapping[str, Any] | None = None,
) -> _Opened:
    """Open a file of a repository for reading, in a `with` statement; text unless mode is "rb".

    It is read where it is: from the work tree, from Git, from the cache, or from the remote.  Raises FileNotFoundError,
    IsADirectoryError, MissingObjects.
    """
    if "r" not in mode or "+" in mode:
        raise ValueError(f"a file of a repository can only be read, so not in mode {mode!r}")
    return _Opened((repo, rev, config, remote, remote_config), path, mode, encoding)


def read(
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    mode: str = "r",
    encoding: str | None = None,
    config: Mapping[str, Any] | None = None,
    remote_config: Mapping[str, Any] | None = None,
) -> Any:
    """The content of a file of a repository: text, or bytes where mode is "rb".  Raises as `open`."""
    with open(path, repo, rev, remote, mode, encoding, config, remote_config) as file:
        return file.read()


def get_url(
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    config: Mapping[str, Any] | None = None,
    remote_config: Mapping[str, Any] | None = None,
) -> str:
    """Where the object of a tracked file or directory lies: at the remote, or in the cache of a repository without one.

    Nobody looks whether it is there.  Raises MissingDependency if nothing tracks the path.
    """
    with opened(repo, rev, config, remote, remote_config) as source:
        return storage_path(source, path)

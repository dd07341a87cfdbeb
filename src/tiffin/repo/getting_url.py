"""Data from a URL without a repository: `get-url`, `list-url`."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from tiffin.errors import MissingDependency
from tiffin.fs.remote import Info, Wanted, download, infos
from tiffin.objects import Progress
from tiffin.repo.gathering import copy_plain, target_path
from tiffin.repo.places import Place

__all__ = ["get_url", "list_url"]


def get_url(
    place: Place, out: str | None, directory: str, *, force: bool = False, progress: Progress | None = None
) -> str:
    """Copy what is at a place to `out`, seen from a directory; return where it is.

    It shows there once it is whole.  Raises MissingDependency, TargetError, TransferError.
    """
    target = target_path(urlsplit(place.url).path, out, directory, force=force)
    if place.local is not None:
        if not os.path.isfile(place.local) and not os.path.isdir(place.local):
            raise _absence(place)
        copy_plain(place.local, target)
        return target
    if progress is not None:
        progress.expect(1, 0)
    if download(place.fs, [Wanted("", target)], progress=progress) == [None]:
        raise _absence(place)
    return target


def list_url(place: Place, *, depth: int | None = None) -> Iterator[Info]:
    """What is below a place, sorted, at most so deep (0: the place itself); a file is its own only entry, path "".

    Raises MissingDependency, TransferError for a server that does not list.
    """
    (found,) = infos(place.fs, [""])
    if found is None:
        raise _absence(place)
    if depth == 0 or not found.is_dir:
        yield found
        return
    for info in place.fs.list(recursive=depth != 1):
        if depth is None or info.path.count("/") < depth:
            yield info


def _absence(place: Place) -> MissingDependency:
    return MissingDependency(f"'{place.url}' does not exist")

"""Data by URL: which file system that is, and what is there."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from tiffin.config import Config, RemoteSettings
from tiffin.errors import ConfigError
from tiffin.formats.values import Content
from tiffin.fs import local_path
from tiffin.fs.remote import SCHEMES, FileSystem, infos, open_filesystem
from tiffin.index import Seen
from tiffin.objects.remote import RemoteStore
from tiffin.repo._repo import Repo

__all__ = ["Place", "content_at", "look_at", "open_place", "open_remote"]


class Place(NamedTuple):
    """A file or directory somewhere.  local: where, if it is on this machine; else it is the base of `fs`."""

    url: str
    local: str | None
    fs: FileSystem


def open_place(
    config: Config,
    url: str,
    directory: str,
    *,
    environment: Mapping[str, str],
    options: Mapping[str, object] | None = None,
) -> Place:
    """The place of a URL, a path seen from `directory`, or `remote://NAME/path`.

    options: settings as of a remote, over those of the one that is named.  Raises ConfigError, RemoteMissing.
    """
    address, settings = url, dict(options or {})
    if url.startswith("remote://"):
        name, _, below = url.removeprefix("remote://").partition("/")
        remote = config.remote(name)
        address = f"{remote.url.rstrip('/')}/{below}" if below else remote.url
        settings = {**remote.options, **settings}
    local = local_path(address)
    if local is not None:
        local = os.path.normpath(os.path.join(directory, local))
    return Place(url, local, open_filesystem(local or address, settings, environment=environment))


def open_remote(repo: Repo, settings: RemoteSettings) -> RemoteStore:
    """The objects of a remote that is no directory.  Raises ConfigError for a kind that is not there yet."""
    if settings.scheme not in SCHEMES:
        raise ConfigError(
            f"remote '{settings.name}' is at {settings.url}: only local directories and HTTP can be remotes so far",
            hint="use a directory, such as a mounted share, or let `dvc` push and pull in this repository",
        )
    store = repo.opened.get(settings.name)
    if not isinstance(store, RemoteStore):
        jobs = {"jobs": repo.jobs} if repo.jobs else {}
        fs = open_filesystem(settings.url, {**settings.options, **jobs}, environment=repo.environment)
        store = repo.opened[settings.name] = RemoteStore(fs)
    return store


def look_at(repo: Repo, url: str) -> Seen | None:
    """What a dependency with a URL is now; None if nothing is there."""
    place = open_place(repo.config, url, repo.root, environment=repo.environment)
    if place.local is not None:
        return repo.workspace.look(place.local)
    content = content_at(place)
    return None if content is None else Seen(content)


def content_at(place: Place) -> Content | None:
    """What is known of a file elsewhere without reading it, as DVC records it; None if nothing is there."""
    (found,) = infos(place.fs, [""])
    if found is None:
        return None
    return Content(None, found.size, extra={"checksum": found.checksum} if found.checksum else {})

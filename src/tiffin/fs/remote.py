"""Files beyond the local disk: one protocol, its implementations, and whole-file transfers over any of them.

Apart from `tiffin.fs`, because only commands that leave the machine need it.  A new kind of store is a module with a
class of that protocol, a line in `open_filesystem`, and a test that runs the suite of `tiffin.testing.filesystem`.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from tiffin.errors import ConfigError
from tiffin.fs._directory import Directory
from tiffin.fs._filesystem import Body, FileSystem, Info
from tiffin.fs._transfers import Fetched, Wanted, chunks, download, infos, read, read_all, receive, remove, upload
from tiffin.fs._url import local_path

__all__ = [
    "SCHEMES",
    "Body",
    "Directory",
    "Fetched",
    "FileSystem",
    "Info",
    "Wanted",
    "chunks",
    "download",
    "infos",
    "open_filesystem",
    "read",
    "read_all",
    "receive",
    "remove",
    "upload",
]

SCHEMES = ("http", "https")


def open_filesystem(
    url: str, options: Mapping[str, object] | None = None, *, environment: Mapping[str, str] | None = None
) -> FileSystem:
    """The files below a URL or a local directory.

    options: as of a remote.  environment: where `http_proxy` and its like are looked up.  Raises ConfigError.
    """
    directory = local_path(url)
    if directory is not None:
        return Directory(directory)
    scheme = urlsplit(url).scheme.lower()
    if scheme in SCHEMES:
        # urllib3 takes 80 ms to load.
        from tiffin.fs._http import Http  # noqa: PLC0415

        return Http(url, options, proxy=_proxy(url, environment or {}))
    raise ConfigError(
        f"no support for {scheme}:// ({url})", hint=f"so far: directories, {', '.join(f'{s}://' for s in SCHEMES)}"
    )


def _proxy(url: str, environment: Mapping[str, str]) -> str | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    excluded = _variable(environment, "no_proxy")
    suffixes = [name.strip().lstrip("*.") for name in excluded.split(",") if name.strip()]
    if excluded.strip() == "*" or any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes):
        return None
    return _variable(environment, f"{parts.scheme}_proxy") or _variable(environment, "all_proxy") or None


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""

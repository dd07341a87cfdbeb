"""Where configuration files are, and paths inside them."""

import os
import sys
from collections.abc import Mapping

__all__ = ["config_files", "default_site_cache_dir", "expand", "relative", "resolve"]


def config_files(dvc_dir: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Configuration files by level, the weakest first: system, global, repo, local.

    The last two are there only inside a repository.
    """
    files = {
        "system": os.path.join(environ.get("DVC_SYSTEM_CONFIG_DIR") or _system_dir(environ), "config"),
        "global": os.path.join(environ.get("DVC_GLOBAL_CONFIG_DIR") or _user_dir(environ), "config"),
    }
    if dvc_dir is not None:
        files["repo"] = os.path.join(dvc_dir, "config")
        files["local"] = os.path.join(dvc_dir, "config.local")
    return files


def default_site_cache_dir() -> str:
    """Where DVC keeps what users of one machine may share."""
    return "/Library/Caches/dvc" if sys.platform == "darwin" else "/var/tmp/dvc"  # noqa: S108 (DVC's)


def expand(path: str, environ: Mapping[str, str]) -> str:
    """`~` and `~/x` by HOME, `~user` by the system."""
    home = environ.get("HOME")
    if home and (path == "~" or path.startswith("~/")):
        return home.rstrip("/") + path[1:]
    return os.path.expanduser(path)


def resolve(path: str, directory: str, environ: Mapping[str, str]) -> str:
    """The absolute form of a path written in a file of that directory; URLs and absolute paths as they are."""
    if _is_url(path) or os.path.isabs(path):
        return path
    expanded = expand(path, environ)
    return expanded if os.path.isabs(expanded) else os.path.abspath(os.path.join(directory, path))


def relative(path: str, base: str, directory: str, environ: Mapping[str, str]) -> str:
    """How a path given relative to `base` is written into a file of `directory`.

    URLs, absolute paths and those with `~` stay as given.
    """
    if _is_url(path) or os.path.isabs(path) or expand(path, environ) != path:
        return path
    return os.path.relpath(os.path.join(base, path), directory).replace(os.sep, "/")


def _is_url(path: str) -> bool:
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme.replace("_", "a").isalnum()


def _system_dir(environ: Mapping[str, str]) -> str:
    if sys.platform == "darwin":
        return "/Library/Application Support/dvc"
    return os.path.join((environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)[0], "dvc")


def _user_dir(environ: Mapping[str, str]) -> str:
    if sys.platform == "darwin":
        return expand("~/Library/Application Support/dvc", environ)
    return os.path.join(environ.get("XDG_CONFIG_HOME") or expand("~/.config", environ), "dvc")

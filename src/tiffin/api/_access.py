"""Opening repositories for a caller's program: the only place here that knows directory and environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tiffin.repo.external import External, Externals, Overrides

__all__ = ["externals", "opened"]


def externals() -> Externals:
    """Access to repositories from the working directory."""
    return Externals(os.environ, os.getcwd())


@contextmanager
def opened(
    repo: str | os.PathLike[str] | None,
    rev: str | None = None,
    config: str | Mapping[str, Any] | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, Any] | None = None,
) -> Iterator[External]:
    """One repository, for as long as the `with` block."""
    with externals() as pool:
        url = os.fspath(repo) if repo is not None else None
        yield pool.open(url, rev, Overrides(config, remote, remote_config))

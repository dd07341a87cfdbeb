"""Data, parameters and metrics of any repository, from Python: the calls of `dvc.api`.

`repo` is a path or a Git URL (None: the repository around the working directory), `rev` a branch, tag or commit (None:
the work tree of a path, the newest commit of a URL), `path` counts from the root of the repository.
"""

from typing import TYPE_CHECKING, Any

from tiffin.api import dataset
from tiffin.api._artifacts import artifacts_show
from tiffin.api._data import get_url, open, read  # noqa: A004 - as in dvc.api
from tiffin.api._scm import all_branches, all_commits, all_tags
from tiffin.api._show import metrics_show, params_show

if TYPE_CHECKING:
    from tiffin.api._filesystem import DVCFileSystem

__all__ = [
    "DVCFileSystem",
    "all_branches",
    "all_commits",
    "all_tags",
    "artifacts_show",
    "dataset",
    "get_url",
    "metrics_show",
    "open",
    "params_show",
    "read",
]


def __getattr__(name: str) -> Any:
    # fsspec takes longer to load than all the rest.
    if name == "DVCFileSystem":
        from tiffin.api._filesystem import DVCFileSystem  # noqa: PLC0415

        return DVCFileSystem
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

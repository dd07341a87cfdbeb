"""Some of what is tracked: what is small, or what metrics and plots are made of."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tiffin.pipeline import Output, Project, join

__all__ = ["Narrowing"]

_KINDS = {"metrics": "metric", "plots": "plot"}


class Narrowing(NamedTuple):
    """max_size: outputs of fewer bytes, and those whose size nobody recorded.  kinds: of "metrics" and "plots", any."""

    max_size: int | None = None
    kinds: Sequence[str] = ()

    def within(self, project: Project) -> Callable[[Output], bool]:
        """Whether an output of this project is meant.  Raises TemplateError."""
        shown = set(_shown(project, self.kinds))

        def is_meant(output: Output) -> bool:
            size = output.recorded.size if output.recorded else None
            # 0 is no limit, as in DVC.
            if self.max_size and size and size >= self.max_size:
                return False
            if not self.kinds or any(output.entry.kind == _KINDS[kind] for kind in self.kinds):
                return True
            return any(_touch(output.path, path) for path in shown)

        return is_meant


def _shown(project: Project, kinds: Sequence[str]) -> Iterator[str]:
    """The files that dvc.yaml files list as metrics and plots, beside those that are outputs of that kind."""
    if not kinds:
        return
    for file, parsed in project.pipeline_files().items():
        for kind in kinds:
            listed = parsed.metrics if kind == "metrics" else parsed.plot_files
            yield from (join(posixpath.dirname(file), path) for path in listed)


def _touch(output: str, path: str) -> bool:
    return output == path or path.startswith(f"{output}/") or output.startswith(f"{path}/")

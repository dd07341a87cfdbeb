"""Parameters and metrics, merged: `params_show`, `metrics_show`."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tiffin.api._access import opened
from tiffin.errors import FormatError
from tiffin.experiments import Failure, Reading, metrics_of, params_of
from tiffin.repo.external import External

__all__ = ["metrics_show", "params_show"]


def metrics_show(
    *targets: str, repo: str | None = None, rev: str | None = None, config: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The metrics of all metrics files, or of `targets`.

    Keys that several files have are given as "file:key".  Raises FileNotFoundError, FormatError.
    """
    with opened(repo, rev, config) as source:
        return _merged(source, metrics_of(source.member()[0], targets))


def params_show(
    *targets: str,
    repo: str | None = None,
    stages: str | Iterable[str] | None = None,
    rev: str | None = None,
    deps: bool = False,
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The parameters of all params files, or of `targets`; of the stages that are named; of all stages with `deps`.

    Keys that several files have are given as "file:key".  Raises FileNotFoundError, FormatError, StageNotFound.
    """
    names = [stages] if isinstance(stages, str) else list(stages or ())
    with opened(repo, rev, config) as source:
        view = source.member()[0]
        return _merged(source, params_of(view, targets, deps=deps, stages=names))


def _merged(source: External, readings: Mapping[str, Reading]) -> dict[str, Any]:
    files: dict[str, Mapping[str, Any]] = {}
    for path, reading in readings.items():
        if reading.failure is not None:
            raise _error(path, reading.failure)
        if isinstance(reading.values, Mapping):
            files[_shown(source, path)] = reading.values
    counts = Counter(key for values in files.values() for key in values)
    return {
        (key if counts[key] == 1 else f"{path}:{key}"): value
        for path, values in files.items()
        for key, value in values.items()
    }


def _shown(source: External, path: str) -> str:
    """A path as seen from the working directory, where that lies in the repository."""
    if not source.is_work_tree or source.disk is None:
        return path
    return os.path.relpath(path, os.path.relpath(os.getcwd(), source.disk))


def _error(path: str, failure: Failure) -> Exception:
    if failure.kind == "FileNotFoundError":
        return FileNotFoundError(2, os.strerror(2), path)
    return FormatError(failure.message, path=path)

"""The signal files by which the DVC extension of VS Code follows a run.

# .dvc/tmp/exps/run/DVCLIVE_STEP_COMPLETED := {"pid": int, "step": int}; there while a run is under way
# .dvc/tmp/exps/run/DVCLIVE_ONLY := {"exp_name": text, "pid": int}; there while a run is that will be an experiment
"""

import json
import os
from typing import Any

from tiffin.live._files import replace_file

__all__ = ["clear_experiment", "clear_step_completed", "mark_experiment", "mark_step_completed", "signal_file"]


def signal_file(root: str) -> str:
    """Where the signal of a step of the repository at root lies."""
    return _place(root, "DVCLIVE_STEP_COMPLETED")


def mark_step_completed(path: str, step: int) -> None:
    """Say that this process has completed a step."""
    replace_file(path, _said(step=step))


def clear_step_completed(path: str) -> None:
    """Say that no run is under way."""
    _remove(path)


def mark_experiment(root: str, name: str) -> None:
    """Say that this process is a run in the repository at root that will be an experiment of that name."""
    replace_file(_place(root, "DVCLIVE_ONLY"), _said(exp_name=name))


def clear_experiment(root: str) -> None:
    """Say that there is no such run."""
    _remove(_place(root, "DVCLIVE_ONLY"))


def _place(root: str, name: str) -> str:
    return os.path.join(root, ".dvc", "tmp", "exps", "run", name)


def _said(**what: Any) -> bytes:
    return json.dumps({"pid": os.getpid(), **what}, sort_keys=True, ensure_ascii=False).encode()


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return  # no step was completed, or the signal was cleared before

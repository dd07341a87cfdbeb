"""The signal file by which the DVC extension of VS Code follows a run.

# .dvc/tmp/exps/run/DVCLIVE_STEP_COMPLETED := {"pid": int, "step": int}; there while a run is under way
"""

import json
import os

from tiffin.live._files import replace_file

__all__ = ["clear_step_completed", "mark_step_completed", "signal_file"]


def signal_file(root: str) -> str:
    """Where the signal of the repository at root lies."""
    return os.path.join(root, ".dvc", "tmp", "exps", "run", "DVCLIVE_STEP_COMPLETED")


def mark_step_completed(path: str, step: int) -> None:
    """Say that this process has completed a step."""
    replace_file(path, json.dumps({"pid": os.getpid(), "step": step}, sort_keys=True).encode())


def clear_step_completed(path: str) -> None:
    """Say that no run is under way."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return  # no step was completed

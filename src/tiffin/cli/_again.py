"""Answering a question again: as long as nothing that the last answer rests on has changed, it still holds.

Asked before anything is loaded, so that a repeated `status` or a `repro` with nothing to do costs the stats of what it
rests on and little more than starting Python.
"""

from __future__ import annotations

import os

from tiffin import __version__
from tiffin.footprint import recall

# As in `tiffin.footprint`: not even the imports of annotations are free.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiffin.footprint import Scans
    from tiffin.repo import Repo

__all__ = ["answer_again", "remember"]

REPEATABLE = ("status", "repro")
SETTINGS = ("DVC_", "TIFFIN_", "XDG_", "HOME", "GIT_CONFIG")  # environment variables that settings come from


def answer_again(
    arguments: Sequence[str], directory: str, environment: Mapping[str, str], scans: Scans
) -> tuple[int, str] | None:
    """Exit code and output, if the question was the last of its kind here and the answer still holds.

    scans: takes what had to be looked at to know.
    """
    if not arguments or arguments[0] not in REPEATABLE:
        return None
    place = os.path.realpath(directory)
    while not os.path.isdir(f"{place}/.dvc"):
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    return recall(_file(f"{place}/.dvc/tmp/tiffin", arguments), _question(arguments, directory, environment), scans)


def remember(repo: Repo, arguments: Sequence[str], directory: str, code: int, output: str) -> None:
    """Keep an answer.  Where that cannot be done, the question will be worked out again."""
    if arguments[0] not in REPEATABLE:
        return
    from contextlib import suppress  # noqa: PLC0415 - an answer that is found again needs none of these

    from tiffin.errors import TiffinError  # noqa: PLC0415
    from tiffin.repo.resting import footprint  # noqa: PLC0415

    with suppress(OSError, TiffinError):
        rests_on = footprint(repo)
        if rests_on is not None:
            question = _question(arguments, directory, repo.environment)
            rests_on.save(_file(repo.state, arguments), question, code, output)


def _file(state: str, arguments: Sequence[str]) -> str:
    return f"{state}/answers/{arguments[0]}"


def _question(arguments: Sequence[str], directory: str, environment: Mapping[str, str]) -> str:
    settings = sorted((name, value) for name, value in environment.items() if name.startswith(SETTINGS))
    return ascii((__version__, directory, list(arguments), settings))

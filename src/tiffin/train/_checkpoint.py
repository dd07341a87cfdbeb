"""A checkpoint on disk (docs/formats/checkpoint.md).

checkpoint-000012/      a model, as in docs/formats/model.md, and
    cursor.json         how far training was, and what every file of the checkpoint has to be
"""

import json
import os
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from tiffin.errors import FormatError
from tiffin.fs import remove_tree, write_atomically
from tiffin.models import count_in, finish_model
from tiffin.train._trained import Pass, Trained, evaluation_fields, evaluation_from

__all__ = ["UNFINISHED", "Checkpoint", "normal", "read_checkpoint", "write_checkpoint"]

CURSOR = "cursor.json"
FORMAT = "tiffin checkpoint 2"
UNFINISHED = ".new"  # at the end of a name


class Checkpoint(NamedTuple):
    """One that is whole.  run: what was asked for.  passes: those before the one that `state` is of."""

    directory: str
    run: Mapping[str, Any]
    passes: list[Pass]
    state: Mapping[str, Any]


def write_checkpoint(directory: str, run: Mapping[str, Any], trained: Trained) -> float:
    """Write a model that is learning, as a whole or not at all.  Seconds that its snapshot took.

    Raises OSError, TransferError.
    """
    fresh = f"{directory}{UNFINISHED}"
    remove_tree(fresh)  # of a run that was killed
    os.makedirs(fresh)
    try:
        begun = monotonic()
        manifest, state = trained.snapshot(fresh)
        paused_s = monotonic() - begun
        # From here on it learns again, if other threads do that.
        finish_model(fresh, manifest)
        passes = [_fields_of(done) for done in trained.passes]
        cursor = {"run": run, "passes": passes, "state": state, "files": _digests(fresh)}
        text = json.dumps({"format": FORMAT, "check": _check_of(cursor), "cursor": cursor})
        write_atomically(f"{fresh}/{CURSOR}", text)
    except BaseException:
        remove_tree(fresh)  # a full disk would stay full
        raise
    os.rename(fresh, directory)
    _sync(os.path.dirname(directory))
    return paused_s


def read_checkpoint(directory: str) -> Checkpoint:
    """A checkpoint, all of whose files are as they were written.  Raises FormatError."""
    path = f"{directory}/{CURSOR}"
    try:
        with open(path, "rb") as file:
            return _checked(directory, json.load(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise FormatError(
            f"this checkpoint is damaged: {what}", path=path, hint="remove the directory of checkpoints to begin anew"
        ) from error


def _checked(directory: str, fields: Any) -> Checkpoint:
    if fields["format"] != FORMAT:
        raise ValueError(f"its format is not '{FORMAT}'")
    cursor = fields["cursor"]
    if fields["check"] != _check_of(cursor):
        raise ValueError("it is not what was written")
    for name in ("run", "state", "files"):
        if not isinstance(cursor[name], dict):
            raise TypeError(f"'{name}' is no mapping")
    count_in(cursor["state"], "rows", 1 << 62)
    if (found := _digests(directory)) != cursor["files"]:
        other = sorted(name for name, _ in found.items() ^ cursor["files"].items())
        raise ValueError(f"{other[0]} is not what was written")
    return Checkpoint(directory, cursor["run"], [_pass_of(done) for done in cursor["passes"]], cursor["state"])


def normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON gives it back: tuples as lists."""
    found: dict[str, Any] = json.loads(json.dumps(fields))
    return found


def _digests(directory: str) -> dict[str, str]:
    """Of all files of the model."""
    from hashlib import file_digest  # noqa: PLC0415 - slow to import

    found = {}
    for name in sorted(os.listdir(directory)):
        if name != CURSOR:
            with open(f"{directory}/{name}", "rb") as file:
                found[name] = file_digest(file, "sha256").hexdigest()
    return found


def _check_of(cursor: Mapping[str, Any]) -> str:
    from hashlib import sha256  # noqa: PLC0415 - slow to import

    return sha256(json.dumps(cursor).encode()).hexdigest()


def _fields_of(done: Pass) -> dict[str, Any]:
    held_out = None if done.held_out is None else evaluation_fields(done.held_out)
    return {**done._asdict(), "learned": evaluation_fields(done.learned), "held_out": held_out}


def _pass_of(fields: Mapping[str, Any]) -> Pass:
    held_out = None if fields["held_out"] is None else evaluation_from(fields["held_out"])
    return Pass(**{**fields, "learned": evaluation_from(fields["learned"]), "held_out": held_out})


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

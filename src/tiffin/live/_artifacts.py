"""Artifacts: files and directories that a run leaves behind, and what dvc.yaml says of them.

artifact := {path, [type], [desc], [labels: [text, ...]], [meta: {...}]}      in this order, by its name
name     := letter or digit, or several of these, "-", "_" and "/" between two of these
"""

import os
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from tiffin.errors import LiveError, TransferError
from tiffin.formats import yaml

__all__ = ["artifact_path", "copy_artifact", "default_name", "describe", "is_name", "refuse_name"]

_NAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9/_-]*[a-zA-Z0-9])?")
_KINDS: Final = {
    "type": (str, "text"),
    "desc": (str, "text"),
    "labels": (list | tuple, "a list of texts"),
    "meta": (Mapping, "a dictionary"),
}


def artifact_path(path: Any) -> str:
    """The absolute path of an artifact.  LiveError where nothing is there."""
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise LiveError(f"artifact {path!r} cannot be logged: it is not a path", hint="give a string or a pathlib.Path")
    if not os.path.exists(path):
        raise LiveError(
            f"artifact '{path}' cannot be logged: nothing is there",
            hint=f"log it once it is written; the path counts from '{os.getcwd()}'",
        )
    return os.path.abspath(path)


def describe(path: str, **said: Any) -> dict[str, Any]:
    """What dvc.yaml shall say of an artifact, without what is None.  LiveError for what it cannot hold."""
    entry = {key: value for key, value in said.items() if value is not None}
    for key, value in entry.items():
        kind, wanted = _KINDS[key]
        if not isinstance(value, kind) or (key == "labels" and not all(isinstance(label, str) for label in value)):
            raise LiveError(
                f"artifact '{path}' cannot be logged: its {key} should be {wanted}, not {value!r}",
                hint="DVC could not read the dvc.yaml",
            )
    if "labels" in entry:
        entry["labels"] = list(entry["labels"])
    try:
        yaml.dump(entry)
    except (TypeError, ValueError) as error:
        raise LiveError(
            f"artifact '{path}' cannot be logged: {error}",
            hint="use numbers, strings, booleans, None, and lists and dictionaries of these",
        ) from None
    return deepcopy(entry)  # it is written later, by another thread


def is_name(name: Any) -> bool:
    """Whether an artifact can have the name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def default_name(path: str) -> str:
    """The name of an artifact that was given none: that of its file, without the suffix."""
    return os.path.splitext(os.path.basename(path))[0]


def refuse_name(name: Any) -> LiveError:
    """The error for a name that an artifact cannot have."""
    return LiveError(
        f"{name!r} cannot name an artifact",
        hint="use letters, digits, '-', '_' and '/', with a letter or digit at both ends",
    )


def copy_artifact(path: str, folder: str) -> str:
    """Copy a file or directory into a folder, in the place of what is there under its name; give the copy's path.

    What lies there already is not copied.  Raises LiveError for a directory that holds the folder, TransferError
    where it cannot be copied: then what was there stays.
    """
    import shutil  # noqa: PLC0415 - late: slow to load, and few runs copy

    target = os.path.join(folder, os.path.basename(path))
    if os.path.exists(target) and os.path.samefile(path, target):
        return target
    if f"{os.path.realpath(folder)}/".startswith(f"{os.path.realpath(path).rstrip('/')}/"):
        raise LiveError(
            f"artifact '{path}' cannot be copied into '{folder}', which lies in it", hint="log it without copy=True"
        )
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        os.makedirs(folder, exist_ok=True)
        if os.path.isdir(path):
            shutil.copytree(path, temporary)
        else:
            shutil.copy2(path, temporary)
        _remove(target)
        os.replace(temporary, target)
    except (OSError, shutil.Error) as error:
        _remove(temporary)
        raise TransferError(
            f"artifact '{path}' cannot be copied into '{folder}': {getattr(error, 'strerror', None) or error}",
            hint="without copy=True it is tracked where it is",
        ) from error
    return target


def _remove(path: str) -> None:
    """Remove a file, a directory or a link, not what the link leads to; nothing need be there."""
    import shutil  # noqa: PLC0415 - as above

    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)

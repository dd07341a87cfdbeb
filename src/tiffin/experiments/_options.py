"""What a queued experiment was asked to run: DVC keeps it in its commit, in the file .dvc/tmp/repro.dat.

    file := pickle of {"args": (), "kwargs": {option: value, ...}}

A pickle can run any program when it is read, and this one comes with commits of others.  So it is read without the
means to name anything: maps, lists, texts, numbers and nothing else.
"""

import io
import pickle
from collections.abc import Mapping
from typing import Any

from tiffin.errors import ExperimentError

__all__ = ["OPTIONS_FILE", "pack_options", "unpack_options"]

OPTIONS_FILE = "tmp/repro.dat"  # below .dvc
_LARGEST = 1 << 20


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"it names the object {pid!r}")


def pack_options(options: Mapping[str, Any]) -> bytes:
    """The file's bytes; values are plain."""
    return pickle.dumps({"args": (), "kwargs": dict(options)}, protocol=4)


def unpack_options(content: bytes) -> Mapping[str, Any]:
    """What the file says.  Raises ExperimentError for one that holds more than plain values."""
    try:
        found = _Plain(io.BytesIO(content[:_LARGEST])).load()
        options, arguments = found["kwargs"], found.get("args")
        named = {**options, "targets": arguments[0]} if arguments else dict(options)
        _ = [name.lower() for name in named]
    # A damaged pickle raises whatever its first wrong byte leads to.
    except Exception as error:
        raise ExperimentError(
            f"the experiment's file {OPTIONS_FILE} cannot be trusted: {error}",
            hint="queue the experiment anew; a commit of somebody you do not know may have been made to run programs",
        ) from error
    return named

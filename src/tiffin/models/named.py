"""What a user's file defines, by the name `file.py:name`."""

import os
import sys

from tiffin.errors import ConfigError, MissingDependency

__all__ = ["is_named", "line_of", "named"]

_files: set[str] = set()  # that were run


def is_named(spec: str) -> bool:
    """Whether this is `file.py:name`."""
    return spec.rpartition(":")[0].endswith(".py")


def named(spec: str, directory: str = ".") -> object:
    """The object of that name, of a file that is run.

    directory: where it is looked up.  Raises ConfigError, MissingDependency, and whatever the file raises.
    """
    # Most models are built in: 2 ms.
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415

    from tiffin.models._parts import meant  # noqa: PLC0415

    path, _, name = spec.rpartition(":")
    place = os.path.abspath(os.path.join(directory, path))
    if not os.path.isfile(place):
        raise MissingDependency(f"there is no file '{path}', where '{name}' should be")
    folder, file = os.path.split(place)
    module_name = file.removesuffix(".py")
    found = spec_from_file_location(module_name, place)
    if found is None or found.loader is None:
        raise ConfigError(f"'{path}' is no file of Python")
    _files.add(place)
    module = module_from_spec(found)
    # As of a script: what lies beside the file can be imported, and pickle finds the module again.
    sys.modules.setdefault(module_name, module)
    sys.path.insert(0, folder)
    try:
        found.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    if not hasattr(module, name):
        public = [known for known in vars(module) if not known.startswith("_")]
        raise ConfigError(f"'{path}' has no '{name}'", hint=meant(name, public) if public else None)
    return getattr(module, name)


def line_of(error: BaseException) -> str | None:
    """The innermost line of such files that an error came through, as `file.py:7`; None: it came through none."""
    if isinstance(error, SyntaxError) and error.filename in _files:
        return f"{os.path.basename(error.filename)}:{error.lineno}"
    found, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename in _files:
            found = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        at = at.tb_next
    return found

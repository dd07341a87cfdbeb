"""What a user's file defines, by the name `file.py:name`."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

from tiffin.errors import MissingDependency, UsageError

__all__ = ["is_named", "named"]


def is_named(spec: str) -> bool:
    """Whether this is `file.py:name`."""
    return spec.rpartition(":")[0].endswith(".py")


def named(spec: str) -> object:
    """The object of that name, of a file that is run.  Raises MissingDependency, UsageError."""
    path, _, name = spec.rpartition(":")
    if not os.path.isfile(path):
        raise MissingDependency(f"there is no file '{path}', where '{name}' should be")
    folder, file = os.path.split(os.path.abspath(path))
    module_name = file.removesuffix(".py")
    found = spec_from_file_location(module_name, path)
    if found is None or found.loader is None:
        raise UsageError(f"'{path}' is no file of Python")
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
        raise UsageError(f"'{path}' has no '{name}'", hint=f"it has {', '.join(public)}" if public else None)
    return getattr(module, name)

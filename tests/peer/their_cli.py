"""DVC's command line with all it may import, and its parser, loaded once: a fork then starts in no time."""

import functools
import gc
import importlib
import pkgutil

import dvc
import dvc.cli.parser
import dvc_data
import dvc_objects
import dvc_render
from dvc.cli import main
from dvc.config import get_compiled_schema

__all__ = ["main"]

# Extras that are not installed, and what only tests or packagers import.
_SKIPPED = ("testing", "__pyinstaller", "__main__", "dvc.database", "dvc.fs.dvc_path", "hydra", "cli")


def _load() -> None:
    for package in (dvc, dvc_data, dvc_objects, dvc_render):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not any(word in module.name for word in _SKIPPED):
                importlib.import_module(module.name)
    for name in ("networkx", "rich.table", "rich.console", "ruamel.yaml", "fsspec.implementations.local"):
        importlib.import_module(name)
    get_compiled_schema()
    dvc.cli.parser.get_main_parser = functools.cache(dvc.cli.parser.get_main_parser)
    dvc.cli.parser.get_main_parser()
    gc.freeze()


_load()

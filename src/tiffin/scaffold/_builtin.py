"""The templates that tiffin brings: whole projects, which are copied.

They are the projects in `examples/` of the source tree, run and checked there as they are; a wheel has them beside this
file.  So they need no templating language: the title of the README, a file for CI, and that is all that changes.
"""

import os
from collections.abc import Iterator
from shutil import copyfile, copymode

__all__ = ["TEMPLATES", "copy_builtin"]

TEMPLATES = {
    "data-science": "the layout of cookiecutter data science; predicts the electricity that a building uses",
    "flights": "which flights arrive late: 336,776 real ones and a random forest, with live curves",
    "ctr": "which ads are clicked: hashed features and a logistic regression",
}

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKED = f"{_HERE}/templates"
_SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(_HERE))), "examples")

# Left behind by a run in the source tree; the demo is about the source tree.
_LEFT = {".dvc", ".dvcignore", ".git", ".pytest_cache", ".ruff_cache", "__pycache__", "demo.py", "dvc.lock"}
_LEFT |= {"dvclive", "logs", "temp"}
# Of these folders the template has the shape only.
_SHAPES = ("data", "models", "reports")
_COMMON = {"ci.yml": ".github/workflows/ci.yml"}


def copy_builtin(name: str, project: str) -> None:
    """Fill the new directory `project` with a built-in template."""
    home = os.path.join(_PACKED if os.path.isdir(_PACKED) else _SOURCES, name)
    for path in _files(home):
        _copy(os.path.join(home, path), os.path.join(project, path))
    for source, path in _COMMON.items():
        _copy(os.path.join(_HERE, "common", source), os.path.join(project, path))
    _entitle(os.path.join(project, "README.md"), os.path.basename(project))


def _files(home: str) -> Iterator[str]:
    for folder, folders, names in os.walk(home):
        inside = os.path.relpath(folder, home)
        folders[:] = sorted(set(folders) - _LEFT)
        shape = inside.split(os.sep)[0] in _SHAPES
        for name in sorted(set(names) - _LEFT):
            if not shape or name == ".gitkeep":
                yield os.path.normpath(os.path.join(inside, name))


def _copy(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    copyfile(source, target)
    copymode(source, target)


def _entitle(readme: str, name: str) -> None:
    """Give the README the project's name as title."""
    with open(readme, encoding="utf-8") as file:
        _, *rest = file.readlines()
    with open(readme, "w", encoding="utf-8") as file:
        file.writelines([f"# {name}\n", *rest])

"""Templates of others: found, told apart, generated, looked over.

A template is files to be filled in, and may bring programs of its own: hooks (cookiecutter), tasks (copier),
extensions of the templating language (both).  None of them runs without consent, and what comes out must stay in its
directory.
"""

import os
import re
from difflib import get_close_matches

from tiffin.errors import ScaffoldError
from tiffin.scaffold._builtin import TEMPLATES
from tiffin.scaffold._wish import Wish
from tiffin.scm import clone_tree

__all__ = ["generate"]

_ABBREVIATIONS = {"gh": "https://github.com/", "gl": "https://gitlab.com/", "bb": "https://bitbucket.org/"}
_URL = re.compile(r"(\w[\w+.-]*://|[\w.-]+@[\w.-]+:)")
_COPIER, _COOKIECUTTER = ("copier.yml", "copier.yaml"), ("cookiecutter.json",)


def generate(wish: Wish, project: str) -> None:
    """Make `project` from a template of cookiecutter or copier.  Raises ScaffoldError, GitError."""
    scratch = os.path.dirname(project)
    source = _located(wish)
    home = _fetched(wish, source, f"{scratch}/template")
    if wish.folder is not None:
        home = _below(home, wish.folder)
    if any(os.path.isfile(f"{home}/{name}") for name in _COPIER):
        from tiffin.scaffold import _copier  # noqa: PLC0415 - an optional extra

        # copier asks the place itself for its newest version, and notes it for `copier update`.
        _copier.generate(wish, home if wish.folder is not None or source.endswith(".zip") else source, project)
    elif any(os.path.isfile(f"{home}/{name}") for name in _COOKIECUTTER):
        from tiffin.scaffold import _cookiecutter  # noqa: PLC0415 - as above

        _cookiecutter.generate(wish, home, project)
    else:
        wanted = ", ".join((*_COPIER, *_COOKIECUTTER))
        raise ScaffoldError(
            f"'{wish.template}' holds no template: none of {wanted} is there",
            hint="if it is in a folder of the repository, name that with --folder",
        )
    if wish.consent != "run":
        _look_over(project)


def _located(wish: Wish) -> str:
    """The template as an absolute path or a URL."""
    path = os.path.join(wish.cwd, os.path.expanduser(wish.template))
    if os.path.exists(path):
        return path
    prefix, colon, rest = wish.template.partition(":")
    if colon and prefix in _ABBREVIATIONS:
        return f"{_ABBREVIATIONS[prefix]}{rest.removesuffix('.git')}.git"
    if _URL.match(wish.template):
        return wish.template
    near = get_close_matches(wish.template, TEMPLATES, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "a template can be one of these, a path, or a URL"
    raise ScaffoldError(f"no template '{wish.template}' (there are: {', '.join(TEMPLATES)})", hint=hint)


def _fetched(wish: Wish, source: str, directory: str) -> str:
    """The template's files on disk."""
    if source.endswith(".zip"):
        from tiffin.scaffold import _cookiecutter  # noqa: PLC0415 - an optional extra

        return _cookiecutter.unpacked(source, directory)
    if os.path.isdir(source) and wish.rev is None:
        return source
    if os.path.isfile(source):
        raise ScaffoldError(f"'{wish.template}' is no template: it is a file and no archive")
    clone_tree(source.removeprefix("git+"), directory, wish.rev)
    return directory


def _below(home: str, folder: str) -> str:
    found = os.path.join(home, folder)
    if not os.path.isdir(found) or not _inside(found, home):
        raise ScaffoldError(f"no folder '{folder}' in the template's repository")
    return found


def _look_over(project: str) -> None:
    """Refuse what reaches out of the project, and what Git would obey."""
    for folder, folders, names in os.walk(project):
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            shown = os.path.relpath(path, project)
            if name.lower() == ".git":
                raise ScaffoldError(f"the template brings a Git directory of its own, '{shown}'", hint=_TRUST)
            if os.path.islink(path) and not _inside(path, project):
                raise ScaffoldError(f"the template makes a link that leads out of the project, '{shown}'", hint=_TRUST)


_TRUST = "if you trust the template, use --trust"


def _inside(path: str, root: str) -> bool:
    return f"{os.path.realpath(path)}/".startswith(f"{os.path.realpath(root)}/")

"""Templates of cookiecutter, by cookiecutter.  The only module that imports it.

Its parts are called one by one: `cookiecutter.main` would write to the home directory, lets templates run whatever
they like even without hooks (Jinja without a sandbox, extensions), and write wherever they like (names with `..`).
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tiffin.errors import ScaffoldError
from tiffin.scaffold._wish import Wish

__all__ = ["generate", "unpacked"]

_HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_HARMLESS = ("jinja2.ext.", "cookiecutter.extensions.")
_EXTRA = "pip install 'tiffin[templates]'"


def generate(wish: Wish, home: str, project: str) -> None:
    """Make `project` from the template in the directory `home`.  Raises ScaffoldError."""
    try:
        from cookiecutter.config import get_user_config  # noqa: PLC0415 - an optional extra
        from cookiecutter.exceptions import CookiecutterException  # noqa: PLC0415 - as above
        from jinja2 import TemplateError  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ScaffoldError("templates of cookiecutter need the package cookiecutter", hint=_EXTRA) from error
    if wish.consent == "refuse":
        _refuse_programs(home)
    try:
        defaults = get_user_config()["default_context"]
        with _confined(home, trusted=wish.consent == "run"):
            made = _generated(wish, home, f"{os.path.dirname(project)}/made", defaults)
    except (CookiecutterException, TemplateError, ValueError) as error:
        raise ScaffoldError(f"cookiecutter cannot use the template: {' '.join(str(error).split())}") from error
    os.rename(made, project)


def unpacked(source: str, directory: str) -> str:
    """Unpack a template that is a .zip archive, on disk or at a URL; give its directory.  Raises ScaffoldError."""
    try:
        from cookiecutter.exceptions import CookiecutterException  # noqa: PLC0415 - an optional extra
        from cookiecutter.zipfile import unzip  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ScaffoldError("templates in archives need the package cookiecutter", hint=_EXTRA) from error
    try:
        found = str(unzip(source, is_url="://" in source, clone_to_dir=directory, no_input=True))
    except (CookiecutterException, OSError) as error:
        raise ScaffoldError(f"'{source}' cannot be unpacked: {error}") from error
    # The library unpacks into a temporary directory, and leaves it.
    home = shutil.move(found, os.path.join(directory, "unpacked"))
    shutil.rmtree(os.path.dirname(found), ignore_errors=True)
    return str(home)


def _generated(wish: Wish, home: str, directory: str, defaults: Mapping[str, Any]) -> str:
    """Fill in the template below `directory`; give the one it made there."""
    from cookiecutter.generate import generate_context, generate_files  # noqa: PLC0415 - an optional extra
    from cookiecutter.hooks import run_pre_prompt_hook  # noqa: PLC0415 - as above
    from cookiecutter.prompt import choose_nested_template, prompt_for_config  # noqa: PLC0415 - as above

    runs = wish.consent == "run"
    if runs:
        home = str(run_pre_prompt_hook(home))
    answers = {"project_name": os.path.basename(wish.place), **wish.answers}
    context = generate_context(f"{home}/cookiecutter.json", default_context=defaults, extra_context=answers)
    values = context["cookiecutter"]
    context["_cookiecutter"] = {name: value for name, value in values.items() if not name.startswith("_")}
    if {"template", "templates"} & set(values):
        inner = choose_nested_template(context, home, not wish.asks)
        if not f"{inner}/".startswith(f"{os.path.realpath(home)}/"):
            raise ScaffoldError(f"the template names another one that lies outside of it, '{inner}'")
        if wish.consent == "refuse":
            _refuse_programs(inner)
        return _generated(wish, inner, directory, defaults)
    values.update(prompt_for_config(context, not wish.asks))
    values.update(_template=wish.template, _output_dir=directory, _repo_dir=home, _checkout=wish.rev)
    os.makedirs(directory)
    _check_names(home, context)
    return str(generate_files(home, context, directory, accept_hooks=runs))


def _refuse_programs(home: str) -> None:
    """Refuse a template that wants to run something: hooks, or extensions of Jinja from elsewhere."""
    hooks = os.listdir(f"{home}/hooks") if os.path.isdir(f"{home}/hooks") else []
    found = [f"hooks/{name}" for name in sorted(hooks) if os.path.splitext(name)[0] in _HOOKS and name[-1] != "~"]
    found += _extensions(home)
    if found:
        raise ScaffoldError(
            f"the template wants to run programs of its own: {', '.join(found)}",
            hint="read them, then use --trust; or --skip-hooks to do without",
        )


def _extensions(home: str) -> list[str]:
    try:
        with open(f"{home}/cookiecutter.json", encoding="utf-8") as file:
            named = json.load(file).get("_extensions", [])
    except (OSError, ValueError, AttributeError):
        return []  # cookiecutter will say what is wrong
    return [str(name) for name in named if not str(name).startswith(_HARMLESS)]


@contextmanager
def _confined(home: str, *, trusted: bool) -> Iterator[None]:
    """Unless it is trusted, the template's expressions reach nothing but the values they are given."""
    if trusted:
        sys.path.append(home)  # where a template keeps extensions of its own
        try:
            yield
        finally:
            sys.path.remove(home)
        return
    from cookiecutter import utils  # noqa: PLC0415 - an optional extra
    from cookiecutter.environment import StrictEnvironment  # noqa: PLC0415 - as above
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415 - as above

    class Confined(StrictEnvironment, SandboxedEnvironment):  # type: ignore[misc] # the library has no types
        """Jinja in its sandbox, with no extensions but the harmless ones."""

        def _read_extensions(self, context: dict[str, Any]) -> list[str]:
            return [name for name in super()._read_extensions(context) if name.startswith(_HARMLESS)]

    utils.StrictEnvironment = Confined
    try:
        yield
    finally:
        utils.StrictEnvironment = StrictEnvironment


def _check_names(home: str, context: dict[str, Any]) -> None:
    """Refuse names that lead out of the project once they are filled in, and links that leave the template."""
    from cookiecutter.find import find_template  # noqa: PLC0415 - an optional extra
    from cookiecutter.utils import create_env_with_context  # noqa: PLC0415 - as above

    environment = create_env_with_context(context)
    top = str(find_template(home, environment))
    names = [os.path.basename(top)]
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.path.islink(path) and not os.path.realpath(path).startswith(f"{os.path.realpath(top)}/"):
                raise ScaffoldError(f"the template holds a link that leads out of it, '{name}'")
            names.append(os.path.relpath(path, top))
    for name in names:
        filled = environment.from_string(name).render(**context)
        if os.path.isabs(filled) or ".." in filled.split("/"):
            raise ScaffoldError(f"the template would write outside of the project: '{name}' becomes '{filled}'")

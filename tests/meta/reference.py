"""The reference of commands and settings, made from what the code declares: `python -m tests.meta.reference`."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from tiffin.cli._options import Argument, Flag
from tiffin.cli._table import COMMANDS, HIDDEN
from tiffin.models import BUILT_IN, SETTINGS, Model, has_setting

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

HEAD = """\
# Commands

Made from the commands' own declarations by `make docs`; a test compares. Every command also takes `-q`/`--quiet`,
`-v`/`--verbose`, `--cd DIR`, `--wait-for-lock` and `-h`/`--help`. Exit codes are DVC's: 0 done, 1 what was asked for
could not be had, 251 bad setting, 252 interrupted, 253 not in a repository, 254 bad command line, 255 any other error.
"""

SETTINGS_HEAD = """\
# Settings of models

What `--set NAME=VALUE` of `tiffin train` and the keys of [model files](../how-to/model-specs.md) set. Made from the code's
own declarations by `make docs`; a test compares. A setting that a model does not have is an error, so that none is without
effect.

| setting | of | default | values | what |
|---|---|---|---|---|
"""

KINDS = {str: "text", bool: "true or false", SETTINGS["memory"].kind: "a size such as `8GB`"}


def pages() -> dict[Path, str]:
    """All of them, as Markdown, and where they are."""
    return {FOLDER / "commands.md": commands_page(), FOLDER / "settings.md": settings_page()}


def settings_page() -> str:
    """Settings in the order in which they are declared."""
    return SETTINGS_HEAD + "".join(_setting(name) for name in SETTINGS)


def _setting(name: str) -> str:
    declared = SETTINGS[name]
    having = [
        one for one, model in BUILT_IN.items() if has_setting(model._replace(table=declared.table or "fixed"), name)
    ]
    of = "all" if len(having) == len(BUILT_IN) else ", ".join(f"`{one}`" for one in having)
    table = f", {declared.table} tables" if declared.table else ""
    values = {one: getattr(BUILT_IN[one], name) for one in having}
    usual = getattr(Model(), name)
    others = [f"{_shown(value)} (`{one}`)" for one, value in values.items() if value != usual]
    known = [_shown(usual)] if usual in values.values() else []
    bounds = ", ".join(f"`{choice}`" for choice in declared.choices)
    if declared.least is not None and declared.most is not None and declared.kind in (int, float):
        bounds = f"{_shown(declared.least)} to {_shown(declared.most)}"
    return f"| `{name}` | {of}{table} | {', '.join(known + others)} | {bounds or KINDS[declared.kind]} | {declared.help} |\n"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def commands_page() -> str:
    """Commands in the order of the table."""
    return HEAD + "".join(_section(name) for name in COMMANDS if name not in HIDDEN)


def _section(name: str) -> str:
    options = import_module(COMMANDS[name].module).Options
    declared = [(field, *get_args(annotation)[:2]) for field, annotation in inspect.get_annotations(options).items()]
    usage = " ".join([f"tiffin {name} [options]", *_arguments(declared)])
    rows = [row for row in (_row(*declaration) for declaration in declared) if row]
    table = ["| | what it does |", "|---|---|", *rows, ""] if rows else []
    return "\n".join(["", f"## {name}", "", f"`{usage}`", "", inspect.cleandoc(options.__doc__), "", *table])


def _arguments(declared: list[tuple[str, Any, Argument | Flag]]) -> Iterator[str]:
    for field, kind, declaration in declared:
        if isinstance(declaration, Argument):
            many = "..." if getattr(kind, "__origin__", None) is list else ""
            word = _word(field, declaration) + many
            yield f"[{word}]" if declaration.optional else word


def _row(field: str, kind: Any, declaration: Argument | Flag) -> str | None:
    text = declaration.help.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    if declaration.choices and declaration.choices[0] not in text:
        text += f" ({', '.join(declaration.choices)})"
    if isinstance(declaration, Argument):
        return f"| `{_word(field, declaration)}` | {text} |"
    if declaration.hidden:
        return None
    names = ", ".join(f"`{name}`" for name in declaration.names or (f"--{field.replace('_', '-')}",))
    takes_value = kind is not bool and declaration.value is True
    return f"| {names} {declaration.metavar or field.upper()} | {text} |" if takes_value else f"| {names} | {text} |"


def _word(field: str, declaration: Argument) -> str:
    # "..." stands for "all the rest of the line".
    return field if declaration.metavar in {None, "..."} else str(declaration.metavar)


if __name__ == "__main__":
    for place, text in pages().items():
        place.write_text(text, encoding="utf-8")

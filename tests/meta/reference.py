"""The command reference, made from the declarations that the parser is made from: `python -m tests.meta.reference`."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from tiffin.cli._options import Argument, Flag
from tiffin.cli._table import COMMANDS, HIDDEN

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"

HEAD = """\
# Commands

Made from the commands' own declarations by `make docs`; a test compares. Every command also takes `-q`/`--quiet`,
`-v`/`--verbose`, `--cd DIR`, `--wait-for-lock` and `-h`/`--help`. Exit codes are DVC's: 0 done, 1 what was asked for
could not be had, 251 bad setting, 252 interrupted, 253 not in a repository, 254 bad command line, 255 any other error.
"""


def commands_page() -> str:
    """The page as Markdown, commands in the order of the table."""
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
    PAGE.write_text(commands_page(), encoding="utf-8")

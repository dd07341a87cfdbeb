"""What may stand on a command line, from the commands' own declarations: what completion scripts are made of."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple, get_args

from tiffin.cli._options import Argument, Flag
from tiffin.cli._table import COMMANDS, GROUPS, HIDDEN

__all__ = ["COMMON", "DYNAMIC", "Entry", "Option", "Vocabulary", "first_sentence", "vocabulary"]

# What `tiffin complete` knows; "file" is the shell's own business, and "" is anything.
DYNAMIC = ("target", "remote", "rev", "setting")

# By command, else by the field's name; what is in neither is a file.
_POSITIONAL = {"add": "file", "check-ignore": "file", "config": "setting", "move": "file", "unprotect": "file"}
_FIELDS = {"targets": "target", "target": "target", "name": "remote", "old": "remote", "new": "", "url": ""}
_FIELDS |= {"a_rev": "rev", "b_rev": "rev", "rev": "rev", "revs": "rev"}
_FIELDS |= {"experiment": "", "branch": ""}
_VALUES = {"remote": "remote", "rev": "rev", "targets": "target", "downstream": "target"}


class Option(NamedTuple):
    """A flag: its names, what it does, and what its value is: None for a switch, else a kind or a list of words."""

    names: tuple[str, ...]
    help: str
    value: str | tuple[str, ...] | None = None


class Entry(NamedTuple):
    """A command; kind: what its arguments are, None where it has none."""

    name: str
    help: str
    options: tuple[Option, ...]
    kind: str | tuple[str, ...] | None


class Vocabulary(NamedTuple):
    """Commands by name ("remote add"), and groups with what they are for."""

    entries: tuple[Entry, ...]
    groups: dict[str, str]

    def top(self) -> dict[str, str]:
        """What may stand first: commands and groups, with their help."""
        names = dict.fromkeys(entry.name.split(" ")[0] for entry in self.entries)
        helps = {entry.name: entry.help for entry in self.entries}
        return {name: self.groups.get(name) or helps[name] for name in names}

    def verbs(self, group: str) -> dict[str, str]:
        """The commands of a group, without its name, with their help."""
        prefix = f"{group} "
        return {e.name.removeprefix(prefix): e.help for e in self.entries if e.name.startswith(prefix)}


COMMON = (
    Option(("-h", "--help"), "show what the command does"),
    Option(("-q", "--quiet"), "no messages except errors"),
    Option(("-v", "--verbose"), "say more"),
    Option(("--cd",), "run as if started there", "file"),
    Option(("--wait-for-lock",), "wait until another process is done"),
)


def vocabulary() -> Vocabulary:
    """All commands that people type."""
    entries = tuple(_entry(name) for name in COMMANDS if name not in HIDDEN)
    return Vocabulary(entries, {name: help_ for name, help_ in GROUPS.items() if _has_members(name)})


def first_sentence(text: str) -> str:
    """A help text as one short line."""
    return " ".join(text.split()).partition(". ")[0].removesuffix(".")


def _has_members(group: str) -> bool:
    return any(name.startswith(f"{group} ") for name in COMMANDS)


def _entry(name: str) -> Entry:
    annotations = import_module(COMMANDS[name].module).Options.__annotations__
    declared = [(field, *get_args(annotation)[:2]) for field, annotation in annotations.items()]
    flags = [_option(field, kind, one) for field, kind, one in declared if isinstance(one, Flag) and not one.hidden]
    kinds = list(_kinds(name, declared))
    return Entry(name, COMMANDS[name].help, (*flags, *COMMON), kinds[0] if kinds else None)


def _kinds(name: str, declared: list[tuple[str, Any, Any]]) -> Iterator[str | tuple[str, ...]]:
    for field, _, argument in declared:
        if isinstance(argument, Argument):
            words = argument.choices or _POSITIONAL.get(name) or _FIELDS.get(field, "file")
            yield words if field != "name" or name.startswith("remote ") else ""


def _option(field: str, kind: Any, flag: Flag) -> Option:
    names = flag.names or (f"--{field.replace('_', '-')}",)
    if kind is bool or flag.value is not True:
        return Option(names, flag.help)
    return Option(names, flag.help, flag.choices or _VALUES.get(field, "" if kind in (int, int | None) else "file"))

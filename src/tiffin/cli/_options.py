"""Options are declared once, as the fields of a NamedTuple; parser and help follow from them.

    class Options(NamedTuple):
        "What the command does."
        targets: Annotated[list[str], Argument("files or directories")]
        force: Annotated[bool, Flag("-f", help="overwrite")] = False
        remote: Annotated[str | None, Flag("-r", "--remote", metavar="NAME", help="...")] = None

NamedTuple rather than dataclass: importing `dataclasses` alone takes a sixth of the start-up budget.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

__all__ = ["Argument", "Common", "Flag", "parse"]


class Argument(NamedTuple):
    """A positional argument.  optional: may be left out."""

    help: str
    metavar: str | None = None
    optional: bool = False
    choices: tuple[str, ...] | None = None


class Flag(NamedTuple):
    """An option.  Without names it is --field-name; a bool field is a switch, a list field may be repeated.

    constant: what the option stores when it is given without a value.  value: what a switch stores.
    many: the option takes all words that follow it, up to the next option.
    """

    help: str
    names: tuple[str, ...] = ()
    metavar: str | None = None
    choices: tuple[str, ...] | None = None
    value: Any = True
    constant: Any = None
    hidden: bool = False
    many: bool = False

    def names_of(self, field: str) -> tuple[str, ...]:
        """How the option of this field is written."""
        return self.names or (f"--{field.replace('_', '-')}",)

    def is_switch(self, kind: Any) -> bool:
        """Whether no value follows it; kind: the type of the field."""
        return kind is bool or self.value is not True


class Common(NamedTuple):
    """The options every command knows."""

    quiet: bool = False
    verbose: int = 0
    cd: str | None = None
    wait_for_lock: bool = False

    def joined(self, other: "Common") -> "Common":
        """Both together; where they disagree, the other counts."""
        return Common(
            self.quiet or other.quiet,
            self.verbose + other.verbose,
            other.cd if other.cd is not None else self.cd,
            self.wait_for_lock or other.wait_for_lock,
        )


def parse(options: type[Any], command: str, arguments: Sequence[str]) -> tuple[Any, Common]:
    """Fill an options tuple from the command line.  Raises UsageError; --help prints and exits."""
    found = _plain(options, arguments)
    if found is not None:
        return found
    # Late: argparse brings gettext and locale along, 4 ms that most commands need not spend.
    from tiffin.cli._parser import parse_all  # noqa: PLC0415

    return parse_all(options, command, arguments)


def _plain(options: type[Any], arguments: Sequence[str]) -> tuple[Any, Common] | None:
    """What a plain command line says: whole names, and their values behind them.  None where anything else is in it."""
    flags: dict[str, tuple[str, Any, Flag]] = {}
    positional: list[tuple[str, Any, Argument]] = []
    values: dict[str, Any] = dict(options._field_defaults)
    for field, annotation in options.__annotations__.items():
        kind, declaration = get_args(annotation)[:2]
        if isinstance(declaration, Argument):
            positional.append((field, kind, declaration))
            continue
        flags.update(dict.fromkeys(declaration.names_of(field), (field, kind, declaration)))
        if _is_list(kind):
            values[field] = []
    common = Common()
    words: list[str] = []
    following = words  # whose the next word is
    rest = iter(arguments)
    for item in rest:
        if not item.startswith("-") or item == "-":
            following.append(item)
            continue
        following = words
        if item in _COMMON and item not in flags:
            common = common.joined(_COMMON[item])
        else:
            name, equals, value = item.partition("=") if item.startswith("--") else (item, "", "")
            if name not in flags:
                return None
            field, kind, flag = flags[name]
            if flag.is_switch(kind):
                if equals:
                    return None
                values[field] = flag.value
                continue
            if flag.many:
                if equals:
                    return None
                if values[field] is None:
                    values[field] = []
                following = values[field]
                continue
            taken = value if equals else next(rest, "")
            if not _may_be_value(taken, kind, flag):
                return None
            if _is_list(kind):
                values[field].append(taken)
            else:
                values[field] = int(taken) if kind in (int, int | None) else taken
    if not _distribute(words, positional, values):
        return None
    return options(**values), common


_COMMON = {
    "-q": Common(quiet=True),
    "--quiet": Common(quiet=True),
    "-v": Common(verbose=1),
    "--verbose": Common(verbose=1),
    "--wait-for-lock": Common(wait_for_lock=True),
}


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is list


def _may_be_value(text: str, kind: Any, flag: Flag) -> bool:
    """Whether it is beyond doubt that this is the value of the option, and a valid one."""
    if not text or text.startswith("-") or flag.constant is not None:
        return False
    if kind in (int, int | None) and not (text.isascii() and text.isdigit()):
        return False
    return flag.choices is None or text in flag.choices


def _distribute(words: list[str], positional: list[tuple[str, Any, Argument]], values: dict[str, Any]) -> bool:
    """Give the arguments their words; False where it is not plain which gets what."""
    if any(argument.metavar == "..." or argument.choices for _, _, argument in positional):
        return False
    if len(positional) == 1 and _is_list(positional[0][1]):
        field, _, argument = positional[0]
        values[field] = words
        return bool(words) or argument.optional
    needed = sum(not argument.optional for _, _, argument in positional)
    if any(_is_list(kind) for _, kind, _ in positional) or not needed <= len(words) <= len(positional):
        return False
    if any(argument.optional for _, _, argument in positional[:needed]):
        return False
    padded = [*words, *[None] * (len(positional) - len(words))]
    values.update(zip((field for field, _, _ in positional), padded, strict=True))
    return True

"""The whole parser and its help, made of the same declarations: for what is not plain, and for mistakes."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn, get_args

from tiffin.cli._options import Argument, Common, Flag
from tiffin.errors import UsageError

__all__ = ["parse_all"]

HELP_WIDTH = 100


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see `{self.prog} --help`")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # The width is given because argparse would load shutil, and with it bz2 and lzma, to find it out.
        super().__init__(prog, max_help_position=28, width=HELP_WIDTH)


def parse_all(options: type[Any], command: str, arguments: Sequence[str]) -> tuple[Any, Common]:
    """Fill an options tuple from the command line.  Raises UsageError; --help prints and exits."""
    parser = _Parser(prog=f"tiffin {command}", description=_description(options), formatter_class=_Formatter)
    for field, annotation in options.__annotations__.items():
        kind, declaration = get_args(annotation)[:2]
        if isinstance(declaration, Argument):
            _add_argument(parser, field, kind, declaration)
        else:
            _add_flag(parser, field, kind, declaration, options._field_defaults[field])
    _add_common(parser)
    # argparse's mixing mode stumbles over `--`, after which nothing is mixed anyway.
    mixed = _mixes(options) and "--" not in arguments
    found = vars((parser.parse_intermixed_args if mixed else parser.parse_args)(list(arguments)))
    common = Common(*(found.pop(f"common_{field}") for field in Common._fields))
    return options(**found), common


def _description(options: type[Any]) -> str:
    # inspect.cleandoc does this, but importing it takes 8 ms.
    lines = (options.__doc__ or "").splitlines()
    return "\n".join([*lines[:1], *(line.removeprefix("    ") for line in lines[1:])]).strip()


def _mixes(options: type[Any]) -> bool:
    """Whether positional arguments may stand among the options (`remote add -d name url -f`)."""
    return not any(get_args(a)[1].metavar == "..." for a in options.__annotations__.values())


def _add_argument(parser: argparse.ArgumentParser, field: str, kind: Any, declaration: Argument) -> None:
    many = getattr(kind, "__origin__", None) is list
    count = ("*" if declaration.optional else "+") if many else ("?" if declaration.optional else None)
    if declaration.metavar == "...":
        count = argparse.REMAINDER
    parser.add_argument(
        field,
        nargs=count,
        default=[] if many and declaration.optional else None,
        metavar=declaration.metavar if declaration.metavar != "..." else None,
        choices=declaration.choices,
        help=declaration.help,
    )


def _add_flag(parser: argparse.ArgumentParser, field: str, kind: Any, flag: Flag, default: Any) -> None:
    names = flag.names_of(field)
    text = argparse.SUPPRESS if flag.hidden else flag.help
    if flag.is_switch(kind):
        parser.add_argument(*names, dest=field, action="store_const", const=flag.value, default=default, help=text)
        return
    many = getattr(kind, "__origin__", None) is list
    extra: dict[str, Any] = {"nargs": "?", "const": flag.constant} if flag.constant is not None else {}
    if flag.many:
        extra["nargs"] = "*"
    parser.add_argument(
        *names,
        dest=field,
        action="extend" if flag.many else "append" if many else "store",
        type=int if kind in (int, int | None) else str,
        default=[] if many else default,
        metavar=flag.metavar,
        choices=flag.choices,
        help=text,
        **extra,
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common options")
    # "common_": a command may have a field of the same name.
    group.add_argument("-q", "--quiet", dest="common_quiet", action="store_true", help="no messages except errors")
    group.add_argument(
        "-v",
        "--verbose",
        dest="common_verbose",
        action="count",
        default=0,
        help="say more; with a traceback when something fails",
    )
    group.add_argument("--cd", dest="common_cd", metavar="DIR", help="run as if started in DIR")
    group.add_argument(
        "--wait-for-lock",
        dest="common_wait_for_lock",
        action="store_true",
        help="wait until another process is done, instead of failing",
    )

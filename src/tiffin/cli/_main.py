"""From the command line to one command, and from errors to exit codes."""

import os
import sys
from collections.abc import Sequence
from types import ModuleType

from tiffin._native import keep_freed_memory
from tiffin.cli._again import remember
from tiffin.cli._options import Common, parse
from tiffin.cli._start import INTERRUPTED
from tiffin.cli._table import COMMANDS, GROUPS, ONLY_IN_DVC
from tiffin.cli._ui import Context, Ui
from tiffin.errors import TiffinError, UsageError
from tiffin.footprint import Scans

__all__ = ["run"]

BROKEN_PIPE = 141


def run(given: Sequence[str], scans: Scans | None = None) -> int:
    """Run one command; return its exit code.  scans: what was looked at a moment ago."""
    keep_freed_memory()
    ui = Ui(Context(os.getcwd(), os.environ, scans=scans))
    try:
        common, rest = _leading(given)
        ui = _ui(common, scans)
        if rest in (["-h"], ["--help"], ["help"], []):
            from tiffin.cli._overview import overview  # noqa: PLC0415 - only who asks has to pay for it

            sys.stdout.write(overview())
            return 0 if rest else UsageError.exit_code
        if rest[0] == "help":
            rest = [*rest[1:], "--help"]
        name, rest = _command(rest)
        if name in GROUPS:
            from tiffin.cli._overview import group_overview  # noqa: PLC0415 - as above

            sys.stdout.write(group_overview(name))
            return 0 if rest else UsageError.exit_code
        module = _loaded(COMMANDS[name].module)
        options, own = parse(module.Options, name, rest)
        ui = _ui(common.joined(own), scans)
        code = int(module.run(options, ui))
        sys.stdout.flush()
        if ui.repeatable is not None and ui.said is not None:
            remember(ui.repeatable, given, os.getcwd(), code, "".join(ui.said))
    except TiffinError as error:
        return _failed(ui, error)
    except KeyboardInterrupt:
        ui.error("interrupted by the user")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough.  Python would complain again while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return _failed(ui, TiffinError(_system_text(error)), cause=error)
    except Exception as error:  # noqa: BLE001 - the last resort: a user is never shown a traceback unasked
        return _failed(ui, _unexpected(error), cause=error)
    return code


def _loaded(module: str) -> ModuleType:
    __import__(module)  # importlib would load warnings, too
    return sys.modules[module]


def _leading(arguments: Sequence[str]) -> tuple[Common, list[str]]:
    """The common options that stand before the command, and the rest."""
    common = Common()
    items = list(arguments)
    while items and items[0].startswith("-") and items[0] not in ("-h", "--help"):
        item = items.pop(0)
        if item in ("-q", "--quiet"):
            common = common._replace(quiet=True)
        elif item in ("-v", "--verbose", "-vv"):
            common = common._replace(verbose=common.verbose + (2 if item == "-vv" else 1))
        elif item == "--wait-for-lock":
            common = common._replace(wait_for_lock=True)
        elif item == "--cd":
            if not items:
                raise UsageError("--cd: no directory was named", hint="write --cd DIR before the command")
            common = common._replace(cd=items.pop(0))
        elif item.startswith("--cd="):
            common = common._replace(cd=item.partition("=")[2])
        else:
            raise UsageError(f"no option '{item}'", hint="see `tiffin --help`")
    return common, items


def _ui(common: Common, scans: Scans | None) -> Ui:
    directory = os.getcwd()
    if common.cd is not None:
        if not os.path.isdir(common.cd):
            raise UsageError(f"--cd: no directory '{common.cd}'")
        directory = os.path.abspath(common.cd)
    context = Context(directory, os.environ, common.wait_for_lock, scans)
    return Ui(context, quiet=common.quiet, verbose=common.verbose)


def _command(arguments: Sequence[str]) -> tuple[str, list[str]]:
    first = ALIASES.get(arguments[0], arguments[0])
    rest = list(arguments[1:])
    if first in COMMANDS:
        return first, rest
    if first not in GROUPS:
        _refuse_if_only_in_dvc(first, arguments)
        raise UsageError(f"no command '{arguments[0]}'", hint=_did_you_mean(first, [*COMMANDS, *GROUPS]))
    if not rest or rest[0] in ("-h", "--help"):
        return first, rest
    name = f"{first} {ALIASES.get(rest[0], rest[0])}"
    if name in COMMANDS:
        return name, rest[1:]
    _refuse_if_only_in_dvc(name, arguments)
    raise UsageError(f"no command '{first} {rest[0]}'", hint=_meant_in_group(first, rest))


def _refuse_if_only_in_dvc(name: str, arguments: Sequence[str]) -> None:
    if name in ONLY_IN_DVC:
        raise UsageError(
            f"'{name}' is a command of DVC that tiffin does not have yet",
            hint=f"DVC works in this repository too: `dvc {' '.join(arguments)}`",
        )


def _meant_in_group(group: str, rest: Sequence[str]) -> str | None:
    """For `params A B`, `metrics A B` and `metrics --all`, which people write for `... diff`."""
    members = [name for name in COMMANDS if name.startswith(f"{group} ")]
    if f"{group} diff" in members and (rest[0].startswith("-") or len(rest) > 1 or len(rest[0]) > 6):
        return f"did you mean `tiffin {group} diff {' '.join(rest)}`?"
    return _did_you_mean(f"{group} {rest[0]}", members)


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake has to pay for it

    near = get_close_matches(name, known, n=1)
    return f"did you mean `tiffin {near[0]}`?" if near else "see `tiffin --help`"


def _failed(ui: Ui, error: TiffinError, cause: BaseException | None = None) -> int:
    if ui.verbose or os.environ.get("DVC_SHOW_TRACEBACK"):
        import traceback  # noqa: PLC0415 - only with -v

        sys.stderr.write("".join(traceback.format_exception(cause or error)))
    ui.error(error.message, error.hint)
    return error.exit_code


def _unexpected(error: Exception) -> TiffinError:
    files = sys.modules.get("tiffin.models.named")
    if files is not None and (line := files.line_of(error)) is not None:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return TiffinError(f"{line}: {type(error).__name__}: {text}", hint="with -v it shows how it came there")
    return TiffinError(
        f"unexpected {type(error).__name__}: {error}", hint="this is a defect of tiffin; with -v it shows where"
    )


def _system_text(error: OSError) -> str:
    if error.filename is None:
        return str(error.strerror or error)
    return f"'{os.fsdecode(error.filename)}': {error.strerror}"


ALIASES = {"ls": "list", "ls-url": "list-url", "rm": "remove", "mv": "move", "experiments": "exp", "doctor": "version"}
ALIASES |= {"ds": "dataset"}

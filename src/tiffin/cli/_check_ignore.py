"""The command `tiffin check-ignore`."""

import sys
from collections.abc import Iterator
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import TiffinError
from tiffin.repo.ignoring import check_ignore

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Say which paths .dvcignore excludes.

    Prints those that are excluded; exit code 0 if there are any, else 1.  With -d a pattern that takes a path back
    (!pattern) counts as well.
    """

    targets: Annotated[list[str], Argument("paths, which need not exist", optional=True)]
    details: Annotated[bool, Flag("print file, line and pattern before each path", ("-d", "--details"))] = False
    non_matching: Annotated[
        bool, Flag("with -d: also the paths that no pattern speaks of", ("-n", "--non-matching"))
    ] = False
    stdin: Annotated[bool, Flag("read the paths from standard input, one a line, up to an empty line")] = False
    all_: Annotated[bool, Flag("accepted for DVC's sake", ("-a", "--all"), hidden=True)] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    _check(options, ui)
    code = 1
    for target in _lines() if options.stdin else options.targets:
        ignored, rule = check_ignore(repo, target)
        if options.details and (rule or options.non_matching):
            ui.write(f"{rule or '::'}\t{target}")
        elif ignored:
            ui.write(target)
        if ignored or (rule and options.details):
            code = 0
        # Whoever asks by standard input waits for the answer to each line.
        ui.flush()
    return code


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        target = line.rstrip("\n")
        if not target:
            return
        yield target


def _check(options: Options, ui: Ui) -> None:
    if not options.stdin and not options.targets:
        raise TiffinError("no paths were given", hint="name some, or read them with --stdin")
    if options.stdin and options.targets:
        raise TiffinError("paths and --stdin were both given", hint="choose one")
    for flag, given in (("--non-matching", options.non_matching), ("--all", options.all_)):
        if given and not options.details:
            raise TiffinError(f"{flag} goes with --details")
    if options.details and ui.quiet:
        raise TiffinError("--details and --quiet were both given", hint="choose one")

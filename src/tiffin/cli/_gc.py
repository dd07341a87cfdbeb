"""The command `tiffin gc`."""

import os
from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Flag
from tiffin.cli._sync_options import Jobs
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.collecting import Collected, Request, Scope, gc

__all__ = ["Options", "run"]

SCOPE = "-w, --rev, -a, -T, -A, --date or --all-experiments"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Options(NamedTuple):
    """Remove objects from the cache that nothing in scope names.

    The workspace is always in scope; name what else is.  Projects that share the cache keep what they need.  Objects
    that were stored within the last hour stay where other machines may be writing: in a shared cache and at a remote.
    """

    workspace: Annotated[bool, Flag("keep what the workspace names", ("-w", "--workspace"))] = False
    rev: Annotated[str | None, Flag("keep what this commit names", metavar="COMMIT")] = None
    num: Annotated[
        int | None,
        Flag("with --rev and -a: so many commits from there back (default: 1)", ("-n", "--num"), metavar="N"),
    ] = None
    all_branches: Annotated[bool, Flag("keep what the tips of all branches name", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("keep what all tags name", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("keep what any commit names", ("-A", "--all-commits"))] = False
    date: Annotated[
        str | None, Flag("keep what commits of that day and later name", ("--date",), metavar="YYYY-MM-DD")
    ] = None
    all_experiments: Annotated[bool, Flag("keep what experiments name")] = False
    not_in_remote: Annotated[bool, Flag("keep of all that only what the remote lacks")] = False
    cloud: Annotated[bool, Flag("remove from the remote as well", ("-c", "--cloud"))] = False
    remote: Annotated[
        str | None, Flag("the remote, with -c or --not-in-remote", ("-r", "--remote"), metavar="NAME")
    ] = None
    skip_failed: Annotated[bool, Flag("go on where it cannot be told what a commit names")] = False
    force: Annotated[bool, Flag("do not ask", ("-f", "--force"))] = False
    jobs: Jobs = None
    projects: Annotated[
        list[str], Flag("keep what these projects name, too", ("-p", "--projects"), metavar="PATH", many=True)
    ] = []  # noqa: RUF012 - a NamedTuple's
    grace: Annotated[
        str | None, Flag("keep all that is younger: 90s, 15m, 12h, 2d, or 0 for nothing", metavar="TIME")
    ] = None
    dry: Annotated[bool, Flag("only say what would be removed")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    with errors_exit_with(255):
        request = _request(options, ui)
    ui.warning(_announcement(options, repo))
    if not (options.force or options.dry or ui.confirm("Are you sure you want to proceed?")):
        ui.error("nothing was removed", "confirm it, or use -f")
        return 1
    with ui.progress("Collecting") as progress:
        repo.progress = progress
        done = gc(repo, request, warn=ui.warning)
    for collected in _together(done):
        for path in collected.paths:
            ui.write(f"Removing {path}")
        ui.write(_report(collected))
    young = sum(collected.young for collected in done)
    if young:
        ui.status(f"{young} unused object(s) stay because they are young (--grace 0 removes them, too).")
    return 0


def _request(options: Options, ui: Ui) -> Request:
    if options.not_in_remote and options.cloud:
        raise UsageError("--not-in-remote and --cloud exclude each other")
    revisions = Revisions(
        [options.rev] if options.rev else [],
        options.all_branches,
        options.all_tags,
        options.all_commits,
        options.num or 1,
    )
    scope = Scope(revisions, _seconds_of_day(options.date), options.all_experiments)
    if not (options.workspace or scope or options.num):
        raise UsageError("nothing says what to keep", hint=f"give {SCOPE}")
    if options.num and not (options.rev or options.all_branches):
        raise UsageError("--num goes with --rev or --all-branches")
    return Request(
        scope,
        projects=options.projects,
        cloud=options.cloud,
        not_in_remote=options.not_in_remote,
        remote=options.remote,
        skip_failed=options.skip_failed,
        grace=_seconds(options.grace or ui.context.environment.get("TIFFIN_GC_GRACE")),
        dry=options.dry,
    )


def _seconds_of_day(date: str | None) -> float | None:
    if date is None:
        return None
    from datetime import datetime  # noqa: PLC0415 - the other scopes need none

    try:
        return datetime.strptime(date, "%Y-%m-%d").timestamp()  # noqa: DTZ007 - the user's own day is meant
    except ValueError:
        raise UsageError(f"'{date}' is no date", hint="write it as YYYY-MM-DD") from None


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    number, unit = (text[:-1], UNITS[text[-1]]) if text[-1] in UNITS else (text, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 2**32:
        raise UsageError(f"'{text}' is no time", hint="write it as 90s, 15m, 12h or 2d")
    return seconds


def _announcement(options: Options, repo: Repo) -> str:
    kept = ["the workspace"]
    branches = f"last {options.num} commits from all git branches" if options.num else "all git branches"
    if options.all_commits:
        kept.append("all git commits")
    else:
        kept += [branches] if options.all_branches else []
        kept += ["all git tags"] if options.all_tags else []
        kept += [f"all git commits since {options.date}"] if options.date else []
        kept += [f"last {options.num or 1} commits from {options.rev}"] if options.rev else []
    kept += ["all experiments"] if options.all_experiments else []
    lacking = ", as far as the remote lacks them," if options.not_in_remote else ""
    projects = "".join(
        f"\n  - {os.path.abspath(os.path.join(repo.root, repo.directory, path))}" for path in options.projects
    )
    whose = f"the current project and of:{projects}" if projects else "the current project."
    where = "the cache and the remote" if options.cloud else "the cache"
    used = f"{' and '.join(kept)}{lacking} of {whose}"
    return f"This will remove all objects from {where} except those used in {used}"


def _together(done: list[Collected]) -> list[Collected]:
    """Without the place that only old repositories use, unless it held something."""
    return [collected for collected in done if collected.place != "legacy" or collected.objects]


def _report(collected: Collected) -> str:
    if collected.place == "remote":
        removed, nothing = "from remote.", "cache to remove from remote."
    else:
        removed, nothing = f"from {collected.place} cache.", f"'{collected.place}' cache to remove."
    return f"Removed {collected.objects} objects {removed}" if collected.objects else f"No unused {nothing}"

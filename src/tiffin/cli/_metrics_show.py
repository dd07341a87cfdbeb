"""The command `tiffin metrics show`."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._comparison import FILL, warn
from tiffin.cli._options import Argument, Flag
from tiffin.cli._table_text import DIGITS, MARGIN, cell, columns_of, markdown, plain
from tiffin.cli._ui import Ui
from tiffin.experiments import Reading, flat
from tiffin.repo import Repo
from tiffin.repo.comparing import Outcome, Revisions, metrics_show

__all__ = ["Options", "run"]

SHORT = 7


class Options(NamedTuple):
    """Show metrics of the workspace, or of several commits."""

    targets: Annotated[list[str], Argument("metrics files or directories (default: all)", optional=True)]
    all_branches: Annotated[bool, Flag("of every branch", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("of every tag", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("of every commit", ("-A", "--all-commits"))] = False
    json: Annotated[bool, Flag("print JSON")] = False
    md: Annotated[bool, Flag("print a Markdown table")] = False
    recursive: Annotated[
        bool, Flag("accepted for DVC's sake: directories are always searched", ("-R", "--recursive"))
    ] = False
    precision: Annotated[int | None, Flag(f"digits after the decimal point (default: {DIGITS})", metavar="N")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    found = metrics_show(repo, options.targets, revisions)
    warn(ui, "metrics", {revision: outcome.failures for revision, outcome in found.items() if outcome.failures})
    if options.json:
        ui.json({revision: _as_json(repo, outcome) for revision, outcome in found.items()})
    else:
        headers, rows = _rows(repo, found, options.precision or DIGITS, revision=bool(revisions))
        _show(ui, headers, rows, keys=2 if revisions else 1, md=options.md)
    return 0


def _show(ui: Ui, headers: list[str], rows: list[list[str]], *, keys: int, md: bool) -> None:
    space = None if md else ui.space()
    if space is None or not rows:
        ui.table((markdown if md else plain)(headers, rows))
        return
    from tiffin.cli._fitting import Style, drawn, fit  # noqa: PLC0415 - for a terminal only

    found = fit(columns_of(headers, rows), space, Style(gap=2, margin=MARGIN), labels=_labels(rows, keys), keys=keys)
    ui.page(drawn(found, whole="--md, --json"))


def _labels(rows: list[list[str]], keys: int) -> list[str]:
    """What a row is, in short: the revision, and the file unless it is the same in all rows."""
    one_file = keys > 1 and len({row[keys - 1] for row in rows}) == 1
    return [" ".join([*map(_short, row[: keys - 1]), *([] if one_file else [row[keys - 1]])]) for row in rows]


def _short(revision: str) -> str:
    return revision[:SHORT] if len(revision) == 40 else revision


def _as_json(repo: Repo, outcome: Outcome) -> dict[str, Any]:
    if outcome.failure is not None:
        return {"error": {"type": outcome.failure.kind, "msg": outcome.failure.message}}
    return {"data": {repo.shown(path): _reading_json(reading) for path, reading in outcome.files.items()}}


def _reading_json(reading: Reading) -> dict[str, Any]:
    if reading.failure is not None:
        return {"error": {"type": reading.failure.kind, "msg": reading.failure.message}}
    return {"data": reading.values}


def _rows(
    repo: Repo, found: Mapping[str, Outcome], precision: int, *, revision: bool
) -> tuple[list[str], list[list[str]]]:
    files = [
        (name, repo.shown(path), flat({} if reading.failure else reading.values))
        for name, outcome in found.items()
        for path, reading in outcome.files.items()
    ]
    names = sorted({name for _, _, values in files for name in values})
    first = 0 if revision else 1
    rows = [
        [commit, path, *(FILL if values.get(name) is None else cell(values[name], precision) for name in names)][first:]
        for commit, path, values in files
    ]
    return ["Revision", "Path", *names][first:], rows

"""The command `tiffin fsck`."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.repo.checking import Checked, Harmed, fsck

__all__ = ["Options", "run"]

SHOWN = 20  # lines of one kind


class Options(NamedTuple):
    """Read every object again and compare it with its id; repair what is harmed.

    A harmed object is moved to tiffin/quarantine in the cache, and its bytes are brought again from a remote that has
    them.  The exit code is 1 if anything was wrong, repaired or not.
    """

    cloud: Annotated[bool, Flag("check a remote instead of the cache", ("-c", "--cloud"))] = False
    remote: Annotated[
        str | None,
        Flag("repair from this remote only; with -c: the remote to check", ("-r", "--remote"), metavar="NAME"),
    ] = None
    dry: Annotated[bool, Flag("only tell, change nothing")] = False
    json: Annotated[bool, Flag("print JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; 1 if anything was wrong."""
    repo = open_repo(ui)
    with ui.progress("Checking") as progress:
        repo.progress = progress
        found = fsck(repo, cloud=options.cloud, remote=options.remote, dry=options.dry, warn=ui.warning)
    shown = [checked for checked in found if checked is found[0] or checked.objects]
    if options.json:
        ui.json([_as_dict(checked) for checked in shown])
    else:
        for checked in shown:
            _show(ui, checked, dry=options.dry)
    return int(not all(checked.sound for checked in found))


def _as_dict(checked: Checked) -> dict[str, Any]:
    return {**checked._asdict(), "harmed": [harmed._asdict() for harmed in checked.harmed], "sound": checked.sound}


def _show(ui: Ui, checked: Checked, *, dry: bool) -> None:
    ui.write(f"{checked.objects} objects, {checked.bytes} bytes in {checked.root}")
    _list(ui, "harmed", [_line(harmed) for harmed in checked.harmed])
    _list(ui, "could be written to", checked.writable)
    lines = [f"{oid} lacks {len(names)} file(s), such as {names[0]}" for oid, names in checked.incomplete.items()]
    _list(ui, "listings that are not complete" + ("" if checked.essential else " (fetch brings the rest)"), lines)
    _list(ui, "brought from elsewhere", checked.completed)
    _list(ui, "no objects", checked.strangers)
    _list(ui, "left behind by killed commands", checked.leftovers)
    if checked.sound:
        ui.write("All objects are sound.")
    elif dry:
        ui.write("Run it without --dry to repair what can be repaired.")
    elif not _open(checked):
        ui.write("Everything could be repaired.")


def _open(checked: Checked) -> bool:
    """Whether something is still wrong."""
    lacking = {name for names in checked.incomplete.values() for name in names} if checked.essential else set()
    return not all(harmed.repaired_from for harmed in checked.harmed) or not lacking <= set(checked.completed)


def _line(harmed: Harmed) -> str:
    if harmed.repaired_from:
        fate = f"repaired from {harmed.repaired_from}, the old bytes are in {harmed.quarantine}"
    elif harmed.quarantine:
        fate = f"no remote has it, its bytes are in {harmed.quarantine}"
    else:
        fate = "not repaired"
    tracked = "".join(f"\n    {path}" for path in harmed.tracked)
    return f"{harmed.oid}: {harmed.why}; {fate}{tracked}"


def _list(ui: Ui, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    ui.write(f"{title}:")
    for line in lines[:SHOWN]:
        ui.write(f"  {line}")
    if len(lines) > SHOWN:
        ui.write(f"  and {len(lines) - SHOWN} more")

"""Executable bits inside directories: restored and compared where somebody asked for them to be kept.

An output that has no list (None) is left alone; with the setting feature.executable on, executable files in it show as
a change, so that they get recorded.
"""

from collections.abc import Sequence

from tiffin.formats.values import Content
from tiffin.index import Difference, Seen, Workspace
from tiffin.pipeline._stage import Output

__all__ = ["bits_changed", "checkout_output", "executables_now", "restore_executables"]

OWNER = 0o100  # may execute


def bits_changed(workspace: Workspace, output: Output, seen: Seen) -> bool:
    """Whether other files are executable than were recorded, in an output whose content is as recorded."""
    if seen.table is None or (output.executable is None and not workspace.executables):
        return False
    return _executables(seen) != _wanted(output.executable or (), seen)


def executables_now(workspace: Workspace, output: Output, content: Content, *, empty: bool = False) -> list[str] | None:
    """The executable files among those that `content`, just recorded for the output, names; None if no list is kept.

    empty: a list without any file is worth keeping, too.
    """
    if not content.is_dir or (output.executable is None and not workspace.executables):
        return None
    files = workspace.like(content)
    files.set_executable(output.path, dict.fromkeys(files.executable_before.pop(output.path, ()), True))
    seen = files.look(output.path)
    names = _executables(seen)
    if seen is not None and seen.content.oid != content.oid:
        # A part was added; the rest of the directory may hold what is not recorded.
        listing = files.store.manifest(content.oid or "")
        names = [name for name in names if listing.find(name) >= 0]
    return names if names or empty or output.executable is not None else None


def restore_executables(workspace: Workspace, output: Output, part: str | None = None) -> bool:
    """Give the files of an output the bits that were recorded; whether any had others.  part: only at or below it."""
    if output.executable is None:
        return False
    seen = workspace.look(output.path)
    if seen is None or seen.table is None:
        return False
    inner = "" if part is None or part == output.path else part.removeprefix(f"{output.path}/")
    wanted = set(_wanted(output.executable, seen))
    wrong = wanted.symmetric_difference(_executables(seen))
    names = sorted(name for name in wrong if not inner or _within(name, inner))
    workspace.set_executable(output.path, {name: name in wanted for name in names})
    return bool(names)


def checkout_output(
    workspace: Workspace,
    output: Output,
    content: Content,
    *,
    part: str | None = None,
    force: bool = False,
    relink: bool = False,
) -> Difference:
    """Make an output, or the part of it at a path, hold a content, with the bits that were recorded for it."""
    files = workspace.like(content)
    if part is None:
        difference = files.checkout(output.path, content, force=force, relink=relink)
    else:
        difference = files.checkout_part(output.path, part, content, force=force)
    if restore_executables(files, output, part) and not difference:
        return Difference([], [""], [])
    return difference


def _executables(seen: Seen | None) -> list[str]:
    table = seen.table if seen else None
    if table is None:
        return []
    return [path for row, path in enumerate(table.paths()) if table.mode(row) & OWNER]


def _wanted(recorded: Sequence[str], seen: Seen) -> list[str]:
    """Those that are there: whoever changes the directory with DVC leaves the list as it was."""
    table = seen.table
    return [] if table is None else sorted(name for name in recorded if table.find(name) >= 0)


def _within(name: str, directory: str) -> bool:
    return name == directory or name.startswith(f"{directory}/")

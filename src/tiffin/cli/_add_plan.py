"""What `tiffin add .` shows and asks before it tracks anything."""

from collections.abc import Sequence

from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.errors import TargetError
from tiffin.repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.planning import LIMIT, Item, Plan, plan

__all__ = ["agreed"]

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
SHOWN = 50


def agreed(ui: Ui, repo: Repo, git: GitSide, directories: Sequence[str], larger: str | None, *, yes: bool) -> list[str]:
    """The targets to add below directories, as seen from where the user stands; [] if there is nothing large.

    Raises TargetError on a no, and where nobody can be asked.
    """
    text = larger or git.setting("tiffin.larger")
    limit = LIMIT if text is None else _bytes(text)
    items: dict[str, Item] = {}
    for directory in directories:
        found = plan(repo, repo.inside(directory), git, limit=limit)
        _show(ui, repo, found, limit)
        items.update({item.path: item for item in found.items})
    if not items:
        return []
    if not yes and not ui.confirm(f"Track {_counted(len(items), 'path')}?"):
        raise TargetError("nothing was tracked", hint="agree to it, or use -y; or name the files and directories")
    return [repo.shown(path) for path in items]


def _show(ui: Ui, repo: Repo, found: Plan, limit: int) -> None:
    if found.items:
        ui.write("To be tracked:")
    for item in found.items[:SHOWN]:
        name = repo.shown(item.path) + ("/" if item.is_dir else "")
        what = _counted(item.files, "file") if item.is_dir else ""
        ui.write(f"  {human_size(item.size):>6}  {name}  {what}".rstrip())
    rest = found.items[SHOWN:]
    if rest:
        ui.write(f"  {human_size(sum(item.size for item in rest)):>6}  in {len(rest)} more")
    if found.left:
        ui.write(f"Left to Git: {_counted(found.left, 'file')}, {human_size(found.left_size)} in all")
    if not found.items:
        ui.write(f"Nothing here is larger than {human_size(limit)} and new to Git and tiffin.")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _bytes(text: str) -> int:
    lowered = text.strip().lower().removesuffix("b").removesuffix("i")
    number, unit = (lowered[:-1], lowered[-1]) if lowered[-1:].isalpha() else (lowered, "")
    try:
        return int(float(number) * UNITS[unit])
    except (KeyError, ValueError, OverflowError):
        raise TargetError(f"'{text}' is no size", hint="write it like 500k, 10M or 2G") from None

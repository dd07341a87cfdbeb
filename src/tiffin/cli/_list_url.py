"""The command `tiffin list-url`."""

from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import settings
from tiffin.cli._options import Flag
from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.cli._url_options import FsConfig, Url, options_of
from tiffin.fs.remote import Info
from tiffin.repo.getting_url import list_url
from tiffin.repo.places import open_place

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """List a directory that is elsewhere: a path on this machine, file:// or remote://NAME/path.

    Of a file, on a web server too, its address is shown if it is there.
    """

    url: Url
    recursive: Annotated[bool, Flag("the files of all directories below", ("-R", "--recursive"))] = False
    tree: Annotated[bool, Flag("as a tree", ("-T", "--tree"))] = False
    level: Annotated[int | None, Flag("how deep to look", ("-L", "--level"), metavar="DEPTH")] = None
    size: Annotated[bool, Flag("with sizes")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    fs_config: FsConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    place = open_place(
        settings(ui, check=True),
        options.url,
        ui.context.directory,
        environment=ui.context.environment,
        options=options_of(options.fs_config),
    )
    deep = options.recursive or options.tree
    found = list(list_url(place, depth=options.level if deep else 0 if options.level == 0 else 1))
    if found and found[0].path == "":
        whole = options.url if options.tree else place.fs.url("")
        found = [found[0]._replace(path=whole, is_dir=False)]
    elif options.tree:
        found = [Info(options.url, is_dir=True), *found]
    elif options.recursive:
        found = [info for info in found if not info.is_dir or _at_the_bottom(info, options.level)]
    if options.json:
        ui.json([_entry(info) for info in found if not options.tree or info.path != options.url])
        return 0
    names = _branches(found) if options.tree else [info.path for info in found]
    sizes = [_size(info) for info in found]
    width = max(map(len, sizes), default=0)
    for name, size in zip(names, sizes, strict=True):
        ui.write(f"{size:>{width}}  {name}" if options.size else name)
    return 0


def _at_the_bottom(info: Info, level: int | None) -> bool:
    return level is not None and info.path.count("/") == level - 1


def _entry(info: Info) -> dict[str, Any]:
    return {"path": info.path, "isdir": info.is_dir, "size": None if info.is_dir else info.size}


def _size(info: Info) -> str:
    return "" if info.is_dir or info.size is None else human_size(info.size)


def _branches(found: list[Info]) -> list[str]:
    """The lines of a tree whose root comes first; children follow their parents."""
    last: dict[str, int] = {}
    for number, info in enumerate(found[1:], 1):
        last[info.path.rpartition("/")[0]] = number
    lines = [found[0].path]
    for number, info in enumerate(found[1:], 1):
        parts = info.path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        parents = [entry.rpartition("/")[0] for entry in above]
        stems = ["│   " if last[parent] > number else "    " for parent in parents]
        corner = "└── " if last["/".join(parts[:-1])] == number else "├── "
        lines.append("".join(stems) + corner + parts[-1])
    return lines

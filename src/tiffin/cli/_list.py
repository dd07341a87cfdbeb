"""The command `tiffin list`."""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import errors_exit_with
from tiffin.cli._external_options import Config, Remote, RemoteConfig, Rev, Url, externals, overrides_by
from tiffin.cli._options import Argument, Flag
from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.errors import TargetError, TiffinError
from tiffin.repo.external import Entry
from tiffin.repo.listing_files import Node, list_files, tree

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """List what is in a repository: files in Git, and what is tracked, whether it is downloaded or not."""

    url: Url
    path: Annotated[str | None, Argument("a directory in it", optional=True)] = None
    recursive: Annotated[bool, Flag("the files of all directories", ("-R", "--recursive"))] = False
    tree: Annotated[bool, Flag("as a tree", ("-T", "--tree"))] = False
    level: Annotated[int | None, Flag("with -R and -T: so deep", ("-L", "--level"), metavar="DEPTH")] = None
    dvc_only: Annotated[bool, Flag("only what is tracked")] = False
    json: Annotated[bool, Flag("print JSON")] = False
    rev: Rev = None
    config: Config = None
    remote: Remote = None
    remote_config: RemoteConfig = []  # noqa: RUF012 - a named tuple's default is never changed
    size: Annotated[bool, Flag("with sizes, where they are known")] = False
    show_hash: Annotated[bool, Flag("with the MD5 of what is tracked")] = False


class _Row(NamedTuple):
    """A line: where it stands in the drawing, and what it is about."""

    drawing: str
    name: str
    entry: Entry


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.tree and options.json:
        raise TiffinError("--tree and --json do not go together", hint="leave one of them out")
    overrides = overrides_by(options)
    path = options.path or ""
    with errors_exit_with(1), externals(ui) as pool:
        source = pool.open(options.url, options.rev, overrides)
        try:
            if options.tree:
                node = tree(source, path, level=options.level, dvc_only=options.dvc_only)
                rows = list(_drawn({path or ".": node}))
            else:
                how = {"recursive": options.recursive, "dvc_only": options.dvc_only}
                entries = list_files(source, path, level=options.level, **how)
                rows = [_Row("", name, entry) for name, entry in entries.items()]
        except FileNotFoundError as error:
            raise TargetError(f"'{error.filename or path}' is not in '{options.url}'") from None
    if options.json:
        ui.json([_as_dict(row) for row in rows])
    else:
        _show(options, ui, rows)
    return 0


def _as_dict(row: _Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "isout": entry.is_out,
        "isdir": entry.is_dir,
        "isexec": entry.isexec,
        "size": entry.size,
        "md5": entry.oid,
        "path": row.name,
    }


def _show(options: Options, ui: Ui, rows: list[_Row]) -> None:
    sizes = [_size(row.entry) if options.size else "" for row in rows]
    hashes = [row.entry.oid or "-" if options.show_hash else "" for row in rows]
    size_width, hash_width = (max(map(len, column), default=0) for column in (sizes, hashes))
    for row, size, digest in zip(rows, sizes, hashes, strict=True):
        columns = [f"{size:>{size_width}}"] if options.size else []
        columns += [f"{digest:<{hash_width}}"] if options.show_hash else []
        ui.write("  ".join([*columns, f"{row.drawing}{row.name}"]))


def _size(entry: Entry) -> str:
    return "" if entry.size is None or (entry.is_dir and entry.size <= 0) else human_size(entry.size)


def _drawn(nodes: dict[str, Node], prefix: str | None = None) -> Iterator[_Row]:
    """Every node, with the lines that lead to it; the top has none."""
    last = len(nodes) - 1
    for at, (name, node) in enumerate(nodes.items()):
        corner, lead = ("", "") if prefix is None else ("└── ", "    ") if at == last else ("├── ", "│   ")
        yield _Row(f"{prefix or ''}{corner}", name, node.entry)
        yield from _drawn(node.contents, f"{prefix or ''}{lead}")

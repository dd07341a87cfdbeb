"""tiffin.executable: which files inside the outputs of stages are executable.  DVC does not know it.

    file := "# tiffin executable 1" LF { line LF }
    line := directory "/" | directory "/" path         an output; an executable file in it; sorted by output, then path

All paths are relative to the directory of the file; a name that has a character that cannot be printed, or starts with
a quote or '#', is a JSON string.  See docs/formats/executable.md.
"""

import json
import posixpath
from collections.abc import Iterable, Mapping

from tiffin.errors import FormatError

__all__ = ["dump", "parse"]

_TITLE = "# tiffin executable 1"


def parse(text: str, path: str) -> dict[str, tuple[str, ...]]:
    """Output -> its executable files, relative to it; outputs relative to what `path` is.  Raises FormatError."""
    title, *lines = text.split("\n")
    if title != _TITLE:
        raise FormatError(f"the first line is not '{_TITLE}'", path=path, hint="is it from a later version of tiffin?")
    directory = posixpath.dirname(path)
    found: dict[str, list[str]] = {}
    output = ""
    for number, line in enumerate(lines, start=2):
        name = _unquoted(line, path, number)
        if name.endswith("/"):
            output = name.removesuffix("/")
            found[_joined(directory, output)] = []
        elif output and name.startswith(f"{output}/"):
            found[_joined(directory, output)].append(name.removeprefix(f"{output}/"))
        elif name:
            raise FormatError(f"'{name}' is in no directory that is listed above it", path=path, line=number)
    return {out: tuple(names) for out, names in found.items()}


def dump(lists: Mapping[str, Iterable[str]], path: str) -> str:
    """The reverse of `parse`."""
    directory = posixpath.dirname(path) or "."
    lines = [_TITLE]
    for output in sorted(lists):
        shown = posixpath.relpath(output, directory)
        lines += [_quoted(f"{shown}/"), *(_quoted(f"{shown}/{name}") for name in sorted(lists[output]))]
    return "".join(f"{line}\n" for line in lines)


def _joined(directory: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(directory, path))


def _quoted(name: str) -> str:
    return name if name.isprintable() and not name.startswith(('"', "#")) else json.dumps(name)


def _unquoted(line: str, path: str, number: int) -> str:
    if not line.startswith('"'):
        return line
    try:
        return str(json.loads(line))
    except ValueError:
        raise FormatError(f"{line} is no JSON string", path=path, line=number) from None

"""The whole of YAML, by ruamel: the judge of meaning and of errors.  Slow to import (40 ms).

Only this module knows ruamel's classes.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.representer import RepresenterError

from tiffin.errors import YamlError
from tiffin.formats._places import line_and_column

__all__ = ["dump", "load", "load_for_edit", "position"]

LARGE = 100_000  # characters; of longer texts only the part in question is read to find a place
MOST_VALUES = 1_000_000  # in one file, its aliases counted each time


def load(text: str, path: str) -> Any:
    """Read text as plain values.  Raises YamlError."""
    return _load(YAML(typ="safe", pure=True), text, path)


def load_for_edit(text: str, path: str) -> Any:
    """Read text as ruamel's own maps and lists, which carry comments, anchors and styles."""
    return _load(_editor(), text, path)


def dump(value: Any) -> str:
    """Write plain values, or what load_for_edit gave, the way DVC does.  Raises TypeError for other objects."""
    stream = io.StringIO()
    try:
        _editor().dump(value, stream)
    except RepresenterError as error:
        raise TypeError(str(error)) from None
    return stream.getvalue()


def position(text: str, keys: Sequence[Any], *, of_key: bool = False) -> tuple[int, int] | None:
    """Line and column, from 1, of the value under keys (or of the last key itself).

    Where nothing is written for the value it is the place of its key.  Gives the nearest place above it when there is
    no such value; None when text is broken.
    """
    chunk, above, skipped = _chunk(text, keys) if len(text) > LARGE else (text, 0, 0)
    try:
        node = YAML(typ="safe", pure=True).compose(io.StringIO(chunk))
    except YAMLError:
        if chunk is text:
            return None
        return _position_below(YAML(typ="safe", pure=True).compose(io.StringIO(text)), keys, 0, of_key=of_key)
    return _position_below(node, keys[skipped:], above, of_key=of_key)


def _position_below(node: Any, keys: Sequence[Any], above: int, *, of_key: bool) -> tuple[int, int] | None:
    if node is None:
        return None
    mark = node.start_mark
    for depth, key in enumerate(keys):
        found = _child(node, key)
        if found is None:
            break
        key_node, node = found
        of_this_key = (of_key and depth == len(keys) - 1) or node.start_mark.index == node.end_mark.index
        mark = key_node.start_mark if of_this_key else node.start_mark
    return mark.line + above + 1, mark.column + 1


def _chunk(text: str, keys: Sequence[Any]) -> tuple[str, int, int]:
    """The part of a large text in which keys are, the lines above it, and the number of keys that lead to it.

    Looked for by the indent of whole lines: all that is inside of a block is indented deeper than its key.
    """
    lines = text.split("\n")
    first, last, skipped = 0, len(lines), 0
    for key in keys[:2]:
        indent = _indent(lines[first:last])
        start = next((n for n in range(first, last) if lines[n].rstrip() == f"{indent}{key}:"), None)
        if start is None:
            break
        first = start + 1
        last = next((n for n in range(first, last) if not _is_inside(lines[n], indent)), last)
        skipped += 1
    return ("\n".join(lines[first:last]), first, skipped) if skipped else (text, 0, 0)


def _indent(lines: Sequence[str]) -> str:
    line = next((line for line in lines if line.strip() and not line.lstrip().startswith(("#", "---", "%"))), "")
    return line[: len(line) - len(line.lstrip(" "))]


def _is_inside(line: str, indent: str) -> bool:
    return not line.strip() or line.startswith((f"{indent} ", f"{indent}- ", f"{indent}#"))


def _child(node: Any, key: Any) -> tuple[Any, Any] | None:
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in node.value if getattr(k, "value", None) == str(key)), None)
    if isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _editor() -> YAML:
    yaml = YAML()
    yaml.default_flow_style = False
    return yaml


def _load(yaml: YAML, text: str, path: str) -> Any:
    marker = _conflict(text)
    if marker is not None:
        message = "Git's merge conflict markers are no YAML"
        raise YamlError(message, path=path, line=marker, column=1, hint="resolve the conflict first")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # allowed: the later one counts
            if "&" in text and "*" in text:
                _refuse_bombs(YAML(typ="safe", pure=True).compose(io.StringIO(text)), path)
            return yaml.load(text)
    except MarkedYAMLError as error:
        raise _located(error, path) from error
    except ReaderError as error:
        raise _unreadable(error, text, path) from error
    except YAMLError as error:
        raise YamlError(f"not valid YAML: {_first_line(error)}", path=path) from error
    except (ValueError, TypeError, IndexError) as error:
        # ruamel lets Python's own errors through for scalars such as `-_` or an impossible date.
        line, column = _place_of_bad_scalar(text) or (None, None)
        raise YamlError(f"a value cannot be read: {error}", path=path, line=line, column=column) from error
    except RecursionError as error:
        raise YamlError("nested too deeply", path=path) from error


def _place_of_bad_scalar(text: str) -> tuple[int, int] | None:
    """Where the first scalar is of which Python can make no number and no date."""
    try:
        waiting = [YAML(typ="safe", pure=True).compose(io.StringIO(text))]
    except YAMLError:
        return None
    while waiting:
        node = waiting.pop()
        waiting += reversed(_nodes_in(node))
        if isinstance(node, ScalarNode) and str(node.tag).rpartition(":")[2] in ("int", "float", "timestamp"):
            try:
                YAML(typ="safe", pure=True).load(node.value)
            except (YAMLError, ValueError, TypeError, IndexError):
                return node.start_mark.line + 1, node.start_mark.column + 1
    return None


def _refuse_bombs(root: Any, path: str) -> None:
    """A few lines of aliases can stand for more values than memory holds, once they are walked as if they were a tree.

    Raises YamlError for more than MOST_VALUES of them, and for a collection that holds itself.
    """
    sizes: dict[int, int] = {}
    above: set[int] = set()
    waiting = [root]
    while waiting:
        top = waiting[-1]
        children = _nodes_in(top)
        new = [child for child in children if id(child) not in sizes]
        if new and id(top) not in sizes:
            above.add(id(top))
            if any(id(child) in above for child in new):
                raise YamlError("an alias stands for something that holds it", path=path)
            waiting += new
            continue
        sizes[id(top)] = 1 + sum(sizes[id(child)] for child in children)
        above.discard(id(top))
        waiting.pop()
        if sizes[id(top)] > MOST_VALUES:
            raise YamlError(f"its aliases stand for more than {MOST_VALUES:,} values", path=path)


def _nodes_in(node: Any) -> list[Any]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, SequenceNode) else []


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _unreadable(error: ReaderError, text: str, path: str) -> YamlError:
    line, column = line_and_column(text, error.position)
    message = f"the character U+{error.character:04X} may not be in a YAML file"
    return YamlError(message, path=path, line=line, column=column, hint="write it as an escape in double quotes")


def _located(error: MarkedYAMLError, path: str) -> YamlError:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    if "unexpected end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark  # where what is not closed begins
    if "found duplicate key" in problem:
        parts = [" ".join(problem.split(" ")[1:3]), problem.partition('"')[2].partition('"')[0]]
        message = f"{parts[0]} {parts[1]!r}"
    else:
        message = ", ".join(part.strip() for part in (error.context, problem) if part) or "not valid YAML"
    line = None if mark is None else mark.line + 1
    column = None if mark is None else mark.column + 1
    return YamlError(message, path=path, line=line, column=column, hint=_hint(message))


def _conflict(text: str) -> int | None:
    """The line of the first marker of a merge conflict: at the margin there is nothing else that looks like it."""
    if "<<<<<<< " not in text and ">>>>>>> " not in text:
        return None
    lines = text.split("\n")
    return next((n for n, line in enumerate(lines, 1) if line.startswith(("<<<<<<< ", ">>>>>>> "))), None)


# What is in the message -> what helps.  The first that fits counts.
_HINTS = {
    "duplicate key": "keep one of the two",
    "'\\t'": "indent with blanks: YAML allows no tabs there",
    "cannot start any token": "put text that starts with this character in quotes",
    "mapping values are not allowed": "put text that contains ': ' in quotes, and align keys of one map",
    "unexpected end of stream": "the closing quote is missing",
    "expected <block end>": "indent the keys of one map, and the items of one list, alike",
    "simple key": "write 'key: value' with a blank after the colon, '- item' with one after the dash",
    "flow sequence": "put text that contains brackets or braces, like ${name}, in quotes inside [ ] and { }",
    "flow mapping": "put text that contains brackets or braces, like ${name}, in quotes inside [ ] and { }",
    "flow node": "a closing ] or } is missing",
    "undefined alias": "put text that starts with '*' in quotes; an alias needs its '&name' before it",
    "constructor for the tag": "put text that starts with '!' in quotes: tags are not used here",
    "another document": "keep one document: take out the line '---'",
    "unhashable key": "write the key as plain text",
}


def _hint(message: str) -> str | None:
    return next((hint for words, hint in _HINTS.items() if words in message), None)

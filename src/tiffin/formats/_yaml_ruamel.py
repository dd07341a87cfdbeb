"""The whole of YAML, by ruamel: the judge of meaning and of errors.  Slow to import (40 ms).

Only this module knows ruamel's classes.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode
from ruamel.yaml.representer import RepresenterError

from tiffin.errors import YamlError

__all__ = ["dump", "load", "load_for_edit", "position"]

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

    Gives the nearest place above it when there is no such value; None when text is broken.
    """
    try:
        node = YAML(typ="safe", pure=True).compose(io.StringIO(text))
    except YAMLError:
        return None
    if node is None:
        return None
    mark = node.start_mark
    for depth, key in enumerate(keys):
        found = _child(node, key)
        if found is None:
            break
        key_node, node = found
        mark = key_node.start_mark if of_key and depth == len(keys) - 1 else node.start_mark
    return mark.line + 1, mark.column + 1


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # allowed: the later one counts
            if "&" in text and "*" in text:
                _refuse_bombs(YAML(typ="safe", pure=True).compose(io.StringIO(text)), path)
            return yaml.load(text)
    except MarkedYAMLError as error:
        raise _located(error, text, path) from error
    except YAMLError as error:
        raise YamlError(f"not valid YAML: {_first_line(error)}", path=path) from error
    except (ValueError, TypeError, IndexError) as error:
        # ruamel lets Python's own errors through for scalars such as `-_` or an impossible date.
        raise YamlError(f"a value cannot be read: {error}", path=path) from error
    except RecursionError as error:
        raise YamlError("nested too deeply", path=path) from error


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


def _located(error: MarkedYAMLError, text: str, path: str) -> YamlError:
    mark = error.problem_mark or error.context_mark
    parts = [part.strip() for part in (error.context, error.problem) if part]
    message = ", ".join(parts) or "not valid YAML"
    line = None if mark is None else mark.line + 1
    column = None if mark is None else mark.column + 1
    return YamlError(message, path=path, line=line, column=column, hint=_hint(message, text))


def _hint(message: str, text: str) -> str | None:
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.split("\n")):
        return "the file holds Git's merge conflict markers: resolve the conflict first"
    if "duplicate key" in message:
        return "keep one of the two"
    if "'\\t'" in message:
        return "indent with blanks: YAML allows no tabs there"
    if "mapping values are not allowed" in message:
        return "put text that contains ': ' in quotes, and align keys of one map"
    if "expected <block end>" in message:
        return "indent the keys of one map, and the items of one list, alike"
    if "flow sequence" in message or "flow mapping" in message:
        return "put text that contains brackets or braces, like ${name}, in quotes inside [ ] and { }"
    return None

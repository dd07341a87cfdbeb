"""Parameters in a Python file: its constants, read from the syntax tree and never executed.

params := NAME = literal, NAME: type = literal, in the module and in classes
        | self.NAME = literal, in the __init__ of a class
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tiffin.errors import FormatError, OverrideError

__all__ = ["constants", "replaced"]


def constants(text: str | bytes, path: str) -> dict[str, Any]:
    """Give the constants by name; a class is a map.  Raises FormatError."""
    return _constants(_parse(text, path))


def replaced(text: str, path: str, changes: Iterable[tuple[Sequence[str], Any]]) -> str:
    """Give text with other values for constants that it has.

    changes: names down to the constant, through classes and dicts, and its value.
    """
    body = _parse(text, path)
    found = [(_find(body, names, path), value) for names, value in changes]
    lines = text.encode().splitlines(keepends=True)
    # From the end, so that the places before stay what they are.
    for node, value in sorted(found, key=lambda pair: (pair[0].lineno, pair[0].col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
        lines[first : last + 1] = [head + repr(value).encode() + tail]
    return b"".join(lines).decode()


def _parse(text: str | bytes, path: str) -> list[ast.stmt]:
    try:
        return ast.parse(text, filename=path).body
    except SyntaxError as error:
        message = f"not valid Python: {error.msg}"
        raise FormatError(message, path=path, line=error.lineno, column=error.offset) from error
    except (RecursionError, MemoryError) as error:
        raise FormatError("nested too deeply", path=path) from error
    except ValueError as error:  # NUL bytes, or bytes that are no text
        raise FormatError(f"not valid Python: {error}", path=path) from error


def _constants(body: Sequence[ast.stmt]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, node in _named(body, own=False):
        if isinstance(node, list):
            result[name] = _constants(node)
            continue
        try:
            result[name] = ast.literal_eval(node)
        except (ValueError, TypeError, RecursionError, MemoryError):
            continue  # computed, so no constant
    return result


def _named(body: Sequence[ast.stmt], *, own: bool) -> Iterator[tuple[str, ast.expr | list[ast.stmt]]]:
    """Give names with their value, or with the body of a class.  own: only those of self."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name, statement.body
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from _named(statement.body, own=True)
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            yield from ((name, statement.value) for name in _target(statement.targets[0], own=own))
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            value = statement.value
            yield from ((name, value) for name in _target(statement.target, own=own))


def _target(target: ast.expr, *, own: bool) -> list[str]:
    if isinstance(target, ast.Name):
        return [] if own else [target.id]
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return [target.attr]
    return []


def _find(body: Sequence[ast.stmt], names: Sequence[str], path: str) -> ast.expr:
    node: ast.expr | list[ast.stmt] | None = list(body)
    for name in names:
        if isinstance(node, list):
            node = dict(_named(node, own=False)).get(name)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            node = next((v for k, v in pairs if isinstance(k, ast.Constant) and str(k.value) == name), None)
        else:
            node = None
    if node is None or isinstance(node, list):
        raise OverrideError(
            f"{path} has no constant {'.'.join(names)!r}",
            hint="in a Python file only constants that are there can be changed; edit the file for more",
        )
    return node

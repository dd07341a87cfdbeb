"""The product's own source files, as the tests about the product see them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"


@cache
def modules() -> dict[str, Path]:
    """Dotted name -> file, of every module of the package, sorted by name."""
    found = {_dotted(path): path for path in (SRC / "tiffin").rglob("*.py")}
    return dict(sorted(found.items()))


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"), filename=str(modules()[name]))


def exported(name: str) -> list[str] | None:
    """What the module's `__all__` lists, in order; None where it has none."""
    for node in tree(name).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            ):
                return list(ast.literal_eval(value))
    return None


def defined(name: str) -> set[str]:
    """Public names that the module itself makes at its top level: functions, classes, assignments.

    A constant of a private module is its own affair, whether or not it has an underscore too.
    """
    # TYPE_CHECKING = False stands where importing `typing` would take too long; the type checker knows the name.
    names = {found for found in _bound(tree(name).body) if not found.startswith("_")} - {"TYPE_CHECKING"}
    return names if is_public(name) else {found for found in names if not found.isupper()}


def imported(name: str) -> Iterator[tuple[str, int]]:
    """Absolute module names that the module imports anywhere, with line numbers; `from a import b` gives a and a.b."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def is_public(name: str) -> bool:
    """No part of the dotted name is private, `__main__` included."""
    return not any(part.startswith("_") for part in name.split("."))


def _dotted(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If(body=inner, orelse=other):
                yield from _bound(inner)
                yield from _bound(other)

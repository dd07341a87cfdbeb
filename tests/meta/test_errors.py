"""The tree drawn atop errors.py is the tree below it."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta import sources
from tiffin import errors


def _drawn() -> dict[str, str | None]:
    """Class name -> name of the class it hangs from, read off the drawing."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.lstrip("│├└─ ").split(" ", 1)[0]
        if name not in errors.__all__:
            continue
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        del path[depth:]
        parents[name] = path[-1] if path else None
        path.append(name)
    return parents


def _real() -> dict[str, str | None]:
    classes = {name: getattr(errors, name) for name in errors.__all__}
    return {name: cls.__base__.__name__ if cls is not errors.TiffinError else None for name, cls in classes.items()}


def test_the_drawn_tree_is_the_class_tree():
    assert _drawn() == _real()


def test_drawn_exit_codes_are_the_real_ones():
    for line in (errors.__doc__ or "").splitlines():
        words = line.lstrip("│├└─ ").replace("exit code", "").split()
        if len(words) > 1 and words[0] in errors.__all__ and words[1].isdigit():
            assert getattr(errors, words[0]).exit_code == int(words[1]), words[0]


def test_no_error_is_kept_off_the_list():
    defined = {
        name
        for name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, BaseException) and cls.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)


def test_a_hint_is_kept_apart_from_the_message():
    error = errors.RemoteMissing("no remote 'a' (known: b)", hint="add it with `tiffin remote add a URL`")
    assert str(error) == "no remote 'a' (known: b)"
    assert error.hint == "add it with `tiffin remote add a URL`"


def test_a_format_error_leads_with_its_place():
    assert str(errors.YamlError("broken", path="dvc.yaml", line=3, column=7)) == "dvc.yaml:3:7: broken"
    assert str(errors.YamlError("broken", path="dvc.yaml", line=3)) == "dvc.yaml:3: broken"
    assert str(errors.YamlError("broken", path="dvc.yaml")) == "dvc.yaml: broken"


def _raised(name: str) -> Iterator[tuple[str, ast.expr | None, int]]:
    """(error class, its message expression, line) of every `raise` of ours in a module."""
    for node in ast.walk(sources.tree(name)):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=cls), args=args), lineno=line) if cls in errors.__all__:
                yield cls, args[0] if args else None, line


def _ending(message: ast.expr | None) -> str:
    match message:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(text))]):
            return text
    return ""


@pytest.mark.parametrize("name", sources.modules())
def test_messages_are_one_line_without_a_full_stop(name):
    for cls, message, line in _raised(name):
        # The line a person sees is "ERROR: message", and a hint may follow it.
        assert not _ending(message).endswith((".", "\n")), f"{name}:{line} {cls}"


def test_every_error_is_made_somewhere():
    calls = (node for name in sources.modules() for node in ast.walk(sources.tree(name)) if isinstance(node, ast.Call))
    raised = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    leaves = {name for name in errors.__all__ if not getattr(errors, name).__subclasses__()}
    assert not (unused := leaves - raised), f"in the tree, but nothing makes them: {sorted(unused)}"


def test_every_error_has_a_test(repository):
    here = Path(__file__)
    text = "\n".join(path.read_text(encoding="utf-8") for path in repository.glob("tests/**/*.py") if path != here)
    leaves = {name for name in errors.__all__ if not getattr(errors, name).__subclasses__()}
    assert not (untested := {name for name in leaves if name not in text}), f"no test names {sorted(untested)}"

"""Public is what `__all__` says, and what is public explains itself."""

import ast
import importlib
import inspect

import pytest

from tests.meta import sources

# __main__ is run, never imported.
MODULES = [name for name in sources.modules() if not name.endswith("__main__")]


@pytest.mark.parametrize("name", MODULES)
def test_all_lists_what_the_module_offers(name):
    exported = sources.exported(name)
    assert exported is not None, f"{name} has no __all__"
    assert len(set(exported)) == len(exported), f"{name}.__all__ lists a name twice"
    module = importlib.import_module(name)
    absent = [entry for entry in exported if not hasattr(module, entry)]
    assert not absent, f"{name}.__all__ lists what the module lacks: {absent}"
    unlisted = sources.defined(name) - set(exported)
    assert not unlisted, f"{name} defines public names that __all__ does not list: {sorted(unlisted)}"


@pytest.mark.parametrize("name", [name for name in MODULES if sources.is_public(name)])
def test_public_names_are_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    bare = [
        entry
        for entry in sources.exported(name) or ()
        if (inspect.isroutine(value := getattr(module, entry)) or inspect.isclass(value)) and not value.__doc__
    ]
    assert not bare, f"{name}: no docstring on {bare}"


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_and_classes_have_docstrings_of_their_own(name):
    exported = set(sources.exported(name) or ())
    bare = [
        node.name
        for node in sources.tree(name).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in exported and not ast.get_docstring(node)
    ]
    assert not bare, f"{name}: no docstring on {bare}"

"""Every command can be found, loaded alone, and explains itself."""

import dataclasses
import importlib
import inspect

import pytest

from tiffin.cli import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_line_in_the_list(name):
    line = COMMANDS[name].help
    assert line
    assert "\n" not in line
    assert line[0].isupper(), f"{name}: {line!r} should start as a sentence does"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_an_options_dataclass_and_run(name):
    module = importlib.import_module(COMMANDS[name].module)
    options = module.Options
    assert dataclasses.is_dataclass(options)
    # A dataclass without a docstring is given its signature as one.
    assert options.__doc__, f"{name}: no help text"
    assert not options.__doc__.startswith("Options("), f"{name}: no help text"
    assert list(inspect.signature(module.run).parameters)[:2] == ["options", "ui"], name

"""Every command can be found, loaded alone, and explains itself."""

import importlib
import inspect
from typing import get_args

import pytest

from tiffin.cli._table import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_line_in_the_list(name):
    line = COMMANDS[name].help
    assert "\n" not in line
    assert line[:1].isupper(), f"{name}: {line!r} should read as a sentence"
    assert line.endswith("."), f"{name}: {line!r} should read as a sentence"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_options_and_run(name):
    module = importlib.import_module(COMMANDS[name].module)
    # A command without options leaves them unread, as `_options`.
    assert [parameter.lstrip("_") for parameter in inspect.signature(module.run).parameters] == ["options", "ui"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name):
    options = importlib.import_module(COMMANDS[name].module).Options
    assert options.__doc__
    # A tuple without a docstring is given its signature as one.
    assert not options.__doc__.startswith("Options("), f"{name}: no help text"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_explains_itself(name):
    options = importlib.import_module(COMMANDS[name].module).Options
    for field, annotation in inspect.get_annotations(options).items():
        assert get_args(annotation)[1].help, f"{name}: {field} has no help text"

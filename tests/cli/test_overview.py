"""`tiffin --help`: every command or its group has its line, under a heading."""

from tiffin.cli import _overview
from tiffin.cli._table import COMMANDS, GROUPS, HIDDEN


def test_every_command_is_under_a_heading():
    placed = [name for names in _overview.SECTIONS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert not {name.split(" ")[0] for name in COMMANDS if name not in HIDDEN}.difference(placed)


def test_every_group_says_what_it_is_for():
    groups = {name.split(" ")[0] for name in COMMANDS if " " in name}
    assert groups == set(GROUPS)


def test_the_overview_fits_a_terminal():
    lines = _overview.overview().splitlines()
    assert max(map(len, lines)) <= 120
    assert not [line for line in lines if any(f" {name} " in line for name in HIDDEN)]


def test_a_group_lists_its_commands():
    lines = _overview.group_overview("remote").splitlines()
    assert lines[0] == GROUPS["remote"]
    assert lines[2].startswith("  tiffin remote add ")

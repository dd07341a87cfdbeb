"""Commands whose tables are wider than the terminal."""

import json
import sys

import pytest

from tests.repo.conftest import Sandbox
from tiffin.cli._table_text import width


@pytest.fixture
def terminal(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A terminal of 60 columns, and a project with 40 parameters and as many metrics."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("PAGER", "cat")
    sandbox.write("dvc.yaml", "metrics: [m.json]\nparams: [params.yaml]\n")
    sandbox.write("m.json", json.dumps({f"metric_{at}": at for at in range(40)}))
    sandbox.write("params.yaml", "".join(f"parameter_{at}: {'x' * at}\n" for at in range(1, 41)))
    sandbox.commit("one")
    sandbox.write("m.json", json.dumps({f"metric_{at}": at * at for at in range(40)}))
    sandbox.write("params.yaml", "".join(f"parameter_{at}: {'y' * at}\n" for at in range(1, 41)))
    return sandbox


COMMANDS = [
    ("metrics", "show"),
    ("metrics", "show", "-a"),
    ("metrics", "diff"),
    ("params", "diff"),
    ("exp", "show"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal(
    terminal: Sandbox, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    piped = terminal.tiffin(*command).out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    shown = terminal.tiffin(*command).out
    notes = ("Left out", "--")
    assert max(width(line) for line in shown.splitlines() if not line.startswith(notes)) <= 60
    assert "everything" not in piped
    assert max(map(len, piped.splitlines())) > 60 or command == ("metrics", "diff")


def test_machine_readable_tables_are_whole_on_a_terminal_too(
    terminal: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [(*command, form) for command in COMMANDS for form in ("--md", "--json")] + [("exp", "show", "--csv")]
    piped = [terminal.tiffin(*form).out for form in forms]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert [terminal.tiffin(*form).out for form in forms] == piped


def test_experiments_are_named_and_the_same_columns_left_out(
    terminal: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.git("checkout", "-q", "params.yaml")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = terminal.tiffin("exp", "show").out
    assert "Experiment →   workspace   main" in out
    assert "Left out, the same in all rows: 42 columns (metric_0, metric_1, parameter_1, ...)." in out
    assert out.endswith("--csv, --md, --json and a pipe get everything.\n")

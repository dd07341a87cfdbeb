"""Tables that are larger than the terminal."""

import subprocess
import sys

import pytest

from tiffin.cli._ui import Context, Ui

WIDE = f"{'x' * 300}\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that were started for a page, on a terminal."""
    commands: list[list[str]] = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    return commands


def test_long_lines_are_cut_by_a_pager_that_moves_sideways(started: list[list[str]]) -> None:
    Ui(Context(".", {})).page(WIDE)
    assert started == [["less", "--chop-long-lines", "--RAW-CONTROL-CHARS", "--no-init"]]


def test_the_pager_can_be_chosen(started: list[list[str]]) -> None:
    Ui(Context(".", {"PAGER": "more -s"})).page(WIDE)
    assert started == [["more", "-s"]]


def test_without_a_pager_lines_are_whole(started: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    Ui(Context(".", {})).page(WIDE, pager=False)
    Ui(Context(".", {})).page("short\n")
    assert capsys.readouterr().out == f"{WIDE}short\n"
    assert started == []

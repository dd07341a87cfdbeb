"""The comparison itself: one wrong byte in a writer must turn a scenario red."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import TwinRepos


def _tracking(twins: TwinRepos) -> None:
    twins.write("data", "1")
    twins.both("add", "data")


def _changed(twins: TwinRepos) -> None:
    _tracking(twins)
    twins.write("data", "22")
    twins.both("status", "--json")


def _pipeline(twins: TwinRepos) -> None:
    twins.both("stage", "add", "-n", "s", "-d", "in", "-o", "out", "cp in out")
    twins.write("in", "1")
    twins.both("repro")


def _settings(twins: TwinRepos) -> None:
    twins.both("config", "core.autostage", "true")


class Mutation(NamedTuple):
    """A function of tiffin, what to do to its answer, and the place where a scenario must then differ."""

    module: str
    function: str
    change: str
    scenario: Callable[[TwinRepos], None]
    place: str


MUTATIONS = [
    Mutation("tiffin.formats.dvcfile", "dump", ".replace('md5: ', 'md5:  ', 1)", _tracking, "file data.dvc:"),
    Mutation("tiffin.formats.lock_draft", "_block", ".replace('cmd: ', 'cmd:  ', 1)", _pipeline, "file dvc.lock:"),
    Mutation("tiffin.formats.lock", "dump_entry", "+ '\\n'", _pipeline, "store runs/"),
    Mutation("tiffin.formats.edit", "put_stage", ".replace('cmd: ', 'cmd:  ', 1)", _pipeline, "file dvc.yaml:"),
    Mutation("tiffin.scm._ignore", "_line", "+ ' '", _tracking, "file .gitignore:"),
    Mutation("tiffin.config._edit", "render", ".replace('    ', '   ', 1)", _settings, "file .dvc/config:"),
    Mutation("json", "dumps", ".replace('modified', 'Modified')", _changed, "JSON differs"),
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.place)
def test_one_wrong_byte_is_found(their_tool: Tool, twins: TwinRepos, tmp_path: Path, mutation: Mutation) -> None:
    module, function, change, scenario, place = mutation
    prelude = (
        f"import {module} as module\n"
        f"original = module.{function}\n"
        f"module.{function} = lambda *given, original=original, **named: original(*given, **named){change}\n"
    )
    broken = Tool("tiffin.cli", prelude)
    try:
        with pytest.raises(AssertionError) as caught:
            scenario(TwinRepos(their_tool, broken, tmp_path))
    finally:
        broken.close()
    assert place in str(caught.value)


@pytest.mark.parametrize("change", ["content", "mode", "link", "extra", "object", "ref"])
def test_one_changed_file_is_found(twins: TwinRepos, change: str) -> None:
    twins.write("data", "1")
    twins.both("add", "data", but=("git index",))
    repo = twins.ours.repo
    if change == "content":
        (repo / "data").write_text("2")
    elif change == "mode":
        (repo / "data").chmod(0o744)
    elif change == "link":
        (repo / "data").unlink()
        (repo / "data").hardlink_to(next((repo / ".dvc" / "cache").rglob("c4/*")))
    elif change == "extra":
        (repo / "more").write_text("")
    elif change == "object":
        next((repo / ".dvc" / "cache").rglob("c4/*")).chmod(0o644)
    else:
        (repo / ".git" / "refs" / "heads" / "new").write_bytes((repo / ".git" / "refs" / "heads" / "main").read_bytes())
    with pytest.raises(AssertionError, match="now:"):
        twins.compare()

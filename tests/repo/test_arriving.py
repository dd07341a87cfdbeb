"""Directories that a killed `import`, `get` or `add --out` left half there: the same command goes on, users' files stay."""

import json
import os
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.fs.replacing import beside, clear_beside, is_beside

DEAD = 2**22 + 1  # more than any process has


@pytest.fixture
def source(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A directory outside of the repository."""
    for name in ("a", "b"):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / name).write_text(name)
    return tmp_path / "source"


def leave_half(box: Sandbox, path: str, *names: str) -> None:
    """As a kill leaves it."""
    for name in names:
        box.write(f"{path}/{name}", name)
    (box.root / ".dvc/tmp/tiffin").mkdir(parents=True, exist_ok=True)
    box.write(".dvc/tmp/tiffin/arriving", f"{json.dumps(path)}\n")


def test_a_half_directory_is_made_whole(sandbox: Sandbox, source: Path) -> None:
    leave_half(sandbox, "new", "a")
    sandbox.tiffin("import-url", str(source), "new")
    assert sandbox.tree("new") == {"a": "a", "b": "b"}
    # From now on it is data like other data.
    assert "lies inside 'new'" in sandbox.tiffin("import-url", str(source), "new", code=1).err


def test_what_the_user_put_into_a_half_directory_stays(sandbox: Sandbox, source: Path) -> None:
    leave_half(sandbox, "new", "a")
    sandbox.write("new/mine", "mine")
    assert (
        "'new/mine' has changes that are stored nowhere else"
        in sandbox.tiffin("import-url", str(source), "new", code=1).err
    )
    assert sandbox.read("new/mine") == "mine"


def test_a_copy_that_was_edited_is_not_replaced(sandbox: Sandbox, source: Path) -> None:
    leave_half(sandbox, "new", "a", "b")
    sandbox.write("new/a", "edited")
    answer = sandbox.tiffin("add", str(source), "--out", "new", code=1)
    assert answer.err == "ERROR: 'new' exists already\nhint: use -f to replace it\n"
    assert sandbox.read("new/a") == "edited"
    sandbox.write("new/a", "a")
    sandbox.tiffin("add", str(source), "--out", "new")
    assert sandbox.exists("new.dvc")


def test_a_half_directory_is_no_new_data(sandbox: Sandbox, source: Path) -> None:
    leave_half(sandbox, "new", "a")
    sandbox.write("new/a", "x" * (2 << 20))
    assert sandbox.tiffin("add", ".").out.startswith("Nothing here is larger")


def test_an_unreadable_list_makes_everything_the_users(sandbox: Sandbox, source: Path) -> None:
    leave_half(sandbox, "new", "a")
    sandbox.write(".dvc/tmp/tiffin/arriving", "{")
    sandbox.tiffin("import-url", str(source), "new")
    assert sandbox.tree("new/source") == {"a": "a", "b": "b"}


# ---- what is beside a path


@pytest.mark.parametrize("name", ["new", "n" * 255, "é" * 127])
def test_names_beside_a_path_are_known_and_short_enough(tmp_path: Path, name: str) -> None:
    for kind in ("tmp", "old"):
        place = beside(str(tmp_path / name), kind)
        assert is_beside(Path(place).name)
        Path(f"{place}.objects" if kind == "tmp" else place).touch()
    clear_beside(str(tmp_path / name))  # what has our number is of an earlier process
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_others_write_beside_a_path_stays(tmp_path: Path) -> None:
    names = [f"new.tiffin-{os.getppid()}.tmp", f"other.tiffin-{DEAD}.tmp", "new.tiffin-x.tmp", f"new.tiffin-{DEAD}.txt"]
    for name in names:
        (tmp_path / name).touch()
    clear_beside(str(tmp_path / "new"))
    assert {file.name for file in tmp_path.iterdir()} == set(names)


def test_what_had_given_way_comes_back_before_a_download_is_repeated(sandbox: Sandbox, source: Path) -> None:
    sandbox.write(f"source.tiffin-{DEAD}.old/mine", "mine")
    sandbox.write(f"source.tiffin-{DEAD}.tmp/a", "half")
    answer = sandbox.tiffin("get-url", str(source), code=1)
    assert "'source' exists already" in answer.err
    assert sandbox.tree("source") == {"mine": "mine"}
    assert not sandbox.exists(f"source.tiffin-{DEAD}.tmp")


def test_add_everything_leaves_half_copies_out(sandbox: Sandbox) -> None:
    sandbox.write(f"new.tiffin-{DEAD}.tmp/a", "x" * (2 << 20))
    assert sandbox.tiffin("add", ".").out.startswith("Nothing here is larger")


@pytest.mark.parametrize("name", ["tiffin-1.tmp", "a.tiffin-.tmp", "a.tiffin-1-2.tmp", ".tiffin-1-2-3.tmp", "a.tmp"])
def test_names_of_users_are_not_taken_for_ours(name: str) -> None:
    assert not is_beside(name)


def test_a_directory_that_cannot_be_copied_is_named(sandbox: Sandbox, source: Path) -> None:
    os.mkfifo(source / "pipe")
    answer = sandbox.tiffin("add", str(source), "--out", "new", code=1)
    assert "is a named pipe" in answer.err
    assert not [path.name for path in sandbox.root.iterdir() if "new" in path.name]

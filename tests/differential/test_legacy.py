"""Repositories that DVC 2 wrote: read, kept as they are, brought to the form of 3.x where something changes."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.peer.legacy import CASES, legacy_id, listing_of_dvc2, track_as_dvc2, write_object
from tests.peer.twins import TwinRepos

DIRECTORY = {"crlf": CASES["crlf"], "sub/lf": b"else\n", "sub/binary": CASES["binary"], "empty": b""}


def _ordered(answer: Any) -> Any:
    """DVC lists paths in the order of a set."""
    return {name: sorted(value, key=str) for name, value in answer.items()}


@pytest.fixture
def old(twins: TwinRepos) -> TwinRepos:
    """Twins with a file and a directory tracked by DVC 2, and a remote that has nothing."""

    def seed(repo: Path) -> None:
        track_as_dvc2(repo, "text", CASES["two crs"])
        track_as_dvc2(repo, "data", DIRECTORY)

    twins.each(seed)
    twins.both("remote", "add", "-d", "origin", "../remote")
    twins.commit("as DVC 2 left it")
    return twins


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_text_is_clean(twins: TwinRepos, case: str) -> None:
    twins.each(lambda repo: track_as_dvc2(repo, "file", CASES[case]))
    twins.each(lambda repo: track_as_dvc2(repo, "data", {"a": CASES[case], "b/c": b"c"}))
    assert twins.both("status", "--json") == {}
    twins.remove("file", "data")
    twins.both("checkout")
    assert twins.both("status", "--json") == {}
    twins.swap()


def test_what_did_not_change_stays(old: TwinRepos) -> None:
    old.both("commit")
    old.both("commit", "-f")
    old.both("add", "text", "data")
    assert old.both("status", "--json") == {}
    old.swap()


def test_what_changed_is_written_anew(old: TwinRepos) -> None:
    old.write("text", b"three\r\n")
    old.write("data/sub/lf", b"three\r\n")
    # DVC's `status` leaves the listing of what it saw in the cache.
    seen = legacy_id(listing_of_dvc2({**DIRECTORY, "sub/lf": b"three\r\n"})) + ".dir"
    but = (f"store {seen[:2]}/{seen[2:]}",)
    old.both("status", "--json", but=but)
    old.both("data", "status", "--granular", "--unchanged", "--json", mask=_ordered, but=but)
    old.both("diff", "--json", "--show-hash", mask=_ordered, but=but)
    old.both("add", "text", but=but)
    old.both("commit", "-f", "data.dvc", but=but)
    assert old.both("status", "--json", but=but) == {}
    old.swap()
    old.commit("3.x")
    old.git("checkout", "-q", "HEAD~1")
    old.both("checkout", "--force", but=but)
    assert old.both("status", "--json", but=but) == {}
    old.git("checkout", "-q", "main")
    old.both("checkout", "--force", but=but)
    assert old.both("status", "--json", but=but) == {}


def test_push_and_pull(old: TwinRepos) -> None:
    old.both("status", "--cloud", "--json")
    old.both("push")
    old.both("status", "--cloud", "--json")
    old.each(lambda repo: shutil.rmtree(repo / ".dvc" / "cache"))
    old.remove("text", "data")
    old.both("status", "--json")
    old.both("data", "status", "--not-in-remote", "--json", mask=_ordered)
    old.both("fetch", "text.dvc")
    old.both("fetch", "data/sub")
    old.both("pull")
    assert old.both("status", "--json") == {}
    old.swap()


def test_missing_objects(old: TwinRepos) -> None:
    oid = legacy_id(DIRECTORY["sub/lf"])
    old.remove(f".dvc/cache/{oid[:2]}/{oid[2:]}")
    old.both("status", "--json")
    old.both("data", "status", "--granular", "--json", mask=_ordered)
    old.remove("data/sub/lf")
    old.both("checkout", "data.dvc", code=None, state=False)


def test_old_and_new_side_by_side(old: TwinRepos) -> None:
    old.write("new", CASES["crlf"])
    old.both("add", "new")
    old.both("push")
    old.each(lambda repo: shutil.rmtree(repo / ".dvc" / "cache"))
    old.remove("text", "data", "new")
    old.both("pull")
    assert old.both("status", "--json") == {}
    old.swap()


def test_links(old: TwinRepos) -> None:
    for kind in ("hardlink", "symlink", "copy"):
        old.both("config", "cache.type", kind)
        old.both("checkout", "--relink")
        assert old.both("status", "--json") == {}


def _pipeline(repo: Path) -> None:
    (repo / "source").write_bytes(CASES["crlf"])
    (repo / "result").write_bytes(CASES["crlf"])
    (repo / "table").write_bytes(CASES["crlf"])
    oid = write_object(repo / ".dvc" / "cache", CASES["crlf"])
    size = len(CASES["crlf"])
    (repo / "dvc.yaml").write_text(
        "stages:\n  one:\n    cmd: cp source result\n    deps:\n    - source\n    outs:\n    - result\n"
        "  two:\n    cmd: cp result table\n    deps:\n    - result\n    outs:\n    - table\n"
    )
    (repo / "dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  one:\n    cmd: cp source result\n"
        f"    deps:\n    - path: source\n      md5: {oid}\n      size: {size}\n"
        f"    outs:\n    - path: result\n      md5: {oid}\n      size: {size}\n"
        "  two:\n    cmd: cp result table\n"
        f"    deps:\n    - path: result\n      md5: {oid}\n      size: {size}\n"
        f"    outs:\n    - path: table\n      md5: {oid}\n      size: {size}\n"
    )
    (repo / ".gitignore").write_text("/result\n/table\n")


def test_a_pipeline(twins: TwinRepos) -> None:
    twins.each(_pipeline)
    twins.commit("as DVC 2 left it")
    assert twins.both("status", "--json") == {}
    twins.both("repro")
    twins.both("commit", "-f")
    twins.remove("result")
    twins.both("repro")
    twins.both("repro", "-f", "one")
    twins.write("source", b"other\r\n")
    twins.both("status", "--json")
    twins.both("repro")
    assert twins.both("status", "--json") == {}
    twins.swap()


def _other_repository(repo: Path) -> None:
    other = repo.parent / "other"
    (other / ".dvc").mkdir(parents=True)
    (other / ".dvc" / "config").touch()
    track_as_dvc2(other, "text", CASES["two crs"])
    track_as_dvc2(other, "data", DIRECTORY)
    for argv in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "as DVC 2 left it"]):
        subprocess.run(["git", *argv], cwd=other, check=True, capture_output=True)
    (other / "text").unlink()
    shutil.rmtree(other / "data")


def test_data_of_another_repository(twins: TwinRepos) -> None:
    twins.each(_other_repository)
    files = ("data.dvc", "mine.dvc")  # have the place of the other repository in them
    but = ("beside", *(f"{kind} {name}" for kind in ("file", "tree") for name in files))
    twins.both("get", "{home}/other", "data", "-o", "got", but=but)
    twins.both("get", "{home}/other", "text", but=but)
    twins.both("import", "{home}/other", "data", but=but)
    twins.both("import", "{home}/other", "text", "-o", "mine", but=but)
    for name in files:
        theirs, ours = ((side.repo / name).read_text().partition("outs:")[2] for side in twins.sides)
        assert ours == theirs
    assert twins.both("status", "--json", but=but) == {}


def test_migrating(old: TwinRepos) -> None:
    old.write("new", "x")
    old.both("add", "new")
    old.both("cache", "migrate", "--dry", text=True)
    old.both("cache", "migrate", text=True)
    old.both("cache", "migrate", text=True)
    assert old.both("status", "--json") == {}
    old.both("cache", "migrate", "--dvc-files", "--dry", text=True)
    old.both("cache", "migrate", "--dvc-files")
    assert old.both("status", "--json") == {}
    old.both("cache", "migrate", "--dvc-files", text=True)
    old.swap()


def test_migrating_a_pipeline(twins: TwinRepos) -> None:
    twins.each(_pipeline)
    twins.both("cache", "migrate", "--dvc-files", "--dry", text=True)
    twins.both("cache", "migrate", "--dvc-files")
    assert twins.both("status", "--json") == {}
    twins.both("repro")
    twins.swap()


def test_nothing_to_migrate(twins: TwinRepos) -> None:
    twins.both("cache", "migrate", "--dvc-files", text=True)
    twins.both("cache", "migrate", "--dvc-files", "--dry", text=True)

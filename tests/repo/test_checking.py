"""`fsck`: what is harmed is found, kept aside, repaired, and told with the paths that need it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.repo.conftest import Sandbox

STORE = ".dvc/cache/files/md5"
ONE = "c4ca4238a0b923820dcc509a6f75849b"  # of "1"


@pytest.fixture
def pushed(sandbox: Sandbox) -> Sandbox:
    """A directory and a file, at two remotes too."""
    sandbox.write("data/a", "1")
    sandbox.write("data/b", "2")
    sandbox.write("file", "3")
    sandbox.write("copy", "1")
    sandbox.tiffin("add", "data", "file", "copy")
    for name in ("first", "second"):
        sandbox.tiffin("remote", "add", name, str(sandbox.root.parent / name))
        sandbox.tiffin("push", "-r", name)
    return sandbox


def harm(sandbox: Sandbox, oid: str = ONE, store: str = STORE) -> Path:
    """Change an object's bytes."""
    path = sandbox.root / store / oid[:2] / oid[2:]
    path.chmod(0o644)
    path.write_text("harmed")
    path.chmod(0o444)
    return path


def checked(sandbox: Sandbox, *arguments: str, code: int = 1) -> dict[str, Any]:
    """What fsck says of the first store."""
    found: dict[str, Any] = json.loads(sandbox.tiffin("fsck", "--json", *arguments, code=code).out)[0]
    return found


def test_a_sound_cache(pushed: Sandbox) -> None:
    answer = pushed.tiffin("fsck").out.replace(str(pushed.root), "REPO")
    assert answer == snapshot("4 objects, 125 bytes in REPO/.dvc/cache/files/md5\nAll objects are sound.\n")
    assert checked(pushed, code=0)["sound"]


def test_a_harmed_object_is_repaired_and_its_old_bytes_are_kept(pushed: Sandbox) -> None:
    path = harm(pushed)
    (found,) = checked(pushed)["harmed"]
    assert found["oid"] == ONE
    assert found["repaired_from"] == "first"
    assert found["tracked"] == ["copy", "data/a"]
    assert Path(found["quarantine"]).read_text() == "harmed"
    assert path.read_text() == "1"
    assert path.stat().st_mode & 0o777 == 0o444
    assert checked(pushed, code=0)["harmed"] == []


def test_only_the_named_remote_is_asked(pushed: Sandbox) -> None:
    harm(pushed)
    (found,) = checked(pushed, "-r", "second")["harmed"]
    assert found["repaired_from"] == "second"


def test_a_remote_that_is_harmed_too_is_passed_over(pushed: Sandbox) -> None:
    harm(pushed)
    harm(pushed, store="../first/files/md5")
    (found,) = checked(pushed)["harmed"]
    assert found["repaired_from"] == "second"


def test_what_no_remote_has_is_set_aside(pushed: Sandbox) -> None:
    for name in ("first", "second"):
        shutil.rmtree(pushed.root.parent / name)
    path = harm(pushed)
    answer = pushed.tiffin("fsck", code=1).out.replace(str(pushed.root), "REPO")
    assert answer == snapshot("""\
4 objects, 130 bytes in REPO/.dvc/cache/files/md5
harmed:
  c4ca4238a0b923820dcc509a6f75849b: its bytes do not match its id; no remote has it, its bytes are in \
REPO/.dvc/cache/tiffin/quarantine/c4ca4238a0b923820dcc509a6f75849b
    copy
    data/a
""")
    assert not path.exists()
    harmed_again = pushed.root / STORE / ONE[:2] / ONE[2:]
    harmed_again.write_text("again")
    checked(pushed)
    aside = sorted((pushed.root / ".dvc/cache/tiffin/quarantine").iterdir())
    assert [path.read_text() for path in aside] == ["harmed", "again"]


def test_dry_changes_nothing(pushed: Sandbox) -> None:
    path = harm(pushed)
    (found,) = checked(pushed, "--dry")["harmed"]
    assert (found["repaired_from"], found["quarantine"]) == (None, None)
    assert path.read_text() == "harmed"


def test_a_harmed_listing_is_repaired(pushed: Sandbox) -> None:
    listing = next(oid for oid in pushed.objects() if oid.endswith(".dir"))
    harm(pushed, listing)
    (found,) = checked(pushed)["harmed"]
    assert (found["oid"], found["repaired_from"], found["tracked"]) == (listing, "first", ["data"])
    pushed.objects()


def test_an_object_that_is_no_file_is_set_aside(pushed: Sandbox) -> None:
    path = pushed.root / STORE / ONE[:2] / ONE[2:]
    path.unlink()
    path.mkdir()
    (path / "inner").write_text("x")
    (found,) = checked(pushed)["harmed"]
    assert (Path(found["quarantine"]) / "inner").read_text() == "x"
    assert path.read_text() == "1"


def test_an_object_that_can_be_written_to_is_protected(pushed: Sandbox) -> None:
    path = pushed.root / STORE / ONE[:2] / ONE[2:]
    path.chmod(0o644)
    assert checked(pushed)["writable"] == [ONE]
    assert path.stat().st_mode & 0o777 == 0o444
    checked(pushed, code=0)


def test_data_that_was_not_fetched_is_told_and_no_fault(pushed: Sandbox) -> None:
    (pushed.root / STORE / ONE[:2] / ONE[2:]).unlink()
    found = checked(pushed, code=0)
    assert list(found["incomplete"].values()) == [[ONE]]
    assert "(fetch brings the rest)" in pushed.tiffin("fsck").out


def test_a_remote_is_repaired_from_the_cache(pushed: Sandbox) -> None:
    harm(pushed, store="../first/files/md5")
    two = pushed.root.parent / "first/files/md5/c8/1e728d9d4c2f636f067f89cc14862c"
    two.unlink()
    found = checked(pushed, "-c", "-r", "first")
    assert [harmed["repaired_from"] for harmed in found["harmed"]] == ["cache"]
    assert found["completed"] == [two.parent.name + two.name]
    assert two.read_text() == "2"
    assert checked(pushed, "-c", "-r", "first", code=0)["sound"]


def test_what_is_no_object_is_told(pushed: Sandbox) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    for name in ("junk", "c4/short", f"c4/.tiffin-{ended.pid}-0.tmp"):
        (pushed.root / STORE / name).write_text("x")
    found = checked(pushed, code=0)
    assert found["strangers"] == [f"c4/.tiffin-{ended.pid}-0.tmp", "c4/short", "junk"]  # the first is too young to go


def test_objects_of_dvc_2_have_their_own_hash(pushed: Sandbox) -> None:
    path = pushed.root / ".dvc/cache/9a/0364b9e99bb480dd25e1f0284c8555"  # of "content" with LF
    path.parent.mkdir()
    path.write_text("content")
    path.chmod(0o444)
    found = json.loads(pushed.tiffin("fsck", "--json").out)
    assert [(store["objects"], store["harmed"]) for store in found] == [(4, []), (1, [])]
    path.chmod(0o644)
    path.write_text("changed")
    assert len(json.loads(pushed.tiffin("fsck", "--json", code=1).out)[1]["harmed"]) == 1


def test_a_remote_that_is_not_set_up_is_an_error_even_if_all_is_sound(pushed: Sandbox) -> None:
    assert "no remote 'nope'" in pushed.tiffin("fsck", "-r", "nope", code=251).err

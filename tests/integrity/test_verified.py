"""A corrupt object never reaches a workspace, whatever files are made of objects."""

import shutil
from pathlib import Path

import pytest

from tests.integrity.conftest import Objects
from tests.repo.conftest import Sandbox

SMALL = b"small"
LARGE = b"large" * 50_000
LINKS = ["copy", "hardlink", "symlink", "reflink,copy"]


def tracked(sandbox: Sandbox, link: str) -> None:
    """Two files and a directory are tracked, and gone from the workspace."""
    sandbox.tiffin("config", "cache.type", link)
    (sandbox.root / "data").mkdir()
    for name, body in (("small", SMALL), ("large", LARGE), ("sound", b"sound")):
        (sandbox.root / "data" / name).write_bytes(body)
    sandbox.write("file", "file")
    sandbox.write("other", "other")
    sandbox.tiffin("add", "data", "file", "other")
    shutil.rmtree(sandbox.root / "data")
    for name in ("file", "other"):
        (sandbox.root / name).unlink()


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_checkout_refuses_a_damaged_object_and_places_the_rest(
    sandbox: Sandbox, objects: Objects, link: str, body: bytes
) -> None:
    tracked(sandbox, link)
    bad = objects.damage(body)
    answer = sandbox.tiffin("checkout", code=255)
    name = "small" if body == SMALL else "large"
    oid = bad.parent.name + bad.name
    assert f"object {oid} in " in answer.err
    assert f"does not match its id: '{name}' not written" in answer.err
    assert "tiffin fsck" in answer.err
    assert {path.name for path in (sandbox.root / "data").iterdir()} == {"small", "large", "sound"} - {name}
    assert sandbox.read("data/sound") == "sound"
    assert (sandbox.read("file"), sandbox.read("other")) == ("file", "other")
    assert bad.exists()  # reported, and left to the user


@pytest.mark.parametrize("link", LINKS)
def test_the_file_that_was_there_stays_when_its_new_object_is_damaged(
    sandbox: Sandbox, objects: Objects, link: str
) -> None:
    sandbox.tiffin("config", "cache.type", link)
    for text in ("first", "second"):
        if sandbox.exists("file"):
            (sandbox.root / "file").unlink()
        sandbox.write("file", text)
        sandbox.tiffin("add", "file")
        sandbox.commit(text)
    sandbox.git("checkout", "--quiet", "HEAD^")
    objects.damage(b"first")
    sandbox.tiffin("checkout", code=255)
    assert sandbox.read("file") == "second"


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_an_object_written_to_through_its_link_is_found_out(sandbox: Sandbox, objects: Objects, link: str) -> None:
    sandbox.tiffin("config", "cache.type", link)
    sandbox.write("file", "content")
    sandbox.tiffin("add", "file")
    objects.damage(b"content")  # as a program with the file open for writing would
    (sandbox.root / "file").unlink()
    answer = sandbox.tiffin("checkout", code=255)
    assert "does not match its id" in answer.err
    assert not sandbox.exists("file")


def test_a_pull_repairs_what_was_removed_after_it_was_found_damaged(sandbox: Sandbox, objects: Objects) -> None:
    tracked(sandbox, "copy")
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    sandbox.tiffin("push")
    objects.damage(SMALL).unlink()
    sandbox.tiffin("pull")
    assert (sandbox.root / "data/small").read_bytes() == SMALL


def test_add_stores_again_what_a_power_failure_has_emptied(sandbox: Sandbox, objects: Objects) -> None:
    sandbox.write("data/a", "a")
    sandbox.write("data/b", "content")
    sandbox.write("file", "file")
    sandbox.tiffin("add", "data", "file")
    for body in (b"content", b"file"):
        objects.path(body).chmod(0o644)
        objects.path(body).write_bytes(b"")
        objects.path(body).chmod(0o444)
    sandbox.tiffin("add", "data", "file")
    assert objects.path(b"content").read_bytes() == b"content"
    assert objects.path(b"file").read_bytes() == b"file"


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_many_links_to_one_object_are_made_at_once(sandbox: Sandbox, link: str) -> None:
    sandbox.tiffin("config", "cache.type", link)
    for number in range(200):
        sandbox.write(f"data/{number}", "the same in all of them")
    sandbox.tiffin("add", "data")
    shutil.rmtree(sandbox.root / "data")
    sandbox.tiffin("checkout")
    assert set(sandbox.tree("data").values()) == {"the same in all of them"}
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


# ---- what the index knows of objects


def bytes_read(sandbox: Sandbox, *arguments: str) -> int:
    """How many bytes a command of this process asks for."""

    def so_far() -> int:
        return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])

    before = so_far()
    sandbox.tiffin(*arguments)
    return so_far() - before


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the kernel does not count what is read")
def test_a_link_to_an_object_that_is_known_to_be_sound_reads_nothing_unless_told_to(sandbox: Sandbox) -> None:
    size = 5_000_000
    sandbox.tiffin("config", "cache.type", "symlink")
    (sandbox.root / "file").write_bytes(bytes(size))
    sandbox.tiffin("add", "file")
    for _ in range(2):  # the first may come so soon after `add` that the clock proves nothing
        (sandbox.root / "file").unlink()
        read = bytes_read(sandbox, "checkout")
    assert read < size
    (sandbox.root / "file").unlink()
    sandbox.tiffin("config", "cache.verify", "true")
    assert bytes_read(sandbox, "checkout") >= size

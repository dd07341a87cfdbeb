"""Listings and objects from a stranger: nothing outside the output they belong to is touched."""

import json
import os
from pathlib import Path

import pytest

from tests.integrity.conftest import Objects
from tests.repo.conftest import Sandbox

BODY = b"from a stranger"


def list_in(objects: Objects, paths: list[str], output: str = "data") -> str:
    """Track an output whose listing names these paths; the id of the listing."""
    oid = objects.put(BODY)
    body = json.dumps([{"md5": oid, "relpath": path} for path in paths]).encode()
    listing = objects.put(body, ".dir")
    objects.box.write("data.dvc", f"outs:\n- md5: {listing}\n  hash: md5\n  path: {output}\n")
    return listing


def everything(sandbox: Sandbox) -> set[str]:
    """Every path in and beside the repository, but tiffin's own."""
    found = (path.relative_to(sandbox.root.parent).as_posix() for path in sandbox.root.parent.rglob("*"))
    return {path for path in found if not path.startswith(("repo/.dvc/tmp", "repo/.dvc/cache"))}


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["../escape"], '"." or ".." in path'),
        (["a/../../escape"], '"." or ".." in path'),
        (["."], '"." or ".." in path'),
        (["/absolute"], "absolute path"),
        ([""], "empty path"),
        (["a//b"], "empty part in path"),
        (["a/"], "empty part in path"),
        (["a\0b"], "NUL in path"),
        (["a", "a"], "path comes twice"),
        (["a", "a-b", "a/b"], "both a file and a directory"),
        (["\udc80"], "half of a surrogate pair"),
        ([".git/hooks/pre-commit"], "a directory of Git or DVC in path"),
        (["x/.GIT/config"], "a directory of Git or DVC in path"),
        ([".dvc/config"], "a directory of Git or DVC in path"),
    ],
)
@pytest.mark.parametrize("command", [("checkout", "--force"), ("push",), ("status",)])
def test_a_listing_that_leads_elsewhere_is_refused(
    sandbox: Sandbox, objects: Objects, paths: list[str], reason: str, command: tuple[str, ...]
) -> None:
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    listing = list_in(objects, paths)
    before = everything(sandbox)
    answer = sandbox.tiffin(*command, code=255 if command[0] == "checkout" else 1)
    assert listing in answer.err
    assert reason in answer.err
    assert everything(sandbox) - before <= {"remote"}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'[{"md5": "00", "relpath": "a", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}]",
        b'{"md5": 1}',
        b'[{"md5": "../../../etc/passwd", "relpath": "a"}]',
        b"\x80\x04\x95cos\nsystem\n",
        b"",
    ],
    ids=["open", "deep", "map", "id", "pickle", "nothing"],
)
def test_a_listing_that_is_none_is_refused(sandbox: Sandbox, objects: Objects, body: bytes) -> None:
    sandbox.write("data.dvc", f"outs:\n- md5: {objects.put(body, '.dir')}\n  hash: md5\n  path: data\n")
    assert "cannot be read" in sandbox.tiffin("checkout", code=255).err
    assert not sandbox.exists("data")


def test_a_listing_that_was_changed_does_not_match_its_id(sandbox: Sandbox, objects: Objects) -> None:
    listing = list_in(objects, ["a"])
    path = sandbox.root / ".dvc/cache/files/md5" / listing[:2] / listing[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"b"'))
    assert "does not match its id" in sandbox.tiffin("checkout", code=255).err
    assert not sandbox.exists("data")


# ---- links on the way


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory that is nobody's business, with a file in it."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "kept").write_text("kept", encoding="utf-8")
    return directory


def kept(outside: Path) -> bool:
    return {path.name: path.read_text("utf-8") for path in outside.iterdir()} == {"kept": "kept"}


@pytest.mark.parametrize("paths", [["link/new"], ["link/kept"], ["link/a/b"]])
def test_a_link_below_an_output_is_not_followed(
    sandbox: Sandbox, objects: Objects, outside: Path, paths: list[str]
) -> None:
    list_in(objects, paths)
    (sandbox.root / "data").mkdir()
    (sandbox.root / "data/link").symlink_to(outside)
    assert "link" in sandbox.tiffin("checkout", "--force", code=255).err
    assert kept(outside)


def test_a_file_below_a_link_is_not_written_through_it(sandbox: Sandbox, objects: Objects, outside: Path) -> None:
    (sandbox.root / "sub").symlink_to(outside)
    sandbox.write("data.dvc", f"outs:\n- md5: {objects.put(BODY)}\n  hash: md5\n  path: sub/kept\n")
    sandbox.tiffin("checkout", "--force", code=255)
    assert kept(outside)


def test_a_directory_below_a_link_is_not_written_through_it(sandbox: Sandbox, objects: Objects, outside: Path) -> None:
    (sandbox.root / "sub").symlink_to(outside)
    list_in(objects, ["new"], "sub/data")
    assert "'sub' is a symlink to a directory" in sandbox.tiffin("checkout", "--force", code=255).err
    assert kept(outside)


@pytest.mark.parametrize("command", [("checkout", "--force"), ("checkout",)])
def test_an_output_that_is_a_link_leaves_what_it_leads_to(
    sandbox: Sandbox, objects: Objects, outside: Path, command: tuple[str, ...]
) -> None:
    (sandbox.root / "data").symlink_to(outside)
    list_in(objects, ["new"])
    assert "'data' is a symlink to a directory" in sandbox.tiffin(*command, code=255).err
    assert kept(outside)


def test_a_part_of_an_output_that_is_a_link_leaves_what_it_leads_to(
    sandbox: Sandbox, objects: Objects, outside: Path
) -> None:
    list_in(objects, ["part/new"])
    (sandbox.root / "data").mkdir()
    (sandbox.root / "data/part").symlink_to(outside)
    assert "'data/part' is a symlink to a directory" in sandbox.tiffin("checkout", "data/part", code=255).err
    assert kept(outside)


# ---- objects that are no files


def test_an_object_that_is_a_link_is_refused(sandbox: Sandbox, objects: Objects, outside: Path) -> None:
    sandbox.write("data.dvc", f"outs:\n- md5: {objects.put(b'kept')}\n  hash: md5\n  path: data\n")
    path = objects.path(b"kept")
    path.unlink()
    path.symlink_to(outside / "kept")
    for links in ("copy", "hardlink", "symlink"):
        sandbox.tiffin("config", "cache.type", links)
        sandbox.tiffin("checkout", code=255)
        assert not os.path.lexists(sandbox.root / "data")
    assert kept(outside)
    assert (outside / "kept").stat().st_mode & 0o200


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_an_object_that_is_no_file_is_refused_and_not_waited_for(sandbox: Sandbox, objects: Objects, kind: str) -> None:
    sandbox.write("data.dvc", f"outs:\n- md5: {objects.put(BODY)}\n  hash: md5\n  path: data\n")
    path = objects.path(BODY)
    path.unlink()
    if kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert sandbox.tiffin("checkout", code=255).err.startswith("ERROR: cannot write ")
    assert not sandbox.exists("data")

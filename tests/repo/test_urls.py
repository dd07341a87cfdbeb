"""What tiffin does with URLs beyond DVC: nothing is lost, nothing unhashed is taken, and places are as one stands."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.fs.server import Web, serving
from tests.repo.conftest import Sandbox
from tiffin.fs import _attempts
from tiffin.fs.remote import receive
from tiffin.repo import importing_url


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_attempts, "FIRST_WAIT_S", 0.0005)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with serving(tmp_path / "web") as server:
        server.write("f", b"one")
        yield server


@pytest.fixture
def pushed(sandbox: Sandbox, web: Web) -> Sandbox:
    """Tracked data whose objects are on the server, and nowhere else."""
    for number in range(40):
        sandbox.write(f"data/{number % 3}/{number}", f"body {number}")
    sandbox.write("single", "single")
    sandbox.tiffin("add", "data", "single")
    sandbox.tiffin("remote", "add", "-d", "http", f"{web.url}/store")
    sandbox.tiffin("push")
    _remove(sandbox, ".dvc/cache", "data", "single")
    return sandbox


def _remove(box: Sandbox, *paths: str) -> None:
    for path in paths:
        shutil.rmtree(box.root / path) if (box.root / path).is_dir() else (box.root / path).unlink()


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_a_server_as_remote(pushed: Sandbox, web: Web) -> None:
    assert len(_files(web.root / "store")) == 42
    assert "42 files fetched" in pushed.tiffin("pull").out
    assert len(pushed.objects()) == 42
    assert pushed.read("data/1/1") == "body 1"
    assert all(
        path.stat().st_mode & 0o777 == 0o444 for path in (pushed.root / ".dvc/cache").rglob("*") if path.is_file()
    )
    web.requests.clear()
    assert pushed.tiffin("pull").out == "Everything is up to date.\n"
    assert not web.requests
    assert "in sync" in pushed.tiffin("status", "-c").out
    assert pushed.tiffin("push").out == "Everything is up to date.\n"


def test_many_objects_are_fetched_at_once(pushed: Sandbox, web: Web) -> None:
    web.delay_s = 0.05
    pushed.tiffin("fetch")
    assert web.most_at_once >= 8
    _remove(pushed, ".dvc/cache")
    web.most_at_once = 0
    pushed.tiffin("fetch", "-j", "2")
    assert web.most_at_once == 2


def test_an_object_that_was_changed_at_the_server_is_refused(pushed: Sandbox, web: Web) -> None:
    victim = next(path for path in sorted((web.root / "store").rglob("*")) if path.is_file() and path.suffix != ".dir")
    victim.chmod(0o644)
    victim.write_bytes(b"evil")
    answer = pushed.tiffin("pull", code=1)
    assert f"{victim.name} does not match its id; it was not copied" in answer.err
    assert b"evil" not in _files(pushed.root).values()
    assert not list((pushed.root / ".dvc/cache").rglob("*.dir"))
    pushed.objects()


def test_a_listing_is_published_only_when_its_files_are_there(pushed: Sandbox, web: Web) -> None:
    victim = next(path for path in sorted((web.root / "store").rglob("*")) if path.is_file() and path.suffix != ".dir")
    victim.unlink()
    answer = pushed.tiffin("fetch")
    assert "neither the cache nor the remote has 1 object(s)" in answer.err
    assert not list((pushed.root / ".dvc/cache").rglob("*.dir"))
    assert len(pushed.objects()) >= 39


def test_a_killed_fetch_is_repeated(pushed: Sandbox, web: Web) -> None:
    web.delay_s = 0.02
    process = subprocess.Popen([sys.executable, "-m", "tiffin", "fetch"], cwd=pushed.root)
    while len([path for path in (pushed.root / ".dvc/cache").rglob("??/*") if ".tiffin-" not in path.name]) < 5:
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    web.delay_s = 0
    for leftover in (pushed.root / ".dvc/cache").rglob(".tiffin-*.tmp"):
        leftover.unlink()
    assert 5 <= len(pushed.objects()) < 42
    assert "fetched" in pushed.tiffin("fetch").out
    assert len(pushed.objects()) == 42


def test_push_of_a_corrupt_object_sends_nothing(sandbox: Sandbox, web: Web) -> None:
    sandbox.write("single", "single")
    sandbox.tiffin("add", "single")
    (victim,) = (path for path in (sandbox.root / ".dvc/cache").rglob("*") if path.is_file())
    victim.chmod(0o644)
    victim.write_bytes(b"wrong!")
    sandbox.tiffin("remote", "add", "-d", "http", f"{web.url}/store")
    assert "does not match its id" in sandbox.tiffin("push", code=1).err
    assert not _files(web.root / "store")


def test_a_server_that_takes_nothing(sandbox: Sandbox, web: Web) -> None:
    sandbox.write("single", "single")
    sandbox.tiffin("add", "single")
    sandbox.tiffin("remote", "add", "-d", "http", f"{web.url}/store")
    web.refuses_writes = True
    assert "the server answered 405" in sandbox.tiffin("push", code=1).err


def test_a_path_is_as_seen_from_where_one_stands(sandbox: Sandbox) -> None:
    sandbox.write("../outside/a", "a")
    sandbox.write("sub/x", "")
    sandbox.tiffin("import-url", "../outside", "sub/copy")
    assert sandbox.read("sub/copy/a") == "a"
    assert "  path: ../../outside\n" in sandbox.read("sub/copy.dvc")
    sandbox.tiffin("import-url", "../../outside/a", "here", cd="sub")
    assert "  path: ../../outside/a\n" in sandbox.read("sub/here.dvc")
    assert sandbox.tiffin("update", "sub/copy.dvc").out == ""


def test_a_file_url_is_an_absolute_path(sandbox: Sandbox) -> None:
    file = sandbox.write("../outside/große#1", "a").resolve()
    sandbox.tiffin("import-url", f"file://{quote(str(file))}", "a")
    assert f"{file}\n" in sandbox.read("a.dvc")
    assert sandbox.tiffin("status", "--json").out == "{}\n"


def test_the_source_of_an_import_is_never_linked(sandbox: Sandbox) -> None:
    source = sandbox.write("../outside/a", "a")
    sandbox.tiffin("config", "cache.type", "hardlink")
    sandbox.tiffin("import-url", "../outside/a")
    assert source.stat().st_nlink == 1
    source.write_text("b")
    assert sandbox.read("a") == "a"
    sandbox.objects()


def test_an_import_that_was_changed_here_is_not_replaced(sandbox: Sandbox, web: Web) -> None:
    sandbox.tiffin("import-url", f"{web.url}/f")
    (sandbox.root / "f").write_text("mine")
    web.write("f", b"three")
    assert "'f' has changes that are stored nowhere else" in sandbox.tiffin("update", "f.dvc", code=1).err
    assert "stored nowhere else" in sandbox.tiffin("update", "--no-download", "f.dvc", code=1).err
    assert sandbox.read("f") == "mine"
    sandbox.tiffin("commit", "-f", "f.dvc")
    sandbox.tiffin("update", "f.dvc")
    assert sandbox.read("f") == "three"


def test_an_update_keeps_what_dvcignore_excludes(sandbox: Sandbox) -> None:
    source = sandbox.write("../outside/data/a", "a").parent
    sandbox.tiffin("import-url", str(source), "data")
    sandbox.write(".dvcignore", "*.keep\n")
    sandbox.write("data/my.keep", "mine")
    shutil.rmtree(source)
    source.write_text("a file now")
    assert "'data/my.keep' is not tracked and would be lost" in sandbox.tiffin("update", "data.dvc", code=1).err
    assert sandbox.read("data/my.keep") == "mine"


def test_a_download_that_breaks_off_changes_nothing(sandbox: Sandbox, web: Web) -> None:
    sandbox.tiffin("import-url", f"{web.url}/f")
    before = sandbox.read("f.dvc")
    web.write("f", b"x" * 10_000)
    web.cut["/f"] = 99
    assert "broke off" in sandbox.tiffin("update", "f.dvc", code=1).err
    assert (sandbox.read("f"), sandbox.read("f.dvc")) == ("one", before)
    assert not list((sandbox.root / ".dvc/cache").rglob(".tiffin*"))


def test_what_changes_while_it_is_downloaded_is_downloaded_once_more_and_then_refused(
    sandbox: Sandbox, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [b"two"]

    def received(*arguments: Any, **options: Any) -> Any:
        got = receive(*arguments, **options)
        if bodies:
            web.write("f", bodies.pop())
        return got

    monkeypatch.setattr(importing_url, "receive", received)
    sandbox.tiffin("import-url", f"{web.url}/f")
    assert sandbox.read("f") == "two"
    assert hashlib.md5(b"two").hexdigest() in sandbox.read("f.dvc").partition("outs:")[0]
    web.write("f", b"three")
    bodies += [b"five", b"four"]
    assert "kept changing while it was downloaded" in sandbox.tiffin("update", "f.dvc", code=1).err
    assert sandbox.read("f") == "two"


def test_status_asks_no_server_about_a_frozen_import(sandbox: Sandbox, web: Web) -> None:
    sandbox.tiffin("import-url", f"{web.url}/f")
    web.requests.clear()
    sandbox.tiffin("status")
    sandbox.tiffin("repro", "f.dvc")
    sandbox.tiffin("commit", "-f")
    sandbox.tiffin("checkout")
    assert not web.requests


def test_partial_imports_are_downloaded_once(sandbox: Sandbox, web: Web) -> None:
    sandbox.write("../outside/dir/a", "a")
    sandbox.tiffin("import-url", "--no-download", f"{web.url}/f")
    sandbox.tiffin("import-url", "--no-download", "../outside/dir")
    before = sandbox.read("f.dvc"), sandbox.read("dir.dvc")
    assert not sandbox.exists("f")
    assert "3 files fetched" in sandbox.tiffin("pull").out
    assert (sandbox.read("f"), sandbox.read("dir/a")) == ("one", "a")
    web.requests.clear()
    _remove(sandbox, "f", "dir", "../outside/dir")
    sandbox.tiffin("pull")
    assert (sandbox.read("f"), sandbox.read("dir/a")) == ("one", "a")
    assert not web.requests
    assert (sandbox.read("f.dvc"), sandbox.read("dir.dvc")) == before


def test_a_partial_import_whose_source_changed_is_not_pulled(sandbox: Sandbox, web: Web) -> None:
    sandbox.tiffin("import-url", "--no-download", f"{web.url}/f")
    web.write("f", b"three")
    answer = sandbox.tiffin("pull", code=1)
    assert f"neither the cache nor the remote has 1 object(s): {web.url}/f" in answer.err
    assert not sandbox.exists("f")
    sandbox.tiffin("update", "f.dvc")
    assert sandbox.read("f") == "three"


def test_data_that_goes_to_a_server_leaves_nothing_here(sandbox: Sandbox, web: Web) -> None:
    sandbox.write("../outside/a", "a")
    sandbox.tiffin("remote", "add", "-d", "http", f"{web.url}/store")
    sandbox.tiffin("add", "--to-remote", "../outside", "-o", "named")
    sandbox.tiffin("import-url", "--to-remote", f"{web.url}/f")
    assert not sandbox.exists("named")
    assert not _files(sandbox.root / ".dvc/cache")
    assert not list((sandbox.root / ".dvc/tmp").rglob("passage*"))
    assert {b"a", b"one"} < {*_files(web.root / "store").values()}
    sandbox.tiffin("pull")
    assert (sandbox.read("named/a"), sandbox.read("f")) == ("a", "one")


def test_what_cannot_be_had_by_version(sandbox: Sandbox, web: Web) -> None:
    answer = sandbox.tiffin("import-url", "--version-aware", f"{web.url}/f", code=1)
    assert "keeps no versions that could be asked for" in answer.err
    assert not sandbox.exists("f.dvc")


def test_options_for_the_url_are_kept_and_used(sandbox: Sandbox, web: Web) -> None:
    web.allows = lambda header: None if header == "Basic bWU6cHc=" else "Basic"
    sandbox.tiffin("import-url", f"{web.url}/f", "--fs-config", "user=me", "password=pw")
    assert "  fs_config:\n" in sandbox.read("f.dvc")
    web.write("f", b"three")
    sandbox.tiffin("update", "f.dvc")
    assert sandbox.read("f") == "three"
    sandbox.tiffin("import-url", f"{web.url}/f", "--fs-config", "user", code=254)


def test_what_is_there_gives_way_only_if_asked_to(sandbox: Sandbox, web: Web) -> None:
    sandbox.write("f", "mine")
    for command in ("get-url", "import-url"):
        assert "'f' exists already" in sandbox.tiffin(command, f"{web.url}/f", code=1).err
    sandbox.tiffin("get-url", f"{web.url}/nothing", "f", "-f", code=1)
    assert sandbox.read("f") == "mine"
    sandbox.tiffin("get-url", "-f", f"{web.url}/f")
    assert sandbox.read("f") == "one"


def test_a_remote_nobody_can_reach_yet(sandbox: Sandbox) -> None:
    sandbox.tiffin("remote", "add", "-d", "s3", "s3://bucket")
    assert "no support for s3://" in sandbox.tiffin("import-url", "s3://bucket/a", code=1).err
    assert "only local directories and HTTP" in sandbox.tiffin("add", "--to-remote", os.curdir, "-o", "x", code=1).err


def test_list_url_as_json(sandbox: Sandbox) -> None:
    sandbox.write("../outside/sub/b", "bb")
    sandbox.write("../outside/a", "a")
    answer = sandbox.tiffin("list-url", "--json", "../outside")
    assert answer.out == '[{"path": "a", "isdir": false, "size": 1}, {"path": "sub", "isdir": true, "size": null}]\n'
    assert sandbox.tiffin("ls-url", "--size", "../outside").out == "1  a\n   sub\n"


def test_a_server_does_not_list(sandbox: Sandbox, web: Web) -> None:
    web.write("folder/index", b"")
    assert "does not exist" in sandbox.tiffin("list-url", f"{web.url}/folder", code=255).err

"""Files that are no plain files, names that are no plain names, and clocks that lie."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integrity.conftest import Objects
from tests.repo.conftest import Sandbox
from tiffin import _native


def clean(sandbox: Sandbox) -> bool:
    return sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


# ---- what is no file


def make_odd(directory: Path, name: str, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(directory / name)
    elif kind == "device":
        try:
            os.mknod(directory / name, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # zeros without end
        except PermissionError:
            pytest.skip("only root makes devices")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            here = Path.cwd()
            os.chdir(directory)  # the path of a socket must be short
            try:
                server.bind(name)
            finally:
                os.chdir(here)


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_pipes_and_sockets_in_a_directory_are_no_data(sandbox: Sandbox, kind: str) -> None:
    sandbox.write("data/file", "file")
    make_odd(sandbox.root / "data", "odd", kind)
    sandbox.tiffin("add", "data")
    assert "nfiles: 1" in sandbox.read("data.dvc")
    assert clean(sandbox)
    (sandbox.root / "data/file").unlink()
    sandbox.tiffin("checkout")
    assert sandbox.read("data/file") == "file"
    assert sandbox.exists("data/odd")


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_what_is_no_file_is_refused_as_a_target_and_not_waited_for(sandbox: Sandbox, kind: str) -> None:
    make_odd(sandbox.root, "odd", kind)
    answer = sandbox.tiffin("add", "odd", code=1)
    assert "odd" in answer.err
    assert not sandbox.exists("odd.dvc")


@pytest.mark.parametrize("target", ["nowhere", "link", "../data/link"])
def test_a_link_that_leads_nowhere_is_named(sandbox: Sandbox, target: str) -> None:
    sandbox.write("data/file", "file")
    (sandbox.root / "data/link").symlink_to(target)
    assert "cannot read 'data/link' in 'data'" in sandbox.tiffin("add", "data", code=1).err
    assert not sandbox.exists("data.dvc")
    assert not sandbox.exists(".dvc/cache/files/md5")


def test_a_link_to_the_directory_it_lies_in_ends(sandbox: Sandbox) -> None:
    sandbox.write("data/file", "file")
    (sandbox.root / "data/again").symlink_to(".")
    sandbox.tiffin("add", "data")
    assert "nfiles: 1" in sandbox.read("data.dvc")


# ---- names


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "a b\tc\nd", "-rf", "%41", "a\\b", "\u202e", "#", "a:b"])
def test_any_name_inside_a_directory_comes_back(sandbox: Sandbox, name: str) -> None:
    sandbox.write("data/other", "other")
    sandbox.write(f"data/{name}", "content")
    sandbox.tiffin("add", "data")
    shutil.rmtree(sandbox.root / "data")
    sandbox.tiffin("checkout")
    assert sandbox.read(f"data/{name}") == "content"
    assert clean(sandbox)


def test_a_name_that_is_not_utf8_is_shown_and_nothing_published(sandbox: Sandbox) -> None:
    sandbox.write("data/file", "file")
    Path(os.fsdecode(os.fsencode(sandbox.root) + b"/data/\xff\xfe")).write_bytes(b"x")
    answer = sandbox.tiffin("add", "data", code=1)
    assert "'\\udcff\\udcfe' is not UTF-8" in answer.err
    assert not sandbox.exists("data.dvc")


# ---- directories that change


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Another program appends to a file all the time."""
    stop = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"x" * 1000)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_goes_on_changing_is_named_and_nothing_is_published(sandbox: Sandbox, objects: Objects) -> None:
    sandbox.write("data/file", "file")
    growing = sandbox.root / "data/growing"
    growing.write_bytes(bytes(20_000_000))
    with writing(growing):
        answer = sandbox.tiffin("add", "data", code=1)
    assert "growing': it kept changing while it was read" in answer.err
    assert not sandbox.exists("data.dvc")
    sandbox.tiffin("add", "data")
    assert clean(sandbox)
    assert objects.path(growing.read_bytes()).exists()


def test_a_file_written_again_in_the_same_size_at_the_same_time_is_seen(sandbox: Sandbox) -> None:
    file = sandbox.write("data/file", "first!")
    sandbox.tiffin("add", "data")
    before = file.stat()
    file.write_text("second", encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "modified" in sandbox.tiffin("status").out


@pytest.mark.parametrize("year", [1970, 1, 2038, 2400], ids=str)
def test_a_clock_that_jumped_hides_no_change(sandbox: Sandbox, year: int) -> None:
    moment = (year - 1970) * 31_556_952 * 10**9
    file = sandbox.write("data/file", "first!")
    os.utime(file, ns=(moment, moment))
    sandbox.tiffin("add", "data")
    assert clean(sandbox)
    assert clean(sandbox)
    file.write_text("second", encoding="utf-8")
    os.utime(file, ns=(moment, moment))
    assert "modified" in sandbox.tiffin("status").out
    sandbox.tiffin("add", "data")
    file.unlink()
    sandbox.tiffin("checkout")
    assert file.read_text(encoding="utf-8") == "second"


# ---- what may not be read or written


class Bound:
    """A repository whose commands are bound by permissions, even those of root."""

    def __init__(self, root: Path, prefix: list[str]) -> None:
        self.root = root
        self._prefix = prefix

    def tiffin(self, *arguments: str, code: int = 0) -> str:
        command = [*self._prefix, sys.executable, "-m", "tiffin", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert "unexpected" not in done.stderr
        return done.stderr

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def bound(sandbox: Sandbox) -> Iterator[Bound]:
    prefix = []
    if os.geteuid() == 0:
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], check=False).returncode:
            pytest.skip("root, and its powers cannot be given up here")
    yield Bound(sandbox.root, prefix)
    for directory, _, _ in os.walk(sandbox.root):
        Path(directory).chmod(0o755)


def test_a_file_that_may_not_be_read_is_named(bound: Bound) -> None:
    bound.write("data/open", "open")
    bound.write("data/secret", "secret").chmod(0)
    assert "data/secret': Permission denied" in bound.tiffin("add", "data", code=1)
    assert not (bound.root / "data.dvc").exists()


def test_a_directory_that_may_not_be_listed_is_named(bound: Bound) -> None:
    bound.write("data/closed/file", "file").parent.chmod(0)
    assert "cannot read 'data/closed' in 'data': Permission denied" in bound.tiffin("add", "data", code=1)


def test_a_cache_that_may_only_be_read_serves_checkout_and_refuses_add(bound: Bound) -> None:
    file = bound.write("data/file", "file")
    bound.tiffin("add", "data")
    cache = bound.root / ".dvc/cache"
    for directory in (cache, *(path for path in cache.rglob("*") if path.is_dir())):
        directory.chmod(0o555)
    file.unlink()
    bound.tiffin("checkout")
    assert file.read_text(encoding="utf-8") == "file"
    bound.write("data/new", "new")
    assert "Permission denied" in bound.tiffin("add", "data", code=1)
    assert (bound.root / "data/new").read_text(encoding="utf-8") == "new"


def test_a_workspace_that_may_only_be_read_answers_and_refuses_checkout(bound: Bound) -> None:
    file = bound.write("data/file", "file")
    bound.tiffin("add", "data")
    file.unlink()
    (bound.root / "data").chmod(0o555)
    bound.tiffin("status")
    assert "data/file': Permission denied" in bound.tiffin("checkout", code=255)


def test_a_name_too_long_for_a_dvc_file_is_refused_before_anything_is_written(sandbox: Sandbox) -> None:
    name = "n" * 252
    sandbox.write(name, "data")
    before = sandbox.git("status", "--porcelain")
    assert "so long that there can be no .dvc file of that name" in sandbox.tiffin("add", name, code=1).err
    assert sandbox.git("status", "--porcelain") == before
    assert not sandbox.exists(".dvc/cache/files/md5")
    (sandbox.root / name).rename(sandbox.root / name[1:])
    sandbox.tiffin("add", name[1:])


# ---- what goes away meanwhile


@pytest.mark.parametrize(("kernel", "command"), [("store_rows", "add"), ("hash_rows", "status")])
def test_a_file_that_vanishes_once_it_was_listed_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kernel: str, command: str
) -> None:
    for name in ("a", "b"):
        sandbox.write(f"data/{name}", name)
    if command == "status":
        sandbox.tiffin("add", "data")
        sandbox.write("data/a", "changed")
    known = sandbox.exists("data.dvc")
    real = getattr(_native, kernel)

    def vanish(*arguments: object, **more: object) -> object:
        (sandbox.root / "data/a").unlink(missing_ok=True)
        return real(*arguments, **more)

    monkeypatch.setattr(_native, kernel, vanish)
    answer = sandbox.tiffin(command, *(["data"] if command == "add" else []), code=1)
    assert "data/a" in answer.err
    assert sandbox.exists("data.dvc") == known

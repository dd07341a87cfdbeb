"""What importing from other repositories promises beyond DVC."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tiffin.errors import GitError
from tiffin.fs import FileLock
from tiffin.scm import Clones

from .conftest import Sandbox


@pytest.fixture
def source(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sandbox:
    """Another repository, beside the sandbox."""
    box = Sandbox(tmp_path / "source", capfd)
    box.root.mkdir()
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    box.write("data/a", "1")
    box.write("data/b", "2")
    box.write("file", "clean")
    box.tiffin("add", "-q", "data", "file")
    box.commit("first")
    return box


def recorded(sandbox: Sandbox, file: str) -> str:
    """The id in a .dvc file."""
    return sandbox.read(file).partition("- md5: ")[2].partition("\n")[0]


def test_changes_nobody_committed_are_stored_under_their_own_hash(sandbox: Sandbox, source: Sandbox) -> None:
    clean = recorded(source, "file.dvc"), recorded(source, "data.dvc")
    source.write("file", "dirty")
    source.write("data/a", "dirty too")
    source.write("data/new", "3")
    (source.root / "data" / "b").unlink()  # the rest of a directory comes from the cache
    warned = sandbox.tiffin("import", "../source", "file", "--quiet").err
    assert not warned
    assert "in no commit there" in sandbox.tiffin("import", "../source", "data").err
    assert sandbox.tree("data") == {"a": "dirty too", "b": "2", "new": "3"}
    assert recorded(sandbox, "file.dvc") != clean[0]
    assert recorded(sandbox, "data.dvc") != clean[1]
    sandbox.objects()  # each one is what its name says
    assert "up to date" in sandbox.tiffin("status", "--no-updates").out
    # A pointer to what was committed gets the committed bytes.
    sandbox.tiffin("import", "../source", "file", "-o", "committed", "--rev", "HEAD")
    assert sandbox.read("committed") == "clean"


def test_an_import_cannot_be_taken_for_one_of_its_own_paths(sandbox: Sandbox, source: Sandbox) -> None:
    sandbox.tiffin("import", "../source", "data")
    sandbox.tiffin("repro", "data.dvc")
    assert "data" in sandbox.tiffin("dag").out


def test_update_keeps_what_was_changed_here(sandbox: Sandbox, source: Sandbox) -> None:
    sandbox.tiffin("import", "../source", "file")
    sandbox.write("file", "edited here")
    source.write("file", "newer")
    source.tiffin("add", "-q", "file")
    source.commit("second")
    for how in ([], ["--no-download"]):
        assert "stored nowhere else" in sandbox.tiffin("update", *how, "file.dvc", code=1).err
    assert sandbox.read("file") == "edited here"
    sandbox.tiffin("commit", "-f", "file.dvc")
    sandbox.tiffin("update", "file.dvc")
    assert sandbox.read("file") == "newer"


def test_a_repository_without_git(sandbox: Sandbox, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plain = Sandbox(tmp_path / "plain", capfd)
    plain.root.mkdir()
    plain.tiffin("init", "-q", "--no-scm")
    plain.write("file", "one")
    plain.tiffin("add", "-q", "file")
    sandbox.tiffin("import", "../plain", "file")
    assert "rev_lock" not in sandbox.read("file.dvc")
    plain.write("file", "two")
    sandbox.tiffin("update", "file.dvc")
    assert sandbox.read("file") == "two"


def test_an_url_is_cloned_once_and_asked_only_for_what_moves(
    sandbox: Sandbox, source: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    url = f"file://{source.root}"
    commit = source.git("rev-parse", "HEAD").strip()
    source.git("update-ref", "refs/exps/aa/bb/exp", "HEAD")
    sandbox.tiffin("get", url, "data", "-o", "one")
    assert sandbox.tree("one") == {"a": "1", "b": "2"}
    (clone,) = (tmp_path / "site").glob("tiffin-*/clones/*.git")
    refs = subprocess.run(["git", "for-each-ref"], cwd=clone, capture_output=True, text=True, check=True).stdout
    assert "refs/exps" not in refs
    source.write("file", "newer")
    source.tiffin("add", "-q", "file")
    source.commit("second")
    sandbox.tiffin("get", url, "file", "-o", "two")
    assert sandbox.read("two") == "newer"
    # A commit that is here already can be read without the repository.
    (source.root / ".git").rename(source.root / "gone")
    sandbox.tiffin("get", url, "file", "-o", "three", "--rev", commit)
    assert sandbox.read("three") == "clean"
    assert "cannot clone" in sandbox.tiffin("get", url, "file", "-o", "four", code=1).err


def test_large_files_of_git_come_when_they_are_read(sandbox: Sandbox, source: Sandbox, tmp_path: Path) -> None:
    (source.root / "large").write_bytes(os.urandom(1 << 21))
    source.commit("large")
    source.git("config", "uploadpack.allowFilter", "true")
    source.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clones = Clones(str(tmp_path / "clones"), lambda path: FileLock(path, wait=True))
    git, commit = clones.commit(f"file://{source.root}", None)
    size = sum(file.stat().st_size for file in Path(git.root).rglob("*") if file.is_file())
    assert size < 1 << 20
    with git.objects() as objects:
        assert objects.blob(commit, "large") == (source.root / "large").read_bytes()
    sandbox.tiffin("get", f"file://{source.root}", "large")
    assert (sandbox.root / "large").read_bytes() == (source.root / "large").read_bytes()


def test_clones_that_another_user_could_have_made_are_not_used(
    sandbox: Sandbox, source: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    sandbox.tiffin("list", f"file://{source.root}")
    (own,) = (tmp_path / "site").glob("tiffin-*")
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == 0o1777
    own.chmod(0o777)
    refused = sandbox.tiffin("list", f"file://{source.root}", code=1)
    assert "is not yours alone" in refused.err


def test_a_damaged_clone_is_made_anew(sandbox: Sandbox, source: Sandbox, tmp_path: Path) -> None:
    clones = Clones(str(tmp_path / "clones"), lambda path: FileLock(path, wait=True))
    git, commit = clones.commit(str(source.root), None)
    shutil.rmtree(Path(git.root) / "objects")
    (tmp_path / "clones" / f"{Path(git.root).name}.tmp").mkdir()  # left by a kill
    again = Clones(str(tmp_path / "clones"), lambda path: FileLock(path, wait=True))
    assert again.commit(str(source.root), None)[1] == commit
    assert not list((tmp_path / "clones").glob("*.tmp"))


def test_clones_of_hostile_addresses_are_refused(tmp_path: Path) -> None:
    clones = Clones(str(tmp_path / "clones"), lambda path: FileLock(path, wait=True))
    for url in ("--upload-pack=touch x", "ext::touch x"):
        with pytest.raises(GitError):
            clones.commit(url, None)
    assert not (tmp_path / "x").exists()


def test_two_processes_clone_at_once(source: Sandbox, tmp_path: Path) -> None:
    environ = {**os.environ, "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}

    def get(number: int) -> int:
        command = ["-m", "tiffin", "get", f"file://{source.root}", "data", "-o", f"out{number}"]
        return subprocess.run([sys.executable, *command], cwd=tmp_path, env=environ, check=False).returncode

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(get, range(3))) == [0, 0, 0]
    assert all((tmp_path / f"out{number}" / "a").read_text() == "1" for number in range(3))


def test_a_killed_clone_is_no_obstacle(source: Sandbox, tmp_path: Path) -> None:
    environ = {**os.environ, "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}
    command = [sys.executable, "-m", "tiffin", "get", f"file://{source.root}", "data", "-f"]
    for delay in (0.05, 0.1, 0.15, 0.2):
        process = subprocess.Popen(command, cwd=tmp_path, env=environ)
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        process.kill()
        process.wait()
    subprocess.run(command, cwd=tmp_path, env=environ, check=True)
    assert (tmp_path / "data" / "a").read_text() == "1"


def test_in_a_hook_git_is_asked_about_the_right_repository(
    sandbox: Sandbox, source: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(sandbox.root / ".git"))
    sandbox.tiffin("get", f"file://{source.root}", "file", "-o", "one")
    sandbox.tiffin("get", "../source", "file", "-o", "two", "--rev", "HEAD")
    assert (sandbox.read("one"), sandbox.read("two")) == ("clean", "clean")
    assert "refs/tiffin" not in sandbox.git("for-each-ref")


def test_settings_of_the_command_count_there(sandbox: Sandbox, source: Sandbox, tmp_path: Path) -> None:
    source.tiffin("remote", "add", "-q", "-d", "near", "../near")
    source.tiffin("remote", "add", "-q", "far", "../far")
    source.tiffin("push", "-r", "far")
    source.commit("remotes")
    shutil.rmtree(source.root / ".dvc" / "cache")
    get = ("get", "../source", "file", "--rev", "HEAD", "-o")
    assert "neither in the cache" in sandbox.tiffin(*get, "none", code=1).err
    sandbox.tiffin(*get, "by-name", "--remote", "far")
    sandbox.tiffin(*get, "by-option", "--remote-config", f"url={tmp_path / 'far'}")
    sandbox.write("settings", "[core]\n    remote = far\n")
    sandbox.tiffin(*get, "by-file", "--config", "settings")
    assert {sandbox.read(name) for name in ("by-name", "by-option", "by-file")} == {"clean"}
    sandbox.tiffin("import", "../source", "file", "--remote", "far")
    assert "    remote: far\n" in sandbox.read("file.dvc")
    shutil.rmtree(sandbox.root / ".dvc" / "cache")
    (sandbox.root / "file").unlink()
    sandbox.tiffin("pull")
    assert sandbox.read("file") == "clean"


def test_a_corrupt_object_does_not_arrive(sandbox: Sandbox, source: Sandbox) -> None:
    oid = recorded(source, "file.dvc")
    stored = source.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
    stored.chmod(0o644)
    stored.write_text("wrong")
    stored.chmod(0o444)
    sandbox.tiffin("import", "../source", "file", "--rev", "HEAD", code=1)
    assert not sandbox.exists("file")
    assert not sandbox.exists("file.dvc")
    sandbox.objects()


def test_what_dvc_2_stored_gets_the_id_of_its_bytes(sandbox: Sandbox, source: Sandbox) -> None:
    legacy = hashlib.md5(b"1\n2\n").hexdigest()  # the hash of text without its carriage returns
    source.write("old.dvc", f"outs:\n- md5: {legacy}\n  size: 6\n  path: old\n")
    stored = source.root / ".dvc/cache" / legacy[:2] / legacy[2:]
    stored.parent.mkdir()
    stored.write_bytes(b"1\r\n2\r\n")
    source.commit("by DVC 2")
    sandbox.tiffin("import", "../source", "old", "--rev", "HEAD")
    assert recorded(sandbox, "old.dvc") == hashlib.md5(b"1\r\n2\r\n").hexdigest()
    sandbox.objects()
    assert sandbox.tiffin("list", "../source", "old", "--show-hash").out.startswith(legacy)


def test_imports_in_a_circle_end(sandbox: Sandbox, source: Sandbox) -> None:
    source.tiffin("import", "../repo", "round", "--no-exec")
    source.commit("from there")
    sandbox.write("round.dvc", source.read("round.dvc").replace("../repo", "../source"))
    sandbox.commit("and back")
    assert "without an end" in sandbox.tiffin("get", "../source", "round", "--rev", "HEAD", code=1).err


def test_a_replaced_directory_is_there_until_the_new_one_is(sandbox: Sandbox, source: Sandbox) -> None:
    sandbox.write("place/data/mine", "m")
    sandbox.tiffin("get", "../source", "nothing", "-o", "place/data", "-f", code=255)
    assert sandbox.tree("place") == {"data/mine": "m"}
    sandbox.tiffin("get", "../source", "data", "-o", "place", "-f")
    assert sandbox.tree("place") == {"data/a": "1", "data/b": "2"}


def test_an_import_needs_a_free_place_of_this_repository(sandbox: Sandbox, source: Sandbox) -> None:
    sandbox.write("file", "f")
    sandbox.tiffin("add", "-q", "file")
    sandbox.write("in git", "g")
    sandbox.commit("data")
    assert "exists already" in sandbox.tiffin("import", "../source", "file", code=1).err
    assert "already tracked by Git" in sandbox.tiffin("import", "../source", "file", "-f", "-o", "in git", code=1).err
    assert "cannot be tracked" in sandbox.tiffin("import", "../source", "file", "-o", "../outside", code=1).err
    assert "lies inside" in sandbox.tiffin("import", "../source", "file", "-o", "file/inner", code=1).err


def test_any_directory_can_be_read(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("text")
    assert sandbox.tiffin("list", "../folder", "-R").out == "sub/file\n"
    assert sandbox.tiffin("du", "../folder", "-s").out.split()[0] == "4"
    sandbox.tiffin("get", "../folder", "sub/file")
    assert sandbox.read("file") == "text"
    assert "'../gone' does not exist" in sandbox.tiffin("list", "../gone", code=1).err


def test_an_import_that_was_not_downloaded_is_known_to_data_status(sandbox: Sandbox, source: Sandbox) -> None:
    sandbox.tiffin("import", "../source", "data", "--no-download")
    sandbox.commit()
    assert sandbox.tiffin("data", "status", "--json", "--not-in-remote").out == "{}\n"

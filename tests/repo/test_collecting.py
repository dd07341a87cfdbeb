"""`gc` beyond DVC: shared caches, young objects, what cannot be read, kills."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.errors import ScopeUnreadable

STORE = ".dvc/cache/files/md5"


@pytest.fixture
def grown(sandbox: Sandbox) -> Sandbox:
    """A directory and a file in two versions, the older one committed."""
    for version in ("old", "new"):
        sandbox.write("data/x", version)
        sandbox.write("file", f"{version} file")
        sandbox.tiffin("add", "data", "file")
        if version == "old":
            sandbox.commit("old")
    return sandbox


def project(sandbox: Sandbox, name: str) -> Sandbox:
    """Another project beside the sandbox, with the same cache outside of both."""
    other = Sandbox(sandbox.root.parent / name, sandbox._capfd)
    other.root.mkdir()
    other.git("init", "--quiet")
    other.tiffin("init", "--quiet")
    (other.root / ".dvc/config").write_text(f"[cache]\n    dir = {sandbox.root.parent / 'cache'}\n")
    other.write("file", name)
    other.tiffin("add", "file")
    return other


@pytest.fixture
def sharing(sandbox: Sandbox) -> tuple[Sandbox, Sandbox]:
    """Two projects with one cache."""
    return project(sandbox, "one"), project(sandbox, "two")


def test_without_a_scope_nothing_is_removed(grown: Sandbox) -> None:
    answer = grown.tiffin("gc", code=255)
    assert "nothing says what to keep" in answer.err
    assert len(grown.objects()) == 6


def test_it_asks(grown: Sandbox) -> None:
    answer = grown.tiffin("gc", "-w", code=1)
    assert answer.err.startswith(
        "WARNING: This will remove all objects from the cache except those used in the workspace"
    )
    assert answer.err.endswith("ERROR: nothing was removed\nhint: confirm it, or use -f\n")
    assert len(grown.objects()) == 6


def test_what_is_not_in_scope_goes(grown: Sandbox) -> None:
    assert grown.tiffin("gc", "-w", "-f").out == "Removed 3 objects from repo cache.\n"
    assert grown.tiffin("gc", "-w", "-f").out == "No unused 'repo' cache to remove.\n"
    assert len(grown.objects()) == 3
    assert grown.tiffin("status", "--json").out == "{}\n"


def test_what_is_young_stays_if_asked(grown: Sandbox) -> None:
    answer = grown.tiffin("gc", "-w", "-f", "--grace", "1h")
    assert "3 unused object(s) stay because they are young" in answer.err
    assert len(grown.objects()) == 6
    assert "is no time" in grown.tiffin("gc", "-w", "-f", "--grace", "soon", code=255).err


def test_what_is_young_stays_at_a_remote(grown: Sandbox) -> None:
    grown.tiffin("remote", "add", "-d", "store", str(grown.root.parent / "remote"))
    grown.tiffin("push", "-A")
    grown.tiffin("gc", "-w", "-c", "-f")
    assert (len(grown.objects()), len(grown.objects("../remote/files/md5"))) == (3, 6)
    grown.tiffin("gc", "-w", "-c", "-f", "--grace", "0")
    assert len(grown.objects("../remote/files/md5")) == 3


@pytest.mark.parametrize("broken", ["outs: {", "outs:\n- md5: ../../etc\n  path: x\n", "\xff"])
def test_nothing_is_removed_if_a_commit_cannot_be_read(grown: Sandbox, broken: str) -> None:
    (grown.root / "broken.dvc").write_bytes(broken.encode("latin-1"))
    grown.commit("broken")
    (grown.root / "broken.dvc").unlink()
    grown.commit("mended")
    grown.write("file", "third")
    grown.tiffin("add", "file")
    before = grown.objects()
    answer = grown.tiffin("gc", "-A", "-f", code=ScopeUnreadable.exit_code)
    assert "nothing was removed: what commit" in answer.err
    assert "broken.dvc" in answer.err
    assert grown.objects() == before
    grown.tiffin("gc", "-A", "-f", "--skip-failed")
    assert grown.objects() == before


def test_nothing_is_removed_if_a_listing_is_nowhere(grown: Sandbox) -> None:
    grown.tiffin("gc", "-w", "-f")
    before = grown.objects()
    answer = grown.tiffin("gc", "-A", "-f", code=255)
    assert "which lists the files of 'data'" in answer.err
    assert grown.objects() == before


def test_nothing_is_removed_if_a_listing_is_damaged(grown: Sandbox) -> None:
    listing = next((grown.root / STORE).rglob("*.dir"))
    listing.chmod(0o644)
    listing.write_text("[]")
    before = len(list((grown.root / STORE).rglob("*")))
    assert "does not match its id" in grown.tiffin("gc", "-A", "-f", code=255).err
    assert len(list((grown.root / STORE).rglob("*"))) == before


def test_metadata_that_git_ignores_counts(grown: Sandbox) -> None:
    grown.write("private/file", "private")
    grown.tiffin("add", "private/file")
    grown.write("private/broken.dvc", "outs: {")
    grown.write(".gitignore", "/private\n/data\n/file\n")
    grown.tiffin("gc", "-w", "-f")
    assert len(grown.objects()) == 4


def test_what_was_imported_stays_while_it_is_needed(sandbox: Sandbox) -> None:
    other = Sandbox(sandbox.root.parent / "other", sandbox._capfd)
    other.root.mkdir()
    other.git("init", "--quiet")
    other.tiffin("init", "--quiet")
    other.write("data/x", "x")
    other.write("file", "y")
    other.tiffin("add", "data", "file")
    other.commit()
    sandbox.tiffin("config", "cache.type", "symlink")
    sandbox.tiffin("import", str(other.root), "data")
    sandbox.tiffin("import", str(other.root), "file", "--no-download")
    sandbox.tiffin("gc", "-w", "-f")
    assert sandbox.read("data/x") == "x"
    shutil.rmtree(sandbox.root / ".dvc/cache")
    sandbox.tiffin("gc", "-w", "-f")  # what is not here need not be known


def test_files_of_a_directory_with_versions_of_its_own_count(grown: Sandbox) -> None:
    files = {oid for oid in grown.objects() if not oid.endswith(".dir")}
    text = "".join(f"  - md5: {oid}\n    relpath: '{oid}'\n" for oid in files)
    grown.write("versioned.dvc", f"outs:\n- path: versioned\n  hash: md5\n  files:\n{text}")
    grown.tiffin("gc", "-w", "-f")
    assert files < set(grown.objects())


def test_a_project_that_shares_the_cache_keeps_what_it_needs(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    answer = one.tiffin("gc", "-w", "-f", "--grace", "0")
    assert f"what '{two.root}' needs stays: it shares the cache" in answer.err
    assert len(one.objects("../cache/files/md5")) == 2
    two.write("file", "changed")
    two.tiffin("add", "file")
    one.tiffin("gc", "-w", "-f", "--grace", "0")
    assert len(one.objects("../cache/files/md5")) == 2
    assert two.tiffin("status", "--json").out == "{}\n"


def test_projects_that_use_the_cache_of_one_of_them_keep_what_they_need(sandbox: Sandbox) -> None:
    sandbox.write("file", "of the outer project")
    sandbox.tiffin("add", "file")
    sandbox.write("inner/file", "of the inner project")
    sandbox.tiffin("init", "--subdir", "--quiet", cd="inner")
    sandbox.tiffin("cache", "dir", "../.dvc/cache", cd="inner")
    sandbox.tiffin("add", "file", cd="inner")
    for cd in (".", "inner"):
        sandbox.tiffin("gc", "-w", "-f", "--grace", "0s", cd=cd)
        assert len(sandbox.objects()) == 2


def test_commits_of_a_project_that_shares_the_cache_count(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    two.commit("first")
    two.write("file", "changed")
    two.tiffin("add", "file")
    one.commit("one")
    one.tiffin("gc", "-A", "-f", "--grace", "0")
    assert len(one.objects("../cache/files/md5")) == 3
    one.tiffin("gc", "--rev", "HEAD", "-f", "--grace", "0")
    assert len(one.objects("../cache/files/md5")) == 2


def test_the_list_of_projects_is_as_open_as_the_cache(sandbox: Sandbox) -> None:
    cache = sandbox.root.parent / "cache"
    cache.mkdir()
    cache.chmod(0o2775)
    one = project(sandbox, "one")
    modes = [
        path.stat().st_mode & 0o7777 for path in (cache / "tiffin", cache / "tiffin/projects", cache / "tiffin/lock")
    ]
    assert [oct(mode) for mode in modes] == ["0o2775", "0o2775", "0o664"]
    (cache / "tiffin/lock").unlink()
    (cache / "tiffin/lock").mkdir()  # it cannot join: that hinders nobody
    two = project(sandbox, "two")
    assert two.tiffin("status", "--json").out == one.tiffin("status", "--json").out == "{}\n"


def test_a_cache_of_a_group_can_be_written_to_by_all_of_it(sandbox: Sandbox) -> None:
    sandbox.tiffin("config", "cache.shared", "group")
    sandbox.write("data/x", "x")
    before = os.umask(0o077)
    try:
        sandbox.tiffin("add", "data")
    finally:
        os.umask(before)
    cache = sandbox.root / ".dvc/cache"
    used = [path for path in cache.rglob("*") if path.is_dir()]
    assert {oct(path.stat().st_mode & 0o7777) for path in [cache, *used]} == {"0o2775"}
    sandbox.tiffin("gc", "-w", "-f")
    assert len(sandbox.objects()) == 2


def test_a_project_does_not_join_while_another_collects(sandbox: Sandbox) -> None:
    project(sandbox, "one")
    lock = sandbox.root.parent / "cache/tiffin/lock"
    line = f"import fcntl,time; f=open({str(lock)!r}, 'a'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AssertionError, match="holds the lock"):
            project(sandbox, "two")
        holder.kill()


def test_young_objects_of_a_shared_cache_stay(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, _ = sharing
    one.write("file", "changed")
    one.tiffin("add", "file")
    one.tiffin("gc", "-w", "-f")
    assert len(one.objects("../cache/files/md5")) == 3


def test_a_project_that_is_gone_is_forgotten(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    shutil.rmtree(two.root)
    assert f"the project '{two.root}' is gone" in one.tiffin("gc", "-w", "-f", "--grace", "0").err
    assert len(one.objects("../cache/files/md5")) == 1
    assert "is gone" not in one.tiffin("gc", "-w", "-f", "--grace", "0").err


def test_a_project_that_may_be_elsewhere_is_not_forgotten(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    entries = one.root.parent / "cache/tiffin/projects"
    (entry,) = [path for path in entries.iterdir() if str(two.root) in path.read_text()]
    entry.write_text(f'{{"version": 1, "root": "{two.root}/away", "host": "elsewhere"}}')
    assert "cannot be seen from here" in one.tiffin("gc", "-w", "-f", code=255).err
    mount = one.root.parent / "mount"
    mount.mkdir()
    entry.write_text(f'{{"version": 1, "root": "{mount}/project", "host": "{os.uname().nodename}"}}')
    assert "is something not mounted?" in one.tiffin("gc", "-w", "-f", code=255).err
    entry.write_text("torn")
    assert "cannot be read" in one.tiffin("gc", "-w", "-f", code=255).err
    assert len(one.objects("../cache/files/md5")) == 2


def test_a_project_that_cannot_be_read_stops_it(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    two.write("broken.dvc", "outs: {")
    answer = one.tiffin("gc", "-w", "-f", "--grace", "0", code=255)
    assert f"what the workspace of '{two.root}' needs cannot be told" in answer.err


def test_a_project_at_work_stops_it(sharing: tuple[Sandbox, Sandbox]) -> None:
    one, two = sharing
    line = f"import fcntl,time; f=open({str(two.root / '.dvc/tmp/lock')!r}, 'a'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert "holds the lock" in one.tiffin("gc", "-w", "-f", code=255).err
        holder.kill()


def test_a_running_command_stops_it(grown: Sandbox) -> None:
    grown.write(".dvc/tmp/rwlock", f'{{"write": {{"{grown.root}/out": {{"pid": {os.getppid()}, "cmd": "repro"}}}}}}')
    assert "is in use by process" in grown.tiffin("gc", "-w", "-f", code=255).err
    assert len(grown.objects()) == 6


def test_an_experiment_beside_the_workspace_keeps_its_objects(grown: Sandbox) -> None:
    shutil.copytree(grown.root, grown.root.parent / "copy")
    shutil.rmtree(grown.root.parent / "copy/.dvc/cache")
    shutil.move(grown.root.parent / "copy", grown.root / ".dvc/tmp/exps/tmp1")
    grown.write(".dvc/tmp/exps/tmp1/.dvc/config.local", f"[cache]\n    dir = {grown.root}/.dvc/cache\n")
    grown.write("file", "newest")
    grown.tiffin("add", "file")
    # It has joined those that use the cache, in which young objects stay.
    grown.tiffin("gc", "-w", "-f", "--grace", "0")
    assert len(grown.objects()) == 4


def test_what_killed_commands_left_is_removed(grown: Sandbox) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    mine, theirs, fresh = (
        grown.root / STORE / "ab" / name
        for name in (f".tiffin-{ended.pid}-0.tmp", f"{'a' * 22}.tmp", f".tiffin-{os.getppid()}-0.tmp")
    )
    mine.parent.mkdir(exist_ok=True)
    for path in (mine, theirs, fresh):
        path.write_text("half")
    time.sleep(0.02)  # the clock of the file system ticks
    grown.tiffin("gc", "-w", "-f")
    assert [path.exists() for path in (mine, theirs, fresh)] == [False, True, True]


def test_what_killed_commands_left_in_the_workspace_is_removed_when_it_is_old(grown: Sandbox) -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    names = [
        f"data/.tiffin-{ended.pid}-0.tmp",
        f"notes.tiffin-{ended.pid}.tmp",
        f".dvc/tmp/tiffin/index/files.tiffin-{ended.pid}.tmp",
    ]
    for name in names:
        grown.write(name, "half")
    grown.tiffin("gc", "-w", "-f")
    assert all(map(grown.exists, names))
    aged = "import tiffin.repo._leftovers as it, sys, time; it.AGE_NS = 0; time.sleep(0.02); from tiffin.cli import main; main(sys.argv[1:])"
    subprocess.run([sys.executable, "-c", aged, "gc", "-w", "-f"], cwd=grown.root, check=True, capture_output=True)
    assert not any(map(grown.exists, names))


def test_a_shallow_clone_is_told(grown: Sandbox) -> None:
    grown.git("clone", "--quiet", "--depth", "1", f"file://{grown.root}", "../shallow")
    shallow = Sandbox(grown.root.parent / "shallow", grown._capfd)
    assert "this clone is shallow" in shallow.tiffin("gc", "-A", "-f", code=255).err


KILLED = """
import sys
from tiffin import _native
import tiffin.objects.collecting as collecting
from tiffin.cli import main
remove = _native.remove_objects
def dying(objects, *arguments, **options):
    half = objects.select(range((len(objects) + 1) // 2))
    remove(half, *arguments, **{**options, "progress": None})
    import os, signal
    if len(objects) > 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return remove(objects, *arguments, **options)
collecting._native.remove_objects = dying
main(sys.argv[1:])
"""


def test_a_killed_gc_leaves_what_is_named_and_can_be_repeated(grown: Sandbox) -> None:
    for version in range(20):
        grown.write("data/x", str(version))
        grown.tiffin("add", "data")
    kept = {Path(path) for path in (grown.root / STORE).rglob("*")}
    killed = subprocess.run([sys.executable, "-c", KILLED, "gc", "-w", "-f"], cwd=grown.root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(kept) > len(list((grown.root / STORE).rglob("*")))
    assert grown.tiffin("status", "--json").out == "{}\n"
    grown.tiffin("gc", "-w", "-f")
    assert len(grown.objects()) == 3
    shutil.rmtree(grown.root / "data")
    grown.tiffin("checkout")
    assert grown.tree("data") == {"x": "19"}


@pytest.mark.parametrize("delay_ms", [50, 90, 120, 150, 180])
def test_a_gc_killed_at_any_time_leaves_what_is_named(grown: Sandbox, delay_ms: int) -> None:
    for number in range(2000):
        oid = f"{number:032x}"
        path = grown.root / STORE / oid[-2:] / (oid[:-2])
        path.parent.mkdir(exist_ok=True)
        path.write_text("unused")
    with subprocess.Popen(
        [sys.executable, "-m", "tiffin", "gc", "-w", "-f"], cwd=grown.root, stderr=-3, stdout=-3
    ) as process:
        time.sleep(delay_ms / 1000)
        process.kill()
    assert grown.tiffin("status", "--json").out == "{}\n"
    grown.tiffin("gc", "-w", "-f")
    assert len(grown.objects()) == 3


def test_a_torn_copy_at_the_remote_does_not_count(grown: Sandbox) -> None:
    grown.tiffin("remote", "add", "-d", "store", str(grown.root.parent / "remote"))
    grown.tiffin("push")
    path = next(path for path in (grown.root.parent / "remote").rglob("*") if path.is_file() and path.suffix != ".dir")
    path.chmod(0o644)
    path.write_text("")
    grown.tiffin("gc", "-w", "--not-in-remote", "-f")
    assert grown.objects() == [path.parent.name + path.name]

"""Corners in which data could be lost, or a wrong result be taken for a right one."""

import hashlib
import os
import subprocess

import pytest
from inline_snapshot import snapshot

from tests.repo.conftest import Sandbox
from tiffin import _native


def clean(sandbox: Sandbox) -> None:
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


# ---- add


def test_two_parts_of_one_directory_are_added_together(sandbox: Sandbox) -> None:
    for name in ("a", "b", "c"):
        sandbox.write(f"data/{name}", "old")
    sandbox.tiffin("add", "data")
    for name in ("a", "b"):
        sandbox.write(f"data/{name}", f"new {name}")
    sandbox.tiffin("add", "data/a", "data/b")
    clean(sandbox)


@pytest.mark.parametrize("targets", [("data", "data/a"), ("data/a", "data")])
def test_a_directory_and_a_part_of_it_are_added_together(sandbox: Sandbox, targets: tuple[str, str]) -> None:
    for name in ("a", "b"):
        sandbox.write(f"data/{name}", "old")
    sandbox.tiffin("add", "data")
    for name in ("a", "b"):
        sandbox.write(f"data/{name}", f"new {name}")
    sandbox.tiffin("add", *targets)
    clean(sandbox)


def test_the_second_output_of_a_dvc_file_is_added(sandbox: Sandbox) -> None:
    sandbox.write("a.csv", "a")
    sandbox.write("b.csv", "b")
    sandbox.write("both.dvc", "outs:\n- path: a.csv\n- path: b.csv\n")
    sandbox.tiffin("commit", "--force")
    sandbox.write("b.csv", "new b")
    sandbox.tiffin("add", "b.csv")
    clean(sandbox)
    (sandbox.root / "a.csv").unlink()
    sandbox.tiffin("checkout")
    assert (sandbox.read("a.csv"), sandbox.read("b.csv")) == ("a", "new b")


def test_a_dvc_file_that_tracks_something_else_is_not_overwritten(sandbox: Sandbox) -> None:
    sandbox.write("models/forest", "trees")
    sandbox.write("model.dvc", "outs:\n- path: models/forest\n")
    sandbox.tiffin("commit", "--force")
    before = sandbox.read("model.dvc")
    sandbox.write("model", "other")
    assert sandbox.tiffin("add", "model", code=1).err == snapshot(
        """\
ERROR: 'model' would be tracked by 'model.dvc', which tracks 'models/forest'
hint: rename one of them
"""
    )
    assert sandbox.read("model.dvc") == before


def test_names_that_no_metadata_can_hold_are_refused(sandbox: Sandbox) -> None:
    sandbox.write("a\nb", "1")
    assert "the name of 'a\\nb' has a line end" in sandbox.tiffin("add", "a\nb", code=1).err
    odd = os.fsdecode(b"c\xff")
    (sandbox.root / odd).write_bytes(b"1")
    assert "is not UTF-8" in sandbox.tiffin("add", odd, code=1).err
    (sandbox.root / "data").mkdir()
    (sandbox.root / "data" / odd).write_bytes(b"1")
    assert "the name of 'c\\udcff' is not UTF-8" in sandbox.tiffin("add", "data", code=1).err
    assert not sandbox.exists(".gitignore")


def test_names_that_metadata_has_to_quote_come_back(sandbox: Sandbox) -> None:
    names = ["a'b\"c", "é ü.txt", "#h!*[x]?", "- dash: colon", "tab\there"]
    for name in names:
        sandbox.write(name, name)
        sandbox.write(f"data/{name}", name)
    sandbox.write("data/line\nend", "in a directory it is fine")
    sandbox.tiffin("add", "data", *names)
    untracked = sandbox.git("ls-files", "--others", "--exclude-standard", "-z").split("\0")
    assert not set(untracked) & {"data", *names}
    before = sandbox.tree("data")
    for name in names:
        (sandbox.root / name).unlink()
        (sandbox.root / "data" / name).unlink()
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == before
    assert [sandbox.read(name) for name in names] == names


def test_an_object_somebody_wrote_to_through_a_link_does_not_look_sound_again(sandbox: Sandbox) -> None:
    sandbox.tiffin("config", "cache.type", "hardlink")
    file = sandbox.write("data", "one")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    file.chmod(0o644)
    file.write_text("two", encoding="utf-8")  # into the object
    sandbox.tiffin("add", "data")
    sandbox.git("checkout", "--quiet", "--", "data.dvc")
    assert "match" in sandbox.tiffin("checkout", code=255).err
    assert sandbox.read("data") == "two"


# ---- checkout


def test_an_empty_directory_comes_back(sandbox: Sandbox) -> None:
    (sandbox.root / "data").mkdir()
    sandbox.tiffin("add", "data")
    (sandbox.root / "data").rmdir()
    assert sandbox.tiffin("checkout").out == "A       data/\n"
    assert (sandbox.root / "data").is_dir()
    clean(sandbox)


def test_an_empty_directory_in_the_place_of_a_file_gives_way(sandbox: Sandbox) -> None:
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data/a").unlink()
    (sandbox.root / "data/a").mkdir()
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "1"}


def test_ignored_files_keep_their_directory_from_being_replaced(sandbox: Sandbox) -> None:
    sandbox.write(".dvcignore", "data/*.log\n")
    sandbox.write("data", "a file")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data").unlink()
    sandbox.write("data/run.log", "precious")
    assert sandbox.tiffin("checkout", code=255).err == snapshot(
        """\
ERROR: 'data/run.log' is not tracked and would be lost
hint: move it out of the directory, or give it up with --force
"""
    )
    assert sandbox.read("data/run.log") == "precious"
    sandbox.tiffin("checkout", "--force")
    assert sandbox.read("data") == "a file"


def test_ignored_files_stay_when_their_directory_is_no_longer_tracked(sandbox: Sandbox) -> None:
    sandbox.write(".dvcignore", "data/*.log\n")
    sandbox.write("other", "kept")
    sandbox.write("data/a", "1")
    sandbox.write("data/run.log", "precious")
    (sandbox.root / "data/link").symlink_to("..")
    sandbox.tiffin("add", "data", "other")
    sandbox.tiffin("checkout")
    (sandbox.root / "data.dvc").unlink()
    assert sandbox.tiffin("checkout").out == "D       data/\n"  # what is left of it
    assert {path.name for path in (sandbox.root / "data").iterdir()} == {"link", "run.log"}


@pytest.mark.parametrize("flags", [(), ("--force",)])
def test_what_is_no_longer_tracked_and_not_stored_stays(sandbox: Sandbox, flags: tuple[str, ...]) -> None:
    sandbox.write("data", "stored")
    sandbox.write("kept", "stored")
    sandbox.tiffin("add", "data", "kept")
    sandbox.tiffin("checkout")
    (sandbox.root / "data.dvc").unlink()
    sandbox.write("data", "precious")
    sandbox.tiffin("checkout", *flags)
    assert sandbox.read("data") == "precious"


def test_what_went_from_tiffin_to_git_stays(sandbox: Sandbox) -> None:
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.tiffin("checkout")
    (sandbox.root / "data.dvc").unlink()
    (sandbox.root / ".gitignore").unlink()
    sandbox.commit()
    sandbox.tiffin("checkout")
    assert sandbox.read("data") == "1"


def test_what_a_killed_checkout_left_is_no_obstacle(sandbox: Sandbox) -> None:
    sandbox.write("data/a", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data/a").unlink()
    sandbox.write(f"data/{_native.temporary_name()}", "half")
    sandbox.tiffin("checkout")
    assert sandbox.tree("data") == {"a": "1"}
    clean(sandbox)


@pytest.mark.parametrize("path", [".git/hooks/post-checkout", ".dvc/config", "x/.GIT/config"])
def test_outputs_never_go_where_git_and_dvc_keep_their_settings(sandbox: Sandbox, path: str) -> None:
    sandbox.write("x.dvc", f"outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  path: {path}\n")
    sandbox.write(".dvc/cache/files/md5/d4/1d8cd98f00b204e9800998ecf8427e", "")
    before = sandbox.read(".dvc/config")
    assert f"output '{path}' in 'x.dvc' lies in a directory of Git or DVC" in sandbox.tiffin("checkout", code=255).err
    assert not sandbox.exists(".git/hooks/post-checkout")
    assert sandbox.read(".dvc/config") == before


def test_a_link_out_of_the_repository_is_not_followed(sandbox: Sandbox) -> None:
    sandbox.write("data/sub/a", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data/sub/a").unlink()
    (sandbox.root / "data/sub").rmdir()
    outside = sandbox.root.parent / "outside"
    outside.mkdir()
    (sandbox.root / "data/sub").symlink_to(outside)
    sandbox.tiffin("checkout", code=255)
    assert not list(outside.iterdir())


@pytest.mark.parametrize("name", ["data", "data/a"])
def test_an_object_a_power_failure_left_empty_does_not_count_as_stored(sandbox: Sandbox, name: str) -> None:
    sandbox.write(name, "old")
    sandbox.tiffin("add", "data")
    sandbox.commit()
    sandbox.write(name, "precious")
    sandbox.tiffin("add", "data")
    sandbox.git("checkout", "--quiet", "--", "data.dvc")
    oid = hashlib.md5(b"precious").hexdigest()
    stored = sandbox.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"")
    assert "stored nowhere else" in sandbox.tiffin("checkout", code=255).err
    assert sandbox.read(name) == "precious"


# ---- repro


def test_what_changed_while_an_earlier_stage_ran_is_what_the_next_one_used(sandbox: Sandbox) -> None:
    sandbox.write(
        "dvc.yaml",
        "stages:\n"
        "  slow:\n    cmd: cp new tool; echo done > first\n    deps: [input]\n    outs: [first]\n"
        "  next:\n    cmd: cp tool second\n    deps: [tool, first]\n    outs: [second]\n",
    )
    for name in ("input", "new"):
        sandbox.write(name, name)
    sandbox.write("tool", "old")
    assert "changed while" not in sandbox.tiffin("repro").err
    assert sandbox.read("second") == "new"
    clean(sandbox)


def test_a_run_whose_inputs_changed_meanwhile_is_not_remembered(sandbox: Sandbox) -> None:
    sandbox.write(
        "dvc.yaml",
        "stages:\n  s:\n    cmd: cp new tool; cp tool out\n    deps: [tool]\n    outs: [out]\n",
    )
    sandbox.write("new", "new")
    sandbox.write("tool", "old")
    assert "'tool' changed while the stage ran" in sandbox.tiffin("repro").err
    sandbox.write("tool", "old")
    assert not sandbox.exists(".dvc/cache/runs")


def test_files_git_ignores_are_set_aside_with_the_output_they_lie_in(sandbox: Sandbox) -> None:
    sandbox.write(".gitignore", "out/*.tmp\n")
    sandbox.write("out/a", "1")
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: exit 1\n    deps: [in]\n    outs: [{out: {cache: false}}]\n")
    sandbox.write("in", "1")
    sandbox.commit()
    sandbox.write("out/x.tmp", "precious")
    error = sandbox.tiffin("repro", code=255).err
    assert "bring it back with `mv .dvc/tmp/tiffin/aside/1/out out`" in error
    assert sandbox.read(".dvc/tmp/tiffin/aside/1/out/x.tmp") == "precious"


def test_dependencies_may_be_directories_anywhere(sandbox: Sandbox) -> None:
    outside = sandbox.root.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text("1", encoding="utf-8")
    sandbox.write(
        "dvc.yaml",
        f"stages:\n  s:\n    cmd: cp {outside}/a out\n    deps: ['{outside}', ../outside]\n    outs: [out]\n",
    )
    sandbox.tiffin("repro")
    clean(sandbox)
    (outside / "a").write_text("2", encoding="utf-8")
    sandbox.tiffin("repro")
    assert sandbox.read("out") == "2"


# ---- places that cannot be written to


def test_status_answers_where_nothing_can_be_written(sandbox: Sandbox) -> None:
    sandbox.write("data/a", "1")
    sandbox.write("file", "1")
    sandbox.tiffin("add", "data", "file")
    subprocess.run(["rm", "-r", sandbox.root / ".dvc/tmp/tiffin"], check=True)
    sandbox.write(".dvc/tmp/tiffin", "no place for an index")
    clean(sandbox)
    sandbox.write("file", "2")
    assert "modified:           file" in sandbox.tiffin("status").out


# ---- files that strangers, crashes and other tools left


@pytest.mark.parametrize("oid", ["../../../../etc/passwd", "d41d8cd98f00b204e9800998ecf8427g", "d41d.dir"])
def test_an_id_that_is_none_is_refused_before_it_becomes_a_path(sandbox: Sandbox, oid: str) -> None:
    sandbox.write("x.dvc", f"outs:\n- md5: {oid}\n  path: x\n")
    for command, code in (("checkout", 255), ("fetch", 1)):
        assert f"is recorded as '{oid}', which is no MD5" in sandbox.tiffin(command, code=code).err


@pytest.mark.parametrize("path", ["../outside", "/tmp/outside", "a/.git/hooks/post-commit", ".GIT/config"])
def test_a_listing_that_leads_elsewhere_is_refused(sandbox: Sandbox, path: str) -> None:
    body = f'[{{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "{path}"}}]'
    oid = hashlib.md5(body.encode()).hexdigest() + ".dir"
    sandbox.write(f".dvc/cache/files/md5/{oid[:2]}/{oid[2:]}", body)
    sandbox.write(".dvc/cache/files/md5/d4/1d8cd98f00b204e9800998ecf8427e", "")
    sandbox.write("data.dvc", f"outs:\n- md5: {oid}\n  hash: md5\n  path: data\n")
    assert "cannot be read" in sandbox.tiffin("checkout", code=255).err
    assert not sandbox.exists("data")
    assert not sandbox.exists("outside")


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"write": [], "read": {"a": "b"}}', '{"write": {"a": {"pid": "x"}}}'])
def test_a_table_of_claims_that_says_nothing_does_not_stop_a_run(sandbox: Sandbox, text: str) -> None:
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: echo 1 > out\n    outs: [out]\n")
    sandbox.write(".dvc/tmp/rwlock", text)
    sandbox.tiffin("repro")
    assert sandbox.read("out") == "1\n"


def test_damaged_entries_of_the_run_cache_are_as_good_as_absent(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n")
    sandbox.write("in", "1")
    sandbox.tiffin("repro")
    (entry,) = (path for path in (sandbox.root / ".dvc/cache/runs").rglob("*") if path.is_file())
    entry.with_name("0" * 64).write_bytes(b"\xff\xfe")
    entry.with_name(f"{entry.name}.tiffin-1.tmp").write_bytes(entry.read_bytes()[:40])
    entry.with_name("1" * 64).mkdir()
    (sandbox.root / "dvc.lock").unlink()
    assert "skipping run" in sandbox.tiffin("repro").out


def test_a_lock_file_that_breaks_while_a_stage_runs_is_kept(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: echo '<<<<<<< HEAD' > dvc.lock; echo 1 > out\n    outs: [out]\n")
    for run in (1, 2):
        sandbox.write("dvc.lock.unreadable", "from before")
        sandbox.tiffin("repro", "--force")
        assert "echo 1 > out" in sandbox.read("dvc.lock")
        assert sandbox.read(f"dvc.lock.unreadable{run + 1}") == "<<<<<<< HEAD\n"
        assert sandbox.read("dvc.lock.unreadable") == "from before"


def test_damaged_index_files_cost_time_only(sandbox: Sandbox) -> None:
    sandbox.write("data/a", "1")
    sandbox.write("file", "1")
    sandbox.tiffin("add", "data", "file")
    saved = [path for path in (sandbox.root / ".dvc/tmp/tiffin/index").rglob("*") if path.is_file()]
    assert len(saved) == 2
    for path in saved:
        body = bytearray(path.read_bytes())
        body[len(body) // 2] ^= 1
        path.write_bytes(body)
    clean(sandbox)
    for path in saved:
        path.write_bytes(path.read_bytes()[:30])
    clean(sandbox)


WAYS = {
    "add": ("add", "../outside", "-o"),
    "add --to-remote": ("add", "--to-remote", "../outside", "-o"),
    "import-url": ("import-url", "../outside"),
    "import": ("import", "../source", "file", "-o"),
}


@pytest.fixture
def from_outside(sandbox: Sandbox) -> Sandbox:
    """With a file and a repository beside it, and a remote."""
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    sandbox.write("../outside", "far")
    sandbox.write("../source/file", "far")
    sandbox.tiffin("init", "-q", "--no-scm", cd="../source")
    sandbox.tiffin("add", "-q", "file", cd="../source")
    sandbox.write(".dvcignore", "*.tmp\n")
    sandbox.write("model.dvc", "outs:\n- path: models/forest\n")
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    outs: [out]\n")
    sandbox.write("out", "mine")
    return sandbox


PLACES = {
    "../elsewhere": "it is not below the repository's root",
    ".git/hooks/pre-commit": "it is part of the repository itself",
    ".dvc/x": "it is part of the repository itself",
    "a.tmp": "is ignored by .dvcignore",
    "a\nb": "has a line end",
    "model": "would be tracked by 'model.dvc', which tracks 'models/forest'",
    "out": "stage 's'",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", WAYS)
def test_what_comes_from_outside_goes_where_data_may_be_and_nowhere_else(
    from_outside: Sandbox, way: str, place: str
) -> None:
    force = ["-f"] if place == "out" else []
    before = _everything(from_outside)
    told = from_outside.tiffin(*WAYS[way], place, *force, code=1).err
    assert PLACES[place] in told
    assert _everything(from_outside) == before
    assert from_outside.read("out") == "mine"
    assert from_outside.read("model.dvc") == "outs:\n- path: models/forest\n"


def _everything(sandbox: Sandbox) -> set[str]:
    """Every file in and beside the repository, but tiffin's own notes."""
    paths = (path for path in sandbox.root.parent.rglob("*") if path.is_file() and path.parent.name != "tmp")
    return {path.relative_to(sandbox.root.parent).as_posix() for path in paths}

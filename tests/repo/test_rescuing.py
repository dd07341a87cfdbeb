"""What a killed run had set aside comes back, or the user is told where it is; never is it lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.cli import main

PIPELINE = """\
stages:
  make:
    cmd: {cmd}
    deps: [source]
    outs:
    - out:
        cache: false
    - deep/er/folder:
        cache: false
"""
WAIT = "touch started && sleep 60"
BACK = (
    "WARNING: 'out' was set aside by a run of its stage that was killed; it is back in its place\n"
    "WARNING: 'deep/er/folder' was set aside by a run of its stage that was killed; it is back in its place\n"
)
LEFT = (
    "WARNING: the earlier 'out' is stored nowhere else; a run of its stage that was killed has left it as "
    "'.dvc/tmp/tiffin/aside/1/out'\n"
    "hint: to have it back, move 'out' away and run `mv .dvc/tmp/tiffin/aside/1/out out` at the root; else remove "
    "'.dvc/tmp/tiffin/aside/1/out'\n"
)


def started(box: Sandbox) -> "subprocess.Popen[bytes]":
    """A run that has set its outputs aside and now runs its command."""
    run = subprocess.Popen(
        [sys.executable, "-m", "tiffin", "repro"],
        cwd=box.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for _ in range(1000):
        if box.exists("started"):
            return run
        time.sleep(0.01)
    pytest.fail("the stage never started")


def kill(run: "subprocess.Popen[bytes]") -> None:
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


@pytest.fixture
def precious(sandbox: Sandbox) -> Sandbox:
    """Outputs that nobody has stored."""
    sandbox.write("source", "source")
    sandbox.write("out", "precious")
    sandbox.write("deep/er/folder/file", "precious too")
    sandbox.write("dvc.yaml", PIPELINE.format(cmd=WAIT))
    return sandbox


def is_back(box: Sandbox) -> bool:
    return box.read("out") == "precious" and box.read("deep/er/folder/file") == "precious too"


@pytest.mark.parametrize(("command", "code"), [("checkout", 0), ("repro", 255)])
def test_after_a_kill_the_outputs_are_back(precious: Sandbox, command: str, code: int) -> None:
    kill(started(precious))
    assert not precious.exists("out")
    precious.write("dvc.yaml", PIPELINE.format(cmd="exit 1"))
    answer = precious.tiffin(command, code=code)
    assert answer.err.startswith(BACK)
    if command == "checkout":
        assert is_back(precious)
        assert list((precious.root / ".dvc/tmp/tiffin/aside").iterdir()) == []
    else:
        assert "it was set aside as '.dvc/tmp/tiffin/aside/1/out'" in answer.err
    assert "killed" not in precious.tiffin(command, code=code).err


def test_what_has_something_in_its_place_is_told_until_it_is_gone(precious: Sandbox) -> None:
    kill(started(precious))
    precious.write("out", "new")
    assert LEFT in precious.tiffin("checkout").err
    assert precious.read("out") == "new"
    assert precious.read(".dvc/tmp/tiffin/aside/1/out") == "precious"
    assert precious.read("deep/er/folder/file") == "precious too"
    assert precious.tiffin("checkout").err.startswith(LEFT)
    precious.tiffin("gc", "--workspace", "--force")
    assert precious.tiffin("pull").err.startswith(LEFT)
    (precious.root / ".dvc/tmp/tiffin/aside/1/out").rename(precious.root / "out")
    assert "killed" not in precious.tiffin("checkout").err
    assert list((precious.root / ".dvc/tmp/tiffin/aside").iterdir()) == []


def test_a_run_that_goes_on_is_left_alone(precious: Sandbox) -> None:
    run = started(precious)
    try:
        assert "killed" not in precious.tiffin("checkout").err
        assert not precious.exists("out")
    finally:
        kill(run)
    assert precious.tiffin("checkout").err.startswith(BACK)


def test_a_dry_run_brings_nothing_back(precious: Sandbox) -> None:
    kill(started(precious))
    assert "killed" not in precious.tiffin("repro", "--dry").err
    assert not precious.exists("out")


def test_a_run_that_succeeds_leaves_nothing(precious: Sandbox) -> None:
    precious.write("dvc.yaml", PIPELINE.format(cmd="echo new > out && mkdir -p deep/er/folder"))
    precious.tiffin("repro")
    assert list((precious.root / ".dvc/tmp/tiffin/aside").iterdir()) == []


@pytest.mark.parametrize("text", ["", '"out', '"out"\n"deep/er'])
def test_a_list_that_was_cut_off_names_what_it_can(precious: Sandbox, text: str) -> None:
    base = precious.write(".dvc/tmp/tiffin/aside/3.lock", text).parent
    (base / "3").mkdir()
    if "\n" in text:
        (precious.root / "out").rename(base / "3/out")
    precious.tiffin("checkout")
    assert precious.read("out") == "precious"
    assert not Path(base / "3.lock").exists()


@pytest.mark.parametrize(
    "path", ["../outside", "/outside", ".git/hooks/post-checkout", "linked/out", "other", "a/../out"]
)
def test_a_list_from_a_clone_brings_nothing_where_no_stage_writes(precious: Sandbox, path: str) -> None:
    (precious.root / "linked").symlink_to("..")
    (precious.root / "out").unlink()
    evil = Path(os.path.normpath(precious.root / ".dvc/tmp/tiffin/aside/1" / path.lstrip("/")))
    evil.parent.mkdir(parents=True, exist_ok=True)
    evil.write_text("evil")
    precious.write(".dvc/tmp/tiffin/aside/1.lock", f"{json.dumps(path)}\n")
    precious.tiffin("checkout")
    assert evil.read_text() == "evil"
    assert not precious.exists("out")
    assert not any(
        (precious.root / place).exists() for place in ("../outside", "../out", ".git/hooks/post-checkout", "other")
    )


@pytest.mark.parametrize("place", ["aside", "aside/1", "aside/1.lock", "aside/1/deep"])
def test_a_link_from_a_clone_takes_nothing_from_elsewhere(precious: Sandbox, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    files = {"1/out", "1/deep/er/folder/file", "out", "deep/er/folder/file", "er/folder/file"}
    for name in files:
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text("of somebody else")
    (outside / "1.lock").write_text('"out"\n"deep/er/folder"\n')
    for name in ("out", "deep"):
        subprocess.run(["rm", "-r", precious.root / name], check=True)
    link = precious.write(f".dvc/tmp/tiffin/{place}", "")
    link.unlink()
    if place in ("aside/1", "aside/1/deep"):
        precious.write(".dvc/tmp/tiffin/aside/1.lock", '"out"\n"deep/er/folder"\n')
    link.symlink_to(outside / "1.lock" if place == "aside/1.lock" else outside)
    main(["--cd", str(precious.root), "checkout"])
    assert not precious.exists("out")
    assert not precious.exists("deep/er/folder")
    assert all((outside / name).read_text() == "of somebody else" for name in files)

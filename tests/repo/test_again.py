"""A repeated question is answered from what the last answer rested on, and never after any of that has changed."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import tiffin.cli._main
import tiffin.footprint
import tiffin.index._seeing
from tests.repo.conftest import Sandbox
from tiffin._native import Ignore, Table
from tiffin.cli import main

PIPELINE = """\
vars: [{limit: 3}]
stages:
  count:
    cmd: wc -c < words.txt > count.txt && mkdir parts && cp words.txt parts/a
    deps: [words.txt, tables]
    params: [rate]
    outs: [count.txt, parts]
"""


@pytest.fixture
def project(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Data, a directory and a pipeline, all recorded and nothing young."""
    sandbox.write("words.txt", "one two")
    sandbox.write("tables/a.csv", "1,2")
    sandbox.write("tables/b.csv", "3,4")
    sandbox.write("params.yaml", "rate: 1\n")
    sandbox.write("sub/plain.txt", "kept by Git")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.tiffin("add", "words.txt", "tables")
    sandbox.tiffin("repro")
    monkeypatch.chdir(sandbox.root)
    settle(sandbox)
    return sandbox


def settle(sandbox: Sandbox) -> None:
    """Ask until answers are kept: not before the clock of the file system has moved on."""
    for question in ("status", "repro"):
        for _ in range(100):
            ask(sandbox, question)
            if kept(sandbox, question):
                break
            time.sleep(0.01)
        else:
            pytest.fail(f"no answer to {question} was ever kept")


def ask(sandbox: Sandbox, *words: str) -> tuple[int, str]:
    sandbox._capfd.readouterr()
    code = main(words)
    return code, sandbox._capfd.readouterr().out


def kept(sandbox: Sandbox, *words: str) -> bool:
    """Whether the question is answered without working it out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiffin.cli._main, "run", lambda *_: 77)
        return ask(sandbox, *words)[0] != 77


def replaced(path: Path, text: str) -> None:
    """Same size, same times, by rename: only inode and ctime tell."""
    before = path.stat()
    beside = path.with_name("beside")
    beside.write_text(text)
    assert beside.stat().st_size == before.st_size
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.rename(path)


def object_of(root: Path, text: str) -> Path:
    found = [file for file in (root / ".dvc/cache/files/md5").rglob("*") if file.is_file() and file.read_text() == text]
    return found[0]


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file is rewritten": lambda root: (root / "words.txt").write_text("one tw0"),
    "a file is replaced by one with its times": lambda root: replaced(root / "words.txt", "One two"),
    "a file is gone": lambda root: (root / "words.txt").unlink(),
    "a file of a directory is rewritten": lambda root: (root / "tables/a.csv").write_text("1,3"),
    "a directory has one more file": lambda root: (root / "tables/c.csv").write_text("5"),
    "a directory has one file less": lambda root: (root / "tables/b.csv").unlink(),
    "a directory is gone": lambda root: shutil.rmtree(root / "tables"),
    "an output is gone": lambda root: (root / "count.txt").unlink(),
    "an object is gone": lambda root: object_of(root, "one two").unlink(),
    "an object of a directory is gone": lambda root: object_of(root, "3,4").unlink(),
    "the cache is gone": lambda root: shutil.rmtree(root / ".dvc/cache"),
    "a parameter has another value": lambda root: (root / "params.yaml").write_text("rate: 2\n"),
    "the parameters are gone": lambda root: (root / "params.yaml").unlink(),
    "the command is another": lambda root: (root / "dvc.yaml").write_text(PIPELINE.replace("wc -c", "wc -m")),
    "the lock file is gone": lambda root: (root / "dvc.lock").unlink(),
    "a .dvc file says something else": lambda root: replaced(
        root / "words.txt.dvc",
        (root / "words.txt.dvc").read_text().replace("md5: 5", "md5: 6").replace("md5: b", "md5: c"),
    ),
    "there is a new .dvc file in a directory": lambda root: (root / "sub/x.dvc").write_text("outs:\n- path: x\n"),
    "there is a new dvc.yaml in a directory": lambda root: (root / "sub/dvc.yaml").write_text(
        "stages: {a: {cmd: b}}\n"
    ),
    ".dvcignore hides a file": lambda root: (root / ".dvcignore").write_text("tables/b.csv\n"),
    ".gitignore hides the pipeline": lambda root: (root / ".gitignore").write_text("/words.txt\n/tables\n/dvc.yaml\n"),
    ".git/info/exclude hides the pipeline": lambda root: (root / ".git/info/exclude").write_text("/dvc.yaml\n"),
    "the settings name another cache": lambda root: (root / ".dvc/config.local").write_text(
        "[cache]\ndir = /nowhere\n"
    ),
    "the settings are broken": lambda root: (root / ".dvc/config").write_text("[core\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_answer_is_what_it_would_be_without_the_one_before(project: Sandbox, change: str) -> None:
    CHANGES[change](project.root)
    assert not kept(project, "repro")
    assert not kept(project, "status")
    answer = ask(project, "status")
    shutil.rmtree(project.root / ".dvc/tmp/tiffin/answers")
    assert answer == ask(project, "status")


def test_what_another_command_hashed_meanwhile_does_not_hide_a_change(project: Sandbox) -> None:
    project.write("tables/a.csv", "9,9")
    time.sleep(0.05)
    project.tiffin("status", "tables.dvc")  # through --cd: it keeps no answer, but the index now has the new hash
    assert "modified" in ask(project, "status")[1]


def test_a_changed_workspace_is_an_answer_too(project: Sandbox) -> None:
    project.write("words.txt", "other words")
    time.sleep(0.05)
    first = ask(project, "status")
    assert "modified" in first[1]
    ask(project, "status")
    assert kept(project, "status")
    assert ask(project, "status") == first


def test_what_was_written_just_now_is_looked_at_again(project: Sandbox) -> None:
    for text in ("one", "two", "six", "ten"):
        project.write("words.txt", text)
        assert "modified" in ask(project, "status")[1]
        project.tiffin("commit", "--force", "words.txt.dvc")
        assert "words.txt" not in ask(project, "status", "words.txt.dvc")[1]


def test_another_question_is_another_answer(project: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not kept(project, "status", "--json")
    assert ask(project, "status", "--json") == (0, "{}\n")
    ask(project, "status")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(project.root / "elsewhere"))
    assert not kept(project, "status")
    monkeypatch.delenv("DVC_GLOBAL_CONFIG_DIR")
    monkeypatch.chdir(project.root / "sub")
    assert not kept(project, "status")


@pytest.mark.parametrize("size", [0, 1, 20, 200, -1, -4, -5])
def test_an_answer_that_was_cut_off_is_none(project: Sandbox, size: int) -> None:
    file = project.root / ".dvc/tmp/tiffin/answers/status"
    file.write_bytes(file.read_bytes()[:size])
    assert not kept(project, "status")
    assert ask(project, "status")[0] == 0


def test_a_repository_that_cannot_be_written_to_answers_all_the_same(project: Sandbox) -> None:
    answers = project.root / ".dvc/tmp/tiffin/answers"
    shutil.rmtree(answers)
    answers.write_text("in the way")
    assert ask(project, "status") == (0, "Data and pipelines are up to date.\n")


def test_repro_runs_what_changed(project: Sandbox) -> None:
    project.write("params.yaml", "rate: 7\n")
    assert "Running stage 'count'" in ask(project, "repro")[1]
    assert "Running stage" not in ask(project, "repro")[1]


def test_a_stage_that_always_runs_is_never_answered_for(project: Sandbox) -> None:
    project.write("dvc.yaml", "stages: {now: {cmd: date > /dev/null, always_changed: true}}\n")
    time.sleep(0.05)
    for _ in range(3):
        assert "Running stage 'now'" in ask(project, "repro")[1]


def test_a_directory_is_looked_through_once_when_its_answer_does_not_hold(
    project: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = []
    scan = tiffin.footprint.scan_directory

    def counted(root: str, directory: str, ignore: Ignore) -> tuple[Table, list[str]]:
        scans.append(directory)
        return scan(root, directory, ignore)

    monkeypatch.setattr(tiffin.footprint, "scan_directory", counted)
    monkeypatch.setattr(tiffin.index._seeing, "scan_directory", counted)
    project.write("tables/a.csv", "9,9")
    code, said = ask(project, "status")
    assert (code, "tables" in said) == (0, True)
    assert sorted(scans) == ["parts", "tables"]


def test_what_was_seen_before_a_stage_ran_is_not_what_it_left(project: Sandbox) -> None:
    project.write(
        "dvc.yaml",
        PIPELINE.replace("cmd: ", "cmd: echo new > sub/fresh && ") + "  use:\n    cmd: ls sub\n    deps: [sub]\n",
    )
    assert ask(project, "repro")[0] == 0
    settle(project)
    project.write("words.txt", "three")
    project.write("sub/fresh", "old")
    assert ask(project, "repro")[0] == 0
    assert ask(project, "status") == (0, "Data and pipelines are up to date.\n")


def test_many_paths_have_the_same_stat_fields_as_each_alone(tmp_path):
    (tmp_path / "file").write_text("text")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "lost").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    paths = [str(tmp_path / name) for name in ("file", "folder", "link", "lost", "absent", "file/below", "loop")]
    alone = tiffin.footprint.all_stat_fields(paths)
    assert tiffin.footprint.all_stat_fields(paths * 100) == alone * 100
    assert alone[3:] == ["-", "-", "-", "?"]

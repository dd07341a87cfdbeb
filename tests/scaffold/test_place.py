"""Where a project may be made, and what it finds there."""

from pathlib import Path

import pytest

from tests.scaffold.conftest import Desk


def test_an_empty_directory_is_filled_and_stays_the_same_one(desk: Desk) -> None:
    (desk.root / "box").mkdir()
    before = (desk.root / "box").stat().st_ino
    desk.tiffin("new", ".", cd="box")
    assert (desk.root / "box").stat().st_ino == before
    assert desk.git("log", "--format=%s", cd="box") == "Start box\n"
    assert desk.names() == ["box"]


def test_a_git_repository_without_commits_is_filled(desk: Desk) -> None:
    desk.git("init", "-q", "-b", "trunk", "box")
    desk.git("remote", "add", "origin", "https://example.org/box.git", cd="box")
    desk.tiffin("new", "box")
    assert desk.git("branch", "--show-current", cd="box") == "trunk\n"
    assert desk.git("remote", cd="box") == "origin\n"
    assert desk.git("status", "--short", cd="box") == ""


def test_directories_above_are_made(desk: Desk) -> None:
    desk.tiffin("new", "a/b/box")
    assert (desk.root / "a/b/box/dvc.yaml").exists()


@pytest.mark.parametrize(("path", "told"), [("box/file", "is not empty: file"), ("box", "is a file")])
def test_what_is_there_is_never_overwritten(desk: Desk, path: str, told: str) -> None:
    precious = desk.write(path, "precious")
    answer = desk.tiffin("new", "box", code=255)
    assert f"'{desk.root / 'box'}' {told}" in answer.err
    assert precious.read_text("utf-8") == "precious"
    assert desk.names() == ["box"]


def test_a_git_repository_with_commits_is_refused(desk: Desk) -> None:
    desk.git("init", "-q", "box")
    desk.git("commit", "-q", "--allow-empty", "-m", "one", cd="box")
    assert "has commits already" in desk.tiffin("new", "box", code=255).err


def test_inside_of_another_repository_a_project_is_made_only_when_asked(desk: Desk) -> None:
    desk.git("init", "-q")
    answer = desk.tiffin("new", "box", code=255)
    assert f"is inside of the Git repository '{desk.root}'" in answer.err
    assert "--subdir" in answer.err
    desk.tiffin("new", "box", "--subdir")
    assert not (desk.root / "box" / ".git").exists()
    assert desk.git("diff", "--cached", "--name-only").split() == [
        "box/.dvc/.gitignore",
        "box/.dvc/config",
        "box/.dvcignore",
    ]
    desk.tiffin("repro", "-q", cd="box")
    desk.tiffin("status", cd="box")


def test_subdir_wants_a_repository_around_it(desk: Desk) -> None:
    assert "is in no Git repository" in desk.tiffin("new", "box", "--subdir", code=255).err


@pytest.mark.parametrize(
    ("remote", "url"), [(None, "../../box-storage"), ("there", "../../there"), ("https://x.org/s", "https://x.org/s")]
)
def test_the_remote_is_outside_of_the_project(desk: Desk, remote: str | None, url: str) -> None:
    desk.tiffin("new", "box", *(["--remote", remote] if remote else []))
    assert f"url = {url}\n" in (desk.root / "box/.dvc/config").read_text("utf-8")
    assert desk.names() == ["box"]


def test_what_fails_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiffin.scaffold._project.finish", _fails)
    desk.tiffin("new", "deep/box", code=255)
    assert desk.names() == []
    desk.git("init", "-q", "box")
    desk.tiffin("new", "box", code=255)
    assert desk.names("box") == [".git"]


def _fails(*_: object) -> None:
    raise OSError(28, "No space left on device", "somewhere")


def test_a_machine_where_nobody_told_git_who_they_are(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "nothing"))
    desk.tiffin("new", "box")
    assert desk.git("log", "--format=%an %ae", cd="box") == "tiffin tiffin@localhost\n"

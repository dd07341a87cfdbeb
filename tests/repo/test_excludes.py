"""Rules of Git that count in all repositories of a user, where metadata files are looked for."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.cli import main


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, and a stage in a directory that rules may name."""
    home = tmp_path / "home"
    shutil.copytree(Path.home(), home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    for name in ("kept", "private"):
        sandbox.write(f"{name}/dvc.yaml", "stages: {make: {cmd: make}}\n")
    return home


def stages(sandbox: Sandbox) -> list[str]:
    return [line.split()[0] for line in sandbox.tiffin("stage", "list", "--all").out.splitlines()]


def rules(file: Path, text: str = "private/\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


ALL, KEPT = ["kept/dvc.yaml:make", "private/dvc.yaml:make"], ["kept/dvc.yaml:make"]


def test_the_file_at_the_usual_place_counts(
    sandbox: Sandbox, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stages(sandbox) == ALL
    rules(home / ".config/git/ignore")
    assert stages(sandbox) == KEPT
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert stages(sandbox) == ALL
    rules(tmp_path / "xdg/git/ignore")
    assert stages(sandbox) == KEPT


def test_a_rule_nearer_to_the_file_takes_it_back(sandbox: Sandbox, home: Path) -> None:
    rules(home / ".config/git/ignore")
    rules(sandbox.root / ".git/info/exclude", "!private/\n")
    assert stages(sandbox) == ALL
    rules(sandbox.root / ".git/info/exclude", "")
    sandbox.write(".gitignore", "!private\n")
    assert stages(sandbox) == ALL


@pytest.mark.parametrize("scope", ["--global", "--local", "--worktree"])
def test_settings_of_git_name_the_file(sandbox: Sandbox, home: Path, scope: str) -> None:
    rules(home / "my rules")
    sandbox.git("config", scope, "core.excludesFile", "~/my rules")
    assert stages(sandbox) == KEPT
    sandbox.git("config", scope, "core.excludesFile", "")
    assert stages(sandbox) == ALL


def test_settings_that_other_settings_include_name_the_file(sandbox: Sandbox, home: Path) -> None:
    rules(home / "rules")
    (home / "more").write_text("[core]\n\texcludesfile = ~/rules\n")
    sandbox.git("config", "--global", "include.path", "~/more")
    assert stages(sandbox) == KEPT


def test_settings_in_the_environment_name_the_file(
    sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(rules(home / "rules"))
    for variable, value in {"COUNT": "1", "KEY_0": "core.excludesFile", "VALUE_0": name}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{variable}", value)
    assert stages(sandbox) == KEPT


def test_a_linked_working_tree_has_the_settings_of_its_repository(sandbox: Sandbox, home: Path) -> None:
    sandbox.commit()
    sandbox.git("config", "core.excludesFile", str(rules(home / "rules")))
    sandbox.git("worktree", "add", "--quiet", "../linked")
    assert stages(Sandbox(sandbox.root.parent / "linked", sandbox._capfd)) == KEPT


def test_no_process_is_started_without_such_a_setting(
    sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(home / ".config/git/ignore")
    monkeypatch.setattr(subprocess, "run", lambda *_: pytest.fail("git was started"))
    assert main(["--cd", str(sandbox.root), "status"]) == 0


def test_an_answer_is_not_given_again_once_the_rules_are_others(
    sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sandbox.root)
    answers = sandbox.root / ".dvc/tmp/tiffin/answers/status"
    for _ in range(100):
        main(["status"])
        if answers.exists():
            break
        time.sleep(0.01)
    kept = answers.read_bytes()
    main(["status"])
    assert answers.read_bytes() == kept
    rules(home / ".config/git/ignore", "/kept\n/private\n")
    sandbox._capfd.readouterr()
    main(["status"])
    assert sandbox._capfd.readouterr().out == "There are no data or pipelines tracked in this project yet.\n"


def test_without_git_no_rules_count(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    rules(home / ".config/git/ignore", "*\n")
    plain = Sandbox(tmp_path / "plain", sandbox._capfd)
    plain.root.mkdir()
    plain.tiffin("init", "--no-scm")
    plain.write("private/dvc.yaml", "stages: {make: {cmd: make}}\n")
    assert stages(plain) == ["private/dvc.yaml:make"]

"""`install`: hooks, merge drivers, and what the hooks do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

HOOKS = ("pre-commit", "post-checkout", "pre-push")


@pytest.fixture
def path(monkeypatch):
    """Git finds tiffin."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def _hooks(sandbox):
    folder = sandbox.root / ".git/hooks"
    return {name: (folder / name).read_text(encoding="utf-8") for name in HOOKS if (folder / name).exists()}


def test_hooks_and_drivers_are_set_up_once(sandbox):
    sandbox.tiffin("install")
    hooks = _hooks(sandbox)
    assert hooks["pre-commit"] == snapshot(
        """\
#!/bin/sh
command -v tiffin >/dev/null || { echo 'tiffin is not on the path: skipped' >&2; exit 0; }
exec tiffin git-hook pre-commit "$@"
"""
    )
    assert all(os.access(sandbox.root / ".git/hooks" / name, os.X_OK) for name in HOOKS)
    assert sandbox.read(".gitattributes") == "*.dvc merge=dvc\ndvc.lock merge=tiffin-lock\n"
    sandbox.tiffin("install")
    assert _hooks(sandbox) == hooks
    assert sandbox.read(".gitattributes").count("\n") == 2


def test_hooks_of_dvc_are_replaced_and_others_are_kept(sandbox):
    sandbox.write(".git/hooks/pre-push", "#!/bin/sh\nexec dvc git-hook pre-push $@\n")
    sandbox.tiffin("install")
    assert "tiffin git-hook pre-push" in _hooks(sandbox)["pre-push"]
    sandbox.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine\n")
    (sandbox.root / ".git/hooks/post-checkout").unlink()
    told = sandbox.tiffin("install", code=1).err
    assert "there is a hook 'pre-commit'" in told
    assert 'add this line to it: tiffin git-hook pre-commit "$@"' in told
    assert _hooks(sandbox)["pre-commit"] == "#!/bin/sh\necho mine\n"
    assert "post-checkout" not in _hooks(sandbox)


def test_a_driver_that_somebody_chose_is_kept(sandbox):
    sandbox.write(".gitattributes", "*.dvc merge=union")
    sandbox.tiffin("install")
    assert sandbox.read(".gitattributes") == "*.dvc merge=union\ndvc.lock merge=tiffin-lock\n"


def test_hooks_go_where_git_looks_for_them(sandbox):
    sandbox.git("config", "core.hooksPath", ".githooks")
    sandbox.tiffin("install")
    assert sandbox.exists(".githooks/pre-push")


def test_the_tool_pre_commit(sandbox):
    sandbox.write(
        ".pre-commit-config.yaml", "# ours\nrepos:\n- repo: local\n  hooks:\n  - id: x\n    entry: x # keep\n"
    )
    sandbox.tiffin("install", "--use-pre-commit-tool")
    text = sandbox.read(".pre-commit-config.yaml")
    assert text.startswith("# ours\nrepos:\n- repo: local\n  hooks:\n  - id: x\n    entry: x # keep\n- repo: local\n")
    assert text.count("entry: tiffin git-hook") == 3
    assert not _hooks(sandbox)
    sandbox.tiffin("install", "--use-pre-commit-tool")
    assert sandbox.read(".pre-commit-config.yaml") == text


def test_nothing_to_install_outside_of_git(sandbox):
    sandbox.tiffin("config", "core.no_scm", "true")
    assert "is not in a Git repository" in sandbox.tiffin("install", code=1).err


@pytest.mark.usefixtures("path")
def test_git_brings_the_data_along_and_pushes_it(sandbox, tmp_path):
    sandbox.tiffin("install")
    sandbox.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.commit("one")
    sandbox.write("data", "22")
    sandbox.tiffin("add", "data")
    sandbox.commit("two")
    sandbox.git("checkout", "--quiet", "HEAD~")
    assert sandbox.read("data") == "1"
    sandbox.git("checkout", "--quiet", "main")
    assert sandbox.read("data") == "22"
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "git")], check=True)
    sandbox.git("push", "--quiet", str(tmp_path / "git"), "main")
    assert len(list((tmp_path / "store/files/md5").rglob("*/*"))) == 1


@pytest.mark.usefixtures("path")
def test_the_commit_says_what_is_not_recorded(sandbox):
    sandbox.tiffin("install")
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data", "22")
    done = subprocess.run(
        ["git", "commit", "--allow-empty", "-m", "x"], cwd=sandbox.root, capture_output=True, text=True, check=True
    )
    assert "modified:           data" in done.stderr + done.stdout


def test_without_the_program_a_commit_goes_on_and_a_push_fails(sandbox, tmp_path, monkeypatch):
    sandbox.tiffin("install")
    (tmp_path / "bin").mkdir()
    for name in ("git", "sh"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    sandbox.git("commit", "--quiet", "--allow-empty", "-m", "x")
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "git")], check=True)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        sandbox.git("push", "--quiet", str(tmp_path / "git"), "main")
    assert "tiffin is not on the path" in caught.value.stderr


def test_hooks_mind_their_own_business(sandbox, tmp_path):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    (sandbox.root / "data").unlink()
    sandbox.tiffin("git-hook", "post-checkout", "0", "0", "0")  # a file, not a commit
    (sandbox.root / ".git/rebase-merge").mkdir()
    sandbox.tiffin("git-hook", "post-checkout", "0", "0", "1")  # half-way through a rebase
    assert not sandbox.exists("data")
    (sandbox.root / ".git/rebase-merge").rmdir()
    sandbox.tiffin("git-hook", "post-checkout", "0", "0", "1")
    assert sandbox.exists("data")
    sandbox.tiffin("--cd", str(tmp_path), "git-hook", "pre-commit")
    assert "merge-driver needs --ancestor" in sandbox.tiffin("git-hook", "merge-driver", code=254).err


@pytest.mark.usefixtures("path")
def test_a_repository_below_the_root_of_git(sandbox):
    (sandbox.root / "the sub").mkdir()
    sandbox.tiffin("init", "--subdir", "-q", cd="the sub")
    sandbox.tiffin("install", cd="the sub")
    assert "exec tiffin --cd 'the sub' git-hook pre-push" in _hooks(sandbox)["pre-push"]
    for text in ("1", "22"):
        sandbox.write("the sub/data", text)
        sandbox.tiffin("add", "data", cd="the sub")
        sandbox.commit(text)
    sandbox.git("checkout", "--quiet", "HEAD~")
    assert sandbox.read("the sub/data") == "1"
    told = sandbox.tiffin("install", code=1).err  # of the repository around it
    assert "there is a hook" in told

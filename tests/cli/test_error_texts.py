"""What a person reads when something is wrong: class, exit code, message, hint."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tiffin import cli, errors


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty repository, as working directory."""
    folder = tmp_path / "repo"
    folder.mkdir()
    monkeypatch.chdir(folder)
    _git("init", "-q")
    _tiffin("init", "-q")
    _git("commit", "-qm", "init")
    return folder


def _git(*arguments):
    subprocess.run(["git", *arguments], check=True)


def _tiffin(*arguments):
    assert cli.main(arguments) == 0


def _pipeline(text, params=None):
    Path("dvc.yaml").write_text(f"stages:\n{text}", encoding="utf-8")
    if params is not None:
        Path("params.yaml").write_text(params, encoding="utf-8")


def _tracked_file():
    Path("file").write_text("one bite\n", encoding="utf-8")
    _tiffin("add", "-q", "file")


def _objects():
    return list(Path(".dvc/cache/files/md5").glob("*/*"))


@pytest.fixture
def fails(capsys):
    """Run a command that must fail; compare class, exit code, message and hint."""

    def _fails(arguments, error, message, hint=None, *, code=None):
        capsys.readouterr()
        assert cli.main(["-v", *arguments]) == (error.exit_code if code is None else code)
        told = capsys.readouterr().err.splitlines()
        where = next(number for number, line in enumerate(told) if line.startswith("ERROR: "))
        assert told[where] == f"ERROR: {message}"
        assert told[where + 1 :] == ([f"hint: {hint}"] if hint else [])
        raised = [line.partition(":")[0] for line in told[:where] if re.match(r"tiffin\.errors\.\w+:", line)]
        assert raised[-1] == f"tiffin.errors.{error.__name__}"

    return _fails


def test_not_a_repository(fails, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(
        ["status"],
        errors.NotARepository,
        f"no repository here or in any directory above ('{tmp_path}')",
        "make one with `tiffin init`",
    )


def test_a_project_where_something_is(fails, here):
    fails(
        ["new", "."],
        errors.ScaffoldError,
        f"'{here}' is not empty: .dvc, .dvcignore, .git",
        "choose a new name, or an empty directory",
    )


def test_a_target_that_is_not_there(fails, here):
    fails(["add", "nothing.txt"], errors.TargetError, "'nothing.txt' does not exist")


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        (
            "../file",
            "'../file' cannot be tracked: it is not below the repository's root",
            "copy it here and track the copy: --out PATH",
        ),
        (".dvc/config", "'.dvc/config' cannot be tracked: it is part of the repository itself", None),
        (".git", "'.git' cannot be tracked: it is part of the repository itself", None),
        ("link", "'link' is a link that leads nowhere: 'gone' does not exist", None),
        ("pipe", "'pipe' is neither a file nor a directory", None),
        ("dvc.yaml", "'dvc.yaml' is a metadata file", "add the data it stands for instead"),
    ],
)
def test_a_target_that_cannot_be_tracked(fails, here, target, message, hint):
    Path("link").symlink_to("gone")
    os.mkfifo("pipe")
    fails(["add", target], errors.TargetError, message, hint)


def test_a_stage_that_is_not_there(fails, here):
    fails(
        ["repro", "nothing"],
        errors.StageNotFound,
        "'nothing' is neither an output nor a stage of this project",
        "`tiffin stage list --all` names the stages",
    )


def test_a_branch_given_to_checkout(fails, here):
    fails(
        ["checkout", "main"],
        errors.StageNotFound,
        "'main' is neither an output nor a stage of this project",
        "did you mean `git checkout main`?",
    )


@pytest.mark.parametrize("command", ["status", "push", "pull", "fetch", "add file", "commit", "repro", "exp show"])
def test_settings_that_cannot_be_read_have_one_exit_code(fails, here, command):
    Path(".dvc/config").write_text("[core]\n    remotee = x\n", encoding="utf-8")
    fails(
        command.split(),
        errors.ConfigError,
        "unknown option 'core.remotee' in the repo configuration",
        "did you mean 'core.remote'?",
    )


def test_a_commit_that_is_not_there(fails, here):
    fails(["exp", "show", "--rev", "nowhere"], errors.GitError, "unknown Git revision 'nowhere'", code=1)


def test_no_pipeline_yet(fails, here):
    fails(["repro"], errors.StageNotFound, "'dvc.yaml' does not exist", "`tiffin stage add` writes a first stage")


def test_a_circle(fails, here):
    _pipeline("  a: {cmd: x, deps: [b], outs: [c]}\n  d: {cmd: x, deps: [c], outs: [b]}\n")
    fails(
        ["repro"],
        errors.CycleFound,
        "the pipeline has a cycle: 'a' → 'd' → 'a'",
        "a stage cannot depend, directly or through others, on its own output",
    )


def test_two_stages_with_one_output(fails, here):
    _pipeline("  a: {cmd: x, outs: [c]}\n  d: {cmd: x, outs: [c]}\n")
    fails(
        ["repro"],
        errors.OverlappingOutputs,
        "output 'c' is specified in two places: stage 'a' and stage 'd'",
    )


def test_a_stage_name_twice(fails, here):
    _tiffin("stage", "add", "-q", "-n", "a", "-o", "o", "touch o")
    fails(
        ["stage", "add", "-n", "a", "-o", "o", "touch o"],
        errors.DuplicateStage,
        "stage 'a' is already in 'dvc.yaml'",
        "use -f to replace it",
    )


def test_a_dependency_that_is_not_there(fails, here):
    _pipeline("  a: {cmd: x, deps: [b]}\n")
    # The stage fails because of a MissingDependency, which -v shows too.
    fails(
        ["repro"],
        errors.StageFailed,
        "failed to reproduce 'a': dependency 'b' of stage 'a' does not exist",
        "if it is tracked, get it with `tiffin pull` or `tiffin checkout`",
    )


def test_committing_an_output_that_is_not_there(fails, here):
    _pipeline("  a: {cmd: x, outs: [b]}\n")
    fails(["commit", "-f"], errors.MissingDependency, "output 'b' of stage 'a' does not exist", code=1)


def test_a_parameter_that_is_not_there(fails, here):
    _pipeline("  a: {cmd: x, params: [lr]}\n", params="x: 1\n")
    # The stage fails because of a MissingParameter, which -v shows too.
    fails(
        ["repro"],
        errors.StageFailed,
        "failed to reproduce 'a': parameter 'lr' of stage 'a' is not in 'params.yaml'",
    )


def test_a_command_that_fails(fails, here):
    _pipeline("  a: {cmd: exit 3}\n")
    fails(["repro"], errors.StageFailed, "failed to reproduce 'a': failed to run: exit 3, exited with 3")


@pytest.mark.parametrize(
    ("signal", "code", "hint"),
    [
        ("INT", -2, "signal 2 (Interrupt) ended it"),
        ("KILL", -9, "signal 9 (Killed) ended it, as happens when memory runs out"),
    ],
)
def test_a_command_that_a_signal_ended(fails, here, signal, code, hint):
    _pipeline(f"  a: {{cmd: kill -{signal} $$}}\n")
    fails(
        ["repro"],
        errors.StageFailed,
        f"failed to reproduce 'a': failed to run: kill -{signal} $$, exited with {code}",
        hint,
    )


def test_a_program_of_a_command_that_a_signal_ended(fails, here):
    _pipeline("  a: {cmd: exit 137}\n")
    fails(
        ["repro"],
        errors.StageFailed,
        "failed to reproduce 'a': failed to run: exit 137, exited with 137",
        "signal 9 (Killed) ended it, as happens when memory runs out",
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(here, closed):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m tiffin status {closed}"], capture_output=True, check=True
    )
    assert done.stderr == b""


def test_objects_that_the_cache_lacks(fails, here):
    _tracked_file()
    _objects()[0].unlink()
    Path("file").unlink()
    fails(
        ["checkout"],
        errors.MissingObjects,
        "checkout failed for: file (not, or not wholly, in the cache)",
        "get the data with `tiffin pull`",
    )


def test_objects_that_the_remote_lacks_too(fails, here, tmp_path):
    _tracked_file()
    _tiffin("remote", "add", "-q", "-d", "store", str(tmp_path / "store"))
    _tiffin("push", "-q")
    for folder in (here / ".dvc/cache/files/md5", tmp_path / "store/files/md5"):
        shutil.rmtree(folder)
        folder.mkdir()
    Path("file").unlink()
    fails(
        ["pull"],
        errors.MissingObjects,
        "checkout failed for: file (not, or not wholly, in the cache)",
        "run `tiffin push` where the data is, then pull again; --allow-missing does without it",
        code=1,
    )


def test_an_object_that_does_not_match_its_id(fails, here, tmp_path):
    _tracked_file()
    (path,) = _objects()
    path.chmod(0o644)
    path.write_text("bitten\n", encoding="utf-8")
    _tiffin("remote", "add", "-q", "-d", "store", str(tmp_path / "store"))
    fails(
        ["push"],
        errors.CorruptObject,
        f"object {path.parent.name}{path.name} in {here}/.dvc/cache/files/md5 does not match its id; it was not copied",
        "remove it and add or fetch the data again",
        code=1,
    )


def test_changes_that_are_nowhere_else(fails, here):
    _tracked_file()
    Path("file").write_text("changed\n", encoding="utf-8")
    fails(
        ["checkout"],
        errors.UnsavedChanges,
        "'file' has changes that are stored nowhere else and would be lost",
        "keep them with `tiffin commit`, or give them up with --force",
    )
    assert Path("file").read_text(encoding="utf-8") == "changed\n"


def test_a_lock_that_another_process_holds(fails, here):
    Path("file").write_text("one bite\n", encoding="utf-8")
    Path(".dvc/tmp").mkdir(exist_ok=True)
    with Path(".dvc/tmp/lock").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fails(
            ["commit"],
            errors.LockHeld,
            f"another process holds the lock '{here}/.dvc/tmp/lock'",
            "wait until it is done, or use --wait-for-lock",
            code=1,
        )


def test_an_experiment_name_twice(fails, here):
    _pipeline("  a: {cmd: cp params.yaml o, params: [lr], outs: [o]}\n", params="lr: 1\n")
    _git("add", "-A")
    _git("commit", "-qm", "pipeline")
    _tiffin("exp", "run", "-q", "-n", "first")
    fails(
        ["exp", "run", "-n", "first", "-S", "lr=2"],
        errors.ExperimentError,
        "experiment 'first' of this commit exists already",
        "choose another name, or replace it with -f",
    )


def test_a_remote_that_is_not_known(fails, here):
    fails(
        ["remote", "default", "elsewhere"],
        errors.RemoteMissing,
        f"no remote 'elsewhere' in {here}/.dvc/config",
        "add it with `tiffin remote add elsewhere URL`",
    )


def test_no_remote_at_all(fails, here):
    fails(
        ["push"],
        errors.NoRemote,
        "no remote was named and there is no default one",
        "set a default with `tiffin remote default NAME`, or name one with `-r NAME`",
        code=1,
    )


@pytest.mark.parametrize(("name", "url"), [("", "store"), ("store", "")])
def test_a_remote_without_a_name_or_a_place(fails, here, name, url):
    fails(
        ["remote", "add", name, url],
        errors.ConfigError,
        f"a remote needs a name and a place: found {name!r} and {url!r}",
    )


def test_a_column_that_is_not_there(fails, here):
    fails(
        ["exp", "show", "--sort-by", "loss"], errors.ExperimentError, "no column 'loss' to sort by", "there are: none"
    )


def test_a_remote_that_only_dvc_can_use(fails, here, capsys):
    capsys.readouterr()
    _tiffin("remote", "add", "-d", "store", "s3://bucket/path")
    assert capsys.readouterr().err.splitlines() == [
        "WARNING: s3://bucket/path is noted, but only local directories and HTTP can be remotes so far",
        "hint: until then let `dvc` push and pull in this repository",
    ]
    _tracked_file()
    fails(
        ["push"],
        errors.ConfigError,
        "remote 'store' is at s3://bucket/path: only local directories and HTTP can be remotes so far",
        "use a directory, such as a mounted share, or let `dvc` push and pull in this repository",
        code=1,
    )


def test_a_parameter_nobody_has_set_before(fails, here):
    _pipeline("  a: {cmd: cp params.yaml o, params: [lr], outs: [o]}\n", params="lr: 1\n")
    _git("add", "-A")
    _git("commit", "-qm", "pipeline")
    fails(
        ["exp", "run", "-S", "nolr=2"],
        errors.OverrideError,
        "params.yaml: no parameter 'nolr'",
        "did you mean 'lr'?",
    )


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["psuh"], "did you mean `tiffin push`?"),
        (["params", "A", "B"], "did you mean `tiffin params diff A B`?"),
        (["metrics", "--all"], "did you mean `tiffin metrics diff --all`?"),
    ],
)
def test_a_command_that_is_not_known(fails, here, arguments, hint):
    words = arguments[:1] if arguments[0] == "psuh" else arguments[:2]
    fails(arguments, errors.UsageError, f"no command '{' '.join(words)}'", hint)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["import-db", "--sql", "select 1"], "import-db"),
        (["studio", "login"], "studio"),
    ],
)
def test_a_command_of_dvc_that_is_not_here_yet(fails, here, arguments, name):
    fails(
        arguments,
        errors.UsageError,
        f"'{name}' is a command of DVC that tiffin does not have yet",
        f"DVC works in this repository too: `dvc {' '.join(arguments)}`",
    )


def test_a_directory_that_is_not_named(here, capsys):
    assert cli.main(["--cd"]) == errors.UsageError.exit_code
    assert capsys.readouterr().err.splitlines() == [
        "ERROR: --cd: no directory was named",
        "hint: write --cd DIR before the command",
    ]


def test_a_directory_that_is_not_there(here, capsys):
    assert cli.main(["--cd", "nowhere", "root"]) == errors.UsageError.exit_code
    assert capsys.readouterr().err.splitlines() == ["ERROR: --cd: no directory 'nowhere'"]


def test_no_pipeline_in_a_subdirectory(fails, here):
    Path("sub").mkdir()
    fails(
        ["--cd", "sub", "repro"],
        errors.StageNotFound,
        "'sub/dvc.yaml' does not exist",
        "name the dvc.yaml that is meant, such as ../dvc.yaml, or go to its directory",
    )


def test_help_about_a_command(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["help", "add"])
    assert capsys.readouterr().out.startswith("usage: tiffin add ")


def test_a_defect_is_told_in_two_lines(here, capsys, monkeypatch):
    def broken(_options, _ui):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("tiffin.cli._root.run", broken)
    assert cli.main(["root"]) == 255
    assert capsys.readouterr().err.splitlines() == [
        "ERROR: unexpected ZeroDivisionError: division by zero",
        "hint: this is a defect of tiffin; with -v it shows where",
    ]

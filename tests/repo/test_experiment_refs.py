"""`exp diff`, `list`, `apply`, `branch`, `rename`, `remove` and `save`: what they say, and where DVC does otherwise."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tests.repo.test_in_use import claim

PIPELINE = """\
stages:
  train:
    cmd: sh train.sh
    deps: [train.sh]
    params: [lr]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
rate=$(sed -n 's/^lr: //p' params.yaml)
echo "$rate" > model.txt
echo "{\\"rate\\": $rate, \\"kind\\": \\"x$rate\\"}" > scores.json
"""
STASH = "refs/exps/apply/stash"


@pytest.fixture(scope="module")
def _master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves the project for the others."""
    return tmp_path_factory.mktemp("master") / "repo"


@pytest.fixture
def project(_master: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sandbox:
    """Two experiments; `big` has a new file and lacks one.  The work tree is as it was committed."""
    if not _master.exists():
        _master.mkdir()
        _prepare(Sandbox(_master, capfd))
    shutil.copytree(_master, tmp_path / "repo", symlinks=True)
    return Sandbox(tmp_path / "repo", capfd)


def _prepare(sandbox: Sandbox) -> None:
    sandbox.git("init", "--quiet")
    sandbox.tiffin("init", "--quiet")
    sandbox.write("params.yaml", "lr: 0.5\n")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("train.sh", TRAIN)
    sandbox.write("old/notes.txt", "notes\n")
    sandbox.tiffin("repro", "-q")
    sandbox.commit("baseline")
    sandbox.tiffin("exp", "run", "-q", "-n", "small", "-S", "lr=0.25")
    sandbox.write("new/fresh.sh", "of the experiment\n").chmod(0o755)
    (sandbox.root / "link").symlink_to("params.yaml")
    sandbox.git("add", "new", "link")
    sandbox.git("rm", "-q", "old/notes.txt")
    sandbox.tiffin("exp", "run", "-q", "-n", "big", "-S", "lr=2")
    sandbox.git("reset", "--quiet", "--hard")
    sandbox.tiffin("checkout", "-q")


def _refs(box: Sandbox) -> dict[str, str]:
    lines = box.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


def _names(box: Sandbox) -> list[str]:
    return [ref.rpartition("/")[2] for ref in _refs(box) if ref.count("/") == 4]


def _files(box: Sandbox) -> dict[str, bytes]:
    """The workspace, without what tools note down for themselves."""
    paths = [path for path in box.root.rglob("*") if path.is_file() and not {".git", "tmp"} & set(path.parts)]
    return {path.relative_to(box.root).as_posix(): path.read_bytes() for path in paths}


def _state(box: Sandbox) -> tuple[dict[str, bytes], dict[str, str], str]:
    return _files(box), _refs(box), box.git("ls-files", "--stage")


# Applying


def test_an_experiment_is_applied_with_its_modes_links_and_data(project: Sandbox):
    answer = project.tiffin("exp", "apply", "big")
    assert answer.out == "Changes for experiment 'big' have been applied to your current workspace.\n"
    assert answer.err == ""
    assert os.access(project.root / "new/fresh.sh", os.X_OK)
    assert (project.root / "link").readlink() == Path("params.yaml")
    assert not project.exists("old")
    assert project.read("model.txt") == "2\n"
    assert project.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert project.git("diff", "--cached") == ""
    assert _refs(project)["refs/exps/exec/EXEC_APPLY"] == project.git("rev-parse", "refs/exps/exec/EXEC_APPLY").strip()
    assert STASH not in _refs(project)


def test_what_the_experiment_has_no_more_goes_unless_it_was_changed(project: Sandbox):
    project.write("train.sh", TRAIN + "# mine\n")
    project.tiffin("exp", "apply", "big")
    assert not project.exists("old/notes.txt")
    project.tiffin("exp", "apply", "HEAD")
    assert project.read("old/notes.txt") == "notes\n"
    project.write("old/notes.txt", "changed\n")
    project.tiffin("exp", "apply", "big")
    assert project.read("old/notes.txt") == "changed\n"


def test_what_was_staged_is_still_staged_after_an_experiment_was_applied(project: Sandbox):
    project.write("params.yaml", "lr: 7\n")
    project.write("staged.txt", "staged\n")
    project.git("add", "params.yaml", "staged.txt")
    before = project.git("ls-files", "--stage")
    project.tiffin("exp", "apply", "small")
    assert project.git("ls-files", "--stage") == before
    assert project.read("staged.txt") == "staged\n"
    assert project.git("show", f"{STASH}^2:params.yaml") == "lr: 7\n"


def test_the_way_back_that_is_told_leads_back(project: Sandbox):
    project.write("train.sh", TRAIN + "# mine\n")
    project.write("new/fresh.sh", "mine, and untracked\n")
    project.write("other.txt", "untracked\n")
    project.write("staged.txt", "staged\n")
    project.git("add", "staged.txt")
    project.write("params.yaml", "lr: 3\n")
    project.tiffin("repro", "-q")
    before = _files(project)
    told = project.tiffin("exp", "apply", "big").err
    assert told == (
        "What had changed before is kept. To go back: git reset --hard && git clean -fqx -- :/new/fresh.sh"
        f" && git stash apply {STASH} && tiffin checkout\n"
    )
    assert project.read("new/fresh.sh") == "of the experiment\n"
    assert project.read("other.txt") == "untracked\n"
    steps = told.partition("go back: ")[2].replace("&& tiffin checkout", "")
    subprocess.run(["sh", "-ec", steps], cwd=project.root, check=True, capture_output=True)
    project.tiffin("checkout")
    (project.root / "link").unlink()  # new with the experiment
    assert _files(project) == before


def test_a_second_apply_keeps_what_the_first_put_aside(project: Sandbox):
    project.write("train.sh", TRAIN + "# mine\n")
    project.tiffin("exp", "apply", "small")
    project.tiffin("exp", "apply", "big")
    assert "# mine" not in project.git("show", f"{STASH}:train.sh")
    assert "# mine" in project.git("show", f"{STASH}@{{1}}:train.sh")


def test_ignored_files_that_an_experiment_brings_are_put_aside_too(project: Sandbox):
    project.write(".git/info/exclude", "/new/\n")
    project.write("new/fresh.sh", "mine, and ignored\n")
    project.tiffin("exp", "apply", "big")
    assert project.read("new/fresh.sh") == "of the experiment\n"
    assert project.git("show", f"{STASH}^3:new/fresh.sh") == "mine, and ignored\n"


def test_an_experiment_does_not_replace_data_that_is_stored_nowhere_else(project: Sandbox):
    project.write("model.txt", "by hand\n")
    project.write("train.sh", TRAIN + "# mine\n")
    before = _state(project)
    answer = project.tiffin("exp", "apply", "big", code=255)
    assert "'model.txt' has changes that are stored nowhere else and would be lost" in answer.err
    assert "hint: keep them with `tiffin commit`, or give them up with --force" in answer.err
    assert _state(project) == before
    project.tiffin("exp", "apply", "-f", "big")
    assert project.read("model.txt") == "2\n"


@pytest.mark.parametrize("path", ["params.yaml", "model.txt", "new"])
def test_an_experiment_is_not_applied_over_what_a_running_stage_uses(project: Sandbox, path: str):
    claim(project, "write", path)
    before = _state(project)
    assert "is in use by process" in project.tiffin("exp", "apply", "big", code=255).err
    assert _state(project) == before
    claim(project, "read", "train.sh")
    project.tiffin("exp", "apply", "big")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("new", "'new' is no directory, and the commit has 'new/fresh.sh'\nhint: move it away"),
        ("link/file", "'link/file' is not in Git, and the commit has a file 'link'\nhint: move it away"),
    ],
)
def test_what_is_in_the_way_of_an_experiment_is_named(project: Sandbox, path: str, text: str):
    project.write(path, "mine\n")
    before = _state(project)
    assert text in project.tiffin("exp", "apply", "big", code=255).err
    assert _state(project) == before


def test_nothing_is_written_through_a_link(project: Sandbox, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (project.root / "new").symlink_to(tmp_path / "elsewhere")
    assert "'new' is no directory" in project.tiffin("exp", "apply", "big", code=255).err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_may_become_a_file_and_the_reverse(project: Sandbox):
    project.git("rm", "-q", "old/notes.txt", "train.sh")
    project.write("old", "a file\n")
    project.write("train.sh/run", TRAIN)
    project.write("dvc.yaml", PIPELINE.replace("sh train.sh", "sh train.sh/run"))
    project.git("add", "old", "train.sh")
    project.tiffin("exp", "run", "-q", "-n", "turned")
    project.git("reset", "--quiet", "--hard")
    project.tiffin("exp", "apply", "turned")
    assert project.read("old") == "a file\n"
    assert project.read("train.sh/run") == TRAIN
    project.git("checkout", "--quiet", "--force", _ref(project, "turned"))
    project.tiffin("exp", "apply", "main")
    assert project.read("old/notes.txt") == "notes\n"
    assert project.read("train.sh") == TRAIN


def test_an_unfinished_merge_is_not_applied_over(project: Sandbox):
    project.git("checkout", "-q", "-b", "other")
    project.write("params.yaml", "lr: 8\n")
    project.commit()
    project.git("checkout", "-q", "main")
    project.write("params.yaml", "lr: 9\n")
    project.commit()
    subprocess.run(["git", "merge", "-q", "other"], cwd=project.root, check=False, capture_output=True)
    answer = project.tiffin("exp", "apply", "HEAD", code=255)
    assert "'params.yaml' is in conflict: a merge is unfinished" in answer.err


def test_data_that_is_not_here_is_named_once_the_files_are(project: Sandbox):
    (project.root / "model.txt").unlink()
    for file in (project.root / ".dvc/cache/files/md5").rglob("*"):
        if file.is_file():
            file.unlink()
    answer = project.tiffin("exp", "apply", "big", code=255)
    assert answer.out == ""
    assert "checkout failed for: model.txt" in answer.err
    assert "hint: Git's files are in place; get the data with `tiffin pull`" in answer.err
    assert project.read("params.yaml") == "lr: 2\n"


def test_the_pickle_that_dvc_commits_does_not_get_into_the_workspace(project: Sandbox):
    project.write(".dvc/tmp/repro.dat", "a pickle")
    project.git("add", "-f", ".dvc/tmp/repro.dat")
    tree = project.git("write-tree").strip()
    commit = project.git("commit-tree", "-p", "HEAD", "-m", "by DVC", tree).strip()
    project.git("reset", "--quiet")
    (project.root / ".dvc/tmp/repro.dat").unlink()
    project.git("update-ref", _ref(project, "theirs"), commit)
    project.tiffin("exp", "apply", "theirs")
    assert not project.exists(".dvc/tmp/repro.dat")


def _ref(box: Sandbox, name: str, baseline: str = "HEAD") -> str:
    head = box.git("rev-parse", baseline).strip()
    return f"refs/exps/{head[:2]}/{head[2:]}/{name}"


def test_settings_and_ignore_rules_are_those_of_the_experiment(project: Sandbox):
    project.write(".dvcignore", "*.tmp\n")
    project.tiffin("config", "cache.type", "hardlink")
    project.write("extra.txt", "data\n")
    project.tiffin("add", "-q", "extra.txt")
    project.git("add", "--all")
    project.tiffin("exp", "save", "-n", "set")
    project.git("reset", "--quiet", "--hard")
    (project.root / "extra.txt").unlink()
    project.tiffin("exp", "apply", "set")
    assert (project.root / "extra.txt").stat().st_nlink == 2


def test_a_repository_below_the_root_of_git(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.write("beside.txt", "beside\n")
    (tmp_path / "sub/deep").mkdir(parents=True)
    box.tiffin("init", "-q", "--subdir", cd="sub")
    box.write("sub/params.yaml", "lr: 1\n")
    box.write("sub/dvc.yaml", "stages:\n  s:\n    cmd: cp params.yaml out\n    params: [lr]\n    outs: [out]\n")
    box.tiffin("repro", "-q", cd="sub")
    box.commit("baseline")
    box.write("beside.txt", "changed\n")
    box.tiffin("exp", "run", "-q", "-n", "mine", "-S", "lr=2", cd="sub")
    box.tiffin("exp", "save", "-q", "-n", "saved", "-I", "deep", cd="sub")
    box.git("reset", "--quiet", "--hard")
    box.tiffin("checkout", "-q", cd="sub")
    assert box.read("sub/out") == "lr: 1\n"
    claim(Sandbox(tmp_path / "sub", capfd), "write", "params.yaml")
    assert "is in use" in box.tiffin("exp", "apply", "mine", cd="sub", code=255).err
    (tmp_path / "sub/.dvc/tmp/rwlock").unlink()
    box.tiffin("exp", "apply", "mine", cd="sub")
    assert box.read("sub/out") == "lr: 2\n"
    assert box.read("beside.txt") == "changed\n"


# Comparing


def test_experiments_are_compared_in_two_tables(project: Sandbox):
    assert project.tiffin("exp", "diff", "small", "big").out == (
        "Path         Metric    small    big    Change\n"
        "scores.json  kind      x0.25    x2     diff not supported\n"
        "scores.json  rate      0.25     2      1.75\n"
        "\n"
        "Path         Param    small    big    Change\n"
        "params.yaml  lr       0.25     2      1.75\n"
    )
    assert (
        project.tiffin("exp", "diff", "big", "workspace", "--json").out
        == project.tiffin("exp", "diff", "big", "--json").out
    )


def test_a_metrics_file_that_cannot_be_read_hides_no_parameters(project: Sandbox):
    project.write("scores.json", "{")
    answer = project.tiffin("exp", "diff", "big", "--json")
    assert "some metrics could not be read in 'workspace': scores.json:1" in answer.err
    assert json.loads(answer.out)["params"] == {"params.yaml": {"lr": {"old": 2, "new": 0.5, "diff": -1.5}}}


# Names


def test_experiments_are_listed_below_their_commits(project: Sandbox):
    ids = {name: _refs(project)[_ref(project, name)] for name in ("big", "small")}
    assert project.tiffin("exp", "list").out == f"main:\n\t{ids['big'][:7]} [big]\n\t{ids['small'][:7]} [small]\n"
    assert project.tiffin("exp", "ls", "--sha-only").out == f"{ids['big']}\n{ids['small']}\n"
    assert project.tiffin("exp", "list", "--name-only").out == "big\nsmall\n"
    first = project.git("rev-parse", "HEAD").strip()
    project.write("params.yaml", "lr: 1\n")
    project.commit("next")
    assert project.tiffin("exp", "list").out == ""
    assert project.tiffin("exp", "list", "-A").out.startswith(f"{first[:7]}:\n")
    project.git("tag", "v1", first)
    assert project.tiffin("exp", "list", "-n", "-1").out.startswith("v1:\n")


def test_an_experiment_becomes_a_branch(project: Sandbox):
    assert project.tiffin("exp", "branch", "big", "mine").out == (
        "Git branch 'mine' has been made of experiment 'big'. To switch to it:\n\n\tgit checkout mine\n\n"
    )
    assert project.tiffin("exp", "branch", "mine", "again").out.startswith("Git branch 'again' has been made of")
    project.git("checkout", "-q", "mine")
    assert project.read("params.yaml") == "lr: 2\n"


def test_same_names_are_told_apart_by_head(project: Sandbox):
    project.write("old/notes.txt", "next\n")
    project.commit("next")
    project.tiffin("exp", "run", "-q", "-n", "big", "-S", "lr=3")
    project.tiffin("exp", "branch", "big", "newer")
    assert project.git("show", "newer:params.yaml") == "lr: 3\n"
    project.git("checkout", "-q", "-f", "--detach", "newer")
    answer = project.tiffin("exp", "rename", "big", "other", code=255)
    assert "2 experiments are called 'big'\nhint: say which: refs/exps/" in answer.err
    project.tiffin("exp", "remove", "--rev", "main", "-n", "2")
    assert _names(project) == []


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("apply", "bigg"), 255, "no experiment 'bigg' and no commit (known: big, small)"),
        (("branch", "HEAD", "b"), 255, "no experiment 'HEAD' here (known: big, small)"),
        (("branch", "big", "main"), 255, "branch 'main' exists already\nhint: choose another name: `tiffin exp branch"),
        (("branch", "big", "a..b"), 255, "'a..b' cannot name a branch\nhint: see `git check-ref-format --help`"),
        (("rename", "nope", "new"), 255, "no experiment 'nope' here (known: big, small)"),
        (("rename", "big", "a/b"), 255, "'a/b' cannot name an experiment"),
        (("rename", "big", "small"), 255, "experiment 'small' of this commit exists already\nhint: choose another"),
        (("rename", "big"), 255, "one name was given\nhint: name the experiment, then what to call it"),
        (("remove",), 255, "which experiments to remove is not clear\nhint: give names, or --rev"),
        (("remove", "big", "nope"), 255, "no experiment 'nope' here (known: big, small)"),
        (("list", "--name-only", "--sha-only"), 254, "--name-only and --sha-only exclude each other"),
        (("diff", "nope"), 1, "unknown Git revision 'nope'"),
        (("save", "-n", "big"), 1, "experiment 'big' of this commit exists already"),
        (("save", "nostage"), 1, "'nostage' is neither an output nor a stage"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    project: Sandbox, arguments: tuple[str, ...], code: int, text: str
):
    before = _state(project)
    assert text in project.tiffin("exp", *arguments, code=code).err
    assert _state(project) == before


def test_before_the_first_commit(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    box = Sandbox(tmp_path, capfd)
    box.git("init", "--quiet")
    box.tiffin("init", "--quiet")
    assert box.tiffin("exp", "diff", "--json").out == "{}\n"
    assert box.tiffin("exp", "diff").out == ""
    for arguments, code in ((("apply", "HEAD"), 255), (("save",), 1)):
        assert "there is none yet" in box.tiffin("exp", *arguments, code=code).err


def test_experiments_are_removed(project: Sandbox):
    project.git("symbolic-ref", "refs/exps/exec/EXEC_BRANCH", _ref(project, "big"))
    project.tiffin("exp", "apply", "big")
    assert project.tiffin("exp", "remove", "small").out == "Removed experiments: 'small'\n"
    assert "refs/exps/exec/EXEC_APPLY" in _refs(project)
    assert project.tiffin("exp", "remove", "-A").out == "Removed experiments: 'big'\n"
    assert [ref for ref in _refs(project) if ref.startswith("refs/exps/exec/")] == []
    left = subprocess.run(["git", "symbolic-ref", "-q", "refs/exps/exec/EXEC_BRANCH"], cwd=project.root, check=False)
    assert left.returncode != 0
    assert project.tiffin("exp", "rm", "-A").out == "No experiments to remove.\n"


# Saving


def test_what_defines_the_stages_is_saved_and_the_rest_is_told(project: Sandbox):
    project.write("dvc.yaml", PIPELINE.replace("deps: [train.sh]", "deps: [train.sh, more.sh]"))
    project.write("more.sh", "new, and needed\n")
    project.write("data.txt", "data\n")
    project.tiffin("add", "-q", "data.txt")
    project.write("notes.md", "a note\n")
    project.write("dir/log.txt", "ignored\n")
    project.write(".git/info/exclude", "log.txt\n")
    project.write("staged.txt", "staged\n")
    project.git("add", "staged.txt")
    before = project.git("ls-files", "--stage")
    answer = project.tiffin("exp", "save", "-n", "mine", "-I", "dir", "-I", "absent")
    assert answer.out == "Experiment has been saved as: mine\n"
    assert answer.err == (
        "WARNING: 'absent' is not there, and not in the experiment\n"
        "WARNING: not in the experiment, as Git does not know it: 'notes.md'\nhint: name it with -I to keep it\n"
    )
    assert project.git("ls-files", "--stage") == before
    files = project.git("ls-tree", "-r", "--name-only", _ref(project, "mine")).split()
    assert {"more.sh", "data.txt.dvc", ".gitignore", "dir/log.txt", "staged.txt"} <= set(files)
    assert not {"notes.md", "data.txt", "model.txt"} & set(files)
    assert not [path for path in files if path.startswith((".dvc/tmp", ".dvc/cache"))]


def test_a_saved_experiment_comes_back(project: Sandbox):
    project.write("model.txt", "by hand\n")
    project.tiffin("exp", "save", "-q", "-n", "mine", "-m", "what for")
    assert project.git("log", "-1", "--format=%B", _ref(project, "mine")).strip() == "what for"
    project.git("checkout", "--quiet", "--", ".")
    project.tiffin("checkout", "-q")
    assert project.read("model.txt") == "0.5\n"
    project.tiffin("exp", "apply", "mine")
    assert project.read("model.txt") == "by hand\n"

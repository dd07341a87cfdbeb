"""Experiments beside the workspace: `exp run --temp`, the queue, and its workers."""

import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.repo.conftest import Sandbox
from tiffin.errors import ExperimentError
from tiffin.experiments._message import Entry, Message, pack_message, unpack_message
from tiffin.experiments.queue import pack_options, unpack_options

PIPELINE = """\
stages:
  train:
    cmd: sh train.sh
    deps: [train.sh, data.txt]
    params: [lr]
    outs: [model.txt]
    metrics:
    - scores.json:
        cache: false
"""
TRAIN = """\
rate=$(sed -n 's/^lr: \\(.*\\)/\\1/p' params.yaml)
case "$rate" in wait*) touch "$DVC_ROOT/../begun-$DVC_EXP_NAME"; sleep ${rate#wait};; esac
[ "$rate" != oops ] || exit 1
echo "$rate $(cat data.txt)" > model.txt
echo "{\\"rate\\": 1}" > scores.json
echo "trained $DVC_EXP_NAME"
"""
PATIENCE_S = 60


@pytest.fixture
def project(sandbox: Sandbox) -> Sandbox:
    """One stage that has run and is committed, with data that is not in Git."""
    sandbox.write("params.yaml", "lr: 1\n")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("train.sh", TRAIN)
    sandbox.write("data.txt", "data")
    sandbox.tiffin("add", "-q", "data.txt")
    sandbox.tiffin("repro", "-q")
    sandbox.commit("baseline")
    return sandbox


def _files(box: Sandbox) -> dict[str, bytes]:
    paths = [path for path in box.root.rglob("*") if path.is_file() and not {".git", "tmp", "cache"} & set(path.parts)]
    return {path.relative_to(box.root).as_posix(): path.read_bytes() for path in paths}


def _state(box: Sandbox) -> list[str]:
    """All of Git's that a run has to leave alone."""
    questions = (("ls-files", "--stage"), ("rev-parse", "HEAD"), ("symbolic-ref", "HEAD"), ("stash", "list"))
    return [box.git(*question) for question in (*questions, ("worktree", "list"))]


def _standing(box: Sandbox) -> dict[str, str]:
    return {task["name"]: task["status"] for task in json.loads(box.tiffin("queue", "status", "--json").out)["tasks"]}


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def _begun(box: Sandbox, name: str) -> Path:
    return box.root.parent / f"begun-{name}"


def _trees(box: Sandbox) -> list[str]:
    return [path.name for path in (box.root / ".dvc/tmp/exps").glob("tmp*")]


def test_a_run_apart_leaves_the_workspace_alone(project: Sandbox) -> None:
    project.write("params.yaml", "lr: 2\n")
    project.write("data.txt", "more")
    files, state = _files(project), _state(project)
    answer = project.tiffin("exp", "run", "--temp", "-n", "apart", "-S", "lr=3")
    assert "Ran experiment(s): apart" in answer.out
    assert "trained apart" in answer.out
    assert (_files(project), _state(project)) == (files, state)
    assert _trees(project) == []
    commit = project.experiments()["apart"]
    assert project.git("show", f"{commit}:params.yaml") == "lr: 3\n"
    assert project.git("rev-parse", f"{commit}^") == project.git("rev-parse", "HEAD")
    project.git("checkout", "--force", "--quiet", commit)
    project.tiffin("checkout", "-f")
    assert project.read("model.txt") == "3 more\n"  # the data as it was in the workspace


def test_a_run_apart_that_fails_leaves_nothing(project: Sandbox) -> None:
    state = _state(project)
    project.tiffin("exp", "run", "--temp", "-n", "bad", "-S", "lr=oops", code=255)
    assert _state(project) == state
    assert _trees(project) == []
    assert project.experiments() == {}


def test_apart_in_a_directory_below(project: Sandbox) -> None:
    project.write("sub/dvc.yaml", "stages:\n  s:\n    cmd: pwd > where.txt\n    outs: [where.txt]\n")
    project.commit("below")
    project.tiffin("exp", "run", "--temp", "-n", "below", cd="sub")
    assert "sub/dvc.lock" in project.git("ls-tree", "-r", "--name-only", project.experiments()["below"])


def test_queued_in_a_directory_below(project: Sandbox) -> None:
    project.write("sub/dvc.yaml", "stages:\n  s:\n    cmd: echo one > one.txt\n    outs: [one.txt]\n")
    project.commit("below")
    project.tiffin("exp", "run", "--queue", "-n", "here", cd="sub")
    project.tiffin("exp", "run", "--queue", "-n", "above", "../dvc.yaml", "-S", "../params.yaml:lr=8", cd="sub")
    project.tiffin("exp", "run", "--run-all", cd="sub")
    assert _standing(project) == {"here": "Success", "above": "Success"}
    assert "sub/dvc.lock" in project.git("ls-tree", "-r", "--name-only", project.experiments()["here"])
    assert project.git("show", f"{project.experiments()['above']}:params.yaml") == "lr: 8\n"


def test_remotes_named_from_here_are_found_from_there(project: Sandbox) -> None:
    project.tiffin("remote", "add", "-d", "near", "../remote")
    project.commit("remote")
    project.tiffin("push", "-q")
    project.write(".dvc/config.local", "[core]\n    no_scm = false\n")
    for name in ("cache", "tmp"):
        project.git("clean", "-fdxq", f".dvc/{name}")
    (project.root / "data.txt").unlink()
    project.tiffin("exp", "run", "--temp", "-n", "pulled", "--pull", "-S", "lr=7")
    assert "pulled" in project.experiments()


def test_the_queue_runs_all_combinations(project: Sandbox) -> None:
    files, state = _files(project), _state(project)
    queued = project.tiffin("exp", "run", "--queue", "-n", "sweep", "-S", "lr=2,3", "-m", "mine")
    assert "Queued experiment 'sweep-2' for future execution." in queued.out
    assert _standing(project) == {"sweep-1": "Queued", "sweep-2": "Queued"}
    answer = project.tiffin("exp", "run", "--run-all", "-j", "2")
    assert "trained sweep-1" in answer.out
    assert "Ran experiment(s): sweep-1, sweep-2" in answer.out
    assert (_files(project), _state(project)) == (files, state)
    assert _standing(project) == {"sweep-1": "Success", "sweep-2": "Success"}
    assert project.git("log", "-1", "--format=%s", project.experiments()["sweep-1"]) == "mine\n"
    assert "trained sweep-2" in project.tiffin("queue", "logs", "sweep-2").out
    assert "Removed tasks in queue: sweep-1, sweep-2" in project.tiffin("queue", "remove", "--all").out
    assert "No experiment tasks in the queue." in project.tiffin("queue", "status").out
    assert set(project.experiments()) == {"sweep-1", "sweep-2"}


def test_workers_in_the_background(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "slow", "-S", "lr=wait1")
    project.tiffin("exp", "run", "--queue", "-n", "bad", "-S", "lr=oops")
    assert "Started '1' new" in project.tiffin("queue", "start").out
    _until(_begun(project, "slow").exists)
    assert "Worker status: 1 active, 0 idle" in project.tiffin("queue", "status").out
    running = json.loads(project.tiffin("exp", "show", "--json").out)[1]["experiments"][0]
    assert running["executor"]["state"] == "running"
    assert running["revs"][0]["data"]["params"]["params.yaml"]["data"] == {"lr": "wait1"}
    followed = project.tiffin("queue", "logs", "-f", "slow")
    assert "trained slow" in followed.out
    _until(lambda: _standing(project) == {"slow": "Success", "bad": "Failed"})
    _until(lambda: "0 active, 0 idle" in project.tiffin("queue", "status").out)
    assert "exited with 1" in project.tiffin("queue", "logs", "bad").out
    assert "Failed" in project.tiffin("exp", "show").out
    assert "No experiments in the queue." in project.tiffin("exp", "run", "--run-all").out


def test_workers_that_are_stopped_finish_what_they_run(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "first", "-S", "lr=wait1")
    project.tiffin("exp", "run", "--queue", "-n", "second", "-S", "lr=wait1")
    project.tiffin("queue", "start")
    _until(_begun(project, "first").exists)
    assert "will stop after running tasks finish" in project.tiffin("queue", "stop").out
    _until(lambda: "0 active, 0 idle" in project.tiffin("queue", "status").out)
    assert _standing(project) == {"first": "Success", "second": "Queued"}
    assert "No queue worker" in project.tiffin("queue", "stop").out


@pytest.mark.parametrize("force", [False, True], ids=["interrupted", "killed"])
def test_experiments_can_be_ended(project: Sandbox, *, force: bool) -> None:
    project.tiffin("config", "feature.jobs", "2")  # stages are groups of processes of their own then
    project.commit("jobs")
    project.tiffin("exp", "run", "--queue", "-n", "long", "-S", f"lr=wait{PATIENCE_S}")
    project.tiffin("queue", "start")
    _until(_begun(project, "long").exists)
    project.tiffin("queue", "kill", *(["-f"] if force else []), "long")
    _until(lambda: _standing(project) == {"long": "Failed"})
    _until(lambda: "0 active, 0 idle" in project.tiffin("queue", "status").out)
    assert _trees(project) == []
    assert "failed" in project.experiments()  # refs/exps/celery/failed: what it started from can still be had
    assert not _sleeps(project)


def _sleeps(box: Sandbox) -> list[str]:
    """Processes at work below the repository."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").readlink()
        except OSError:
            continue
        if place.is_relative_to(box.root / ".dvc/tmp/exps"):
            found.append(process.name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_worker_loses_nothing(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "long", "-S", f"lr=wait{PATIENCE_S}")
    project.tiffin("queue", "start")
    _until(_begun(project, "long").exists)
    lock = next((project.root / ".dvc/tmp/exps/celery").glob("tiffin-worker-*.lock"))
    os.kill(int(lock.read_text()), signal.SIGKILL)
    assert _standing(project) == {"long": "Running"}  # the run itself goes on
    assert "Nothing was left" in project.tiffin("exp", "clean").out
    for name in _sleeps(project):
        os.kill(int(name), signal.SIGKILL)
    _until(lambda: _standing(project) == {"long": "Failed"})
    assert "stash" in project.experiments()
    assert "Removed 1 working tree" in project.tiffin("exp", "clean").out
    assert {"failed"} == set(project.experiments())
    assert "Nothing was left" in project.tiffin("exp", "clean").out
    assert _trees(project) == []
    project.tiffin("queue", "remove", "long")
    assert project.experiments() == {}


def test_files_of_the_user_are_no_modules_of_the_workers(project: Sandbox) -> None:
    for name in ("random.py", "queue.py", "types.py", "tiffin.py"):
        project.write(name, "1 / 0\n")
    project.commit("modules")
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    project.tiffin("exp", "run", "--run-all")
    assert _standing(project) == {"mine": "Success"}


def test_a_worker_that_is_stopping_is_not_counted(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "first", "-S", "lr=wait1")
    project.tiffin("exp", "run", "--queue", "-n", "second", "-S", "lr=2")
    project.tiffin("queue", "start")
    _until(_begun(project, "first").exists)
    project.tiffin("queue", "stop")
    assert "Started '1' new" in project.tiffin("queue", "start").out
    _until(lambda: _standing(project) == {"first": "Success", "second": "Success"})


def test_looking_changes_nothing(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=wait1")
    project.tiffin("queue", "start")
    _until(_begun(project, "mine").exists)
    locks = {path: path.read_bytes() for path in (project.root / ".dvc/tmp/exps").rglob("*.lock")}
    for _ in range(3):
        project.tiffin("queue", "status")
    assert all(path.read_bytes() == text for path, text in locks.items() if path.name != "rwlock.lock")
    _until(lambda: _standing(project) == {"mine": "Success"})


def test_a_process_that_only_has_the_number_is_left_alone(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    project.tiffin("exp", "run", "--run-all")
    tasks = project.root / ".dvc/tmp/exps"
    next((tasks / "celery/result").iterdir()).unlink()
    (run,) = (tasks / "run").iterdir()
    description = json.loads((run / f"{run.name}.json").read_text())
    (run / f"{run.name}.json").write_text(json.dumps({**description, "pid": os.getpid(), "returncode": None}))
    assert _standing(project) == {"mine": "Success"}
    assert "no running experiment" in project.tiffin("queue", "kill", "-f", "mine", code=255).err


def test_links_in_the_place_of_the_queue_are_not_followed(project: Sandbox, tmp_path: Path) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    (project.root / ".dvc/tmp/exps/celery/tiffin-worker-1.lock").symlink_to(tmp_path / "elsewhere")
    assert "is a symlink" in project.tiffin("queue", "start", code=253).err
    assert not (tmp_path / "elsewhere").exists()


def test_experiments_are_pushed_at_once_where_the_settings_say_so(project: Sandbox, tmp_path: Path) -> None:
    project.git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    project.git("remote", "add", "hub", str(tmp_path / "hub"))
    project.tiffin("config", "exp.auto_push", "true")
    project.tiffin("config", "exp.git_remote", "hub")
    project.commit("settings")
    assert "was not pushed" in project.tiffin("exp", "run", "-n", "no-store", "-S", "lr=4").err
    project.tiffin("remote", "add", "-d", "store", str(tmp_path / "store"))
    project.commit("store")
    project.tiffin("exp", "run", "-n", "here", "-S", "lr=5")
    project.tiffin("exp", "run", "--queue", "-n", "queued", "-S", "lr=6")
    project.tiffin("exp", "run", "--run-all")
    listed = project.tiffin("exp", "list", "hub", "-A", "--name-only").out.split()
    assert sorted(listed) == ["here", "queued"]


def test_gc_leaves_what_waits_and_what_runs(project: Sandbox) -> None:
    project.write("data.txt", "only the queue knows this")
    project.tiffin("exp", "run", "--queue", "-n", "first", "-S", f"lr=wait{PATIENCE_S}")
    project.write("data.txt", "data")
    project.tiffin("gc", "-w", "--all-experiments", "-f")
    project.tiffin("queue", "start")
    _until(_begun(project, "first").exists)
    assert "in use by process" in project.tiffin("gc", "-w", "-f", code=255).err
    project.tiffin("queue", "kill", "-f", "first")
    _until(lambda: _standing(project) == {"first": "Failed"})
    _until(lambda: "0 active, 0 idle" in project.tiffin("queue", "status").out)
    project.tiffin("gc", "-w", "--all-experiments", "-f")
    project.git("checkout", "--force", "--quiet", project.git("rev-parse", "refs/exps/celery/failed").strip())
    project.tiffin("checkout", "-f", "data.txt")
    assert project.read("data.txt") == "only the queue knows this"


def test_names_are_not_given_twice(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    answer = project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=3", code=255)
    assert "experiment 'mine' of this commit exists already" in answer.err
    project.tiffin("exp", "run", "--queue", "-f", "-n", "mine", "-S", "lr=3")


def test_a_result_is_not_replaced_unasked(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    project.tiffin("exp", "run", "-n", "mine", "-S", "lr=3")
    before = project.experiments()["mine"]
    project.tiffin("exp", "run", "--run-all")
    assert _standing(project) == {"mine": "Failed"}
    assert "exists by now, with another result" in project.tiffin("queue", "logs", "mine").out
    assert project.experiments()["mine"] == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("exp", "run", "--queue", "--run-all"), "two things"),
        (("exp", "run", "--queue", "--dry"), "says what would run"),
        (("exp", "run", "--run-all", "--dry"), "says what would run"),
        (("exp", "run", "--queue", "-C", ".dvc/config.local"), "are the experiment's own"),
        (("exp", "run", "--temp", "-C", "."), "are the experiment's own"),
        (("exp", "run", "--queue", "-S", "lr=shuffle(1,2)"), "shuffle() is not known here"),
        (("exp", "remove", "--queue", "--keep"), "without --keep"),
        (("exp", "run", "-C", "x"), "there already"),
        (("exp", "run", "--temp", "-C", "nowhere"), "no such file or directory"),
        (("exp", "run", "--temp", "-C", "../beyond"), "outside"),
        (("exp", "run", "--queue", "-S", "lr"), "no '='"),
        (("exp", "run", "-S", "lr=1,2"), "asks for several values"),
        (("queue", "start", "-j", "0"), "1 to 1000 workers"),
        (("queue", "logs", "nobody"), "no experiment in the queue is called 'nobody'"),
        (("queue", "kill", "nobody"), "no running experiment in the queue"),
        (("queue", "remove"), "not said"),
        (("queue", "remove", "--all", "x"), "not said, or said twice"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_mistakes_are_explained(project: Sandbox, arguments: tuple[str, ...], message: str) -> None:
    from tiffin.cli import main

    project._capfd.readouterr()
    assert main(["--cd", str(project.root), *arguments]) in (254, 255)
    err = project._capfd.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert project.tiffin("queue", "status", "--json").out.startswith("{")


def test_a_log_of_what_waits(project: Sandbox) -> None:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    assert "waits and has written nothing" in project.tiffin("queue", "logs", "mine", code=255).err


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def test_options_of_strangers_run_nothing(project: Sandbox, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    with pytest.raises(ExperimentError, match="cannot be trusted"):
        unpack_options(pickle.dumps({"args": (), "kwargs": {"targets": _Trap(trap)}}))
    # Such a commit, taken for a queued experiment of this repository:
    project.tiffin("exp", "run", "--queue", "-n", "mine", "-S", "lr=2")
    queued = next((project.root / ".dvc/tmp/exps/celery/broker/in").iterdir())
    message = unpack_message(queued.read_bytes())
    assert message is not None
    project.write(".dvc/tmp/repro.dat").write_bytes(pickle.dumps({"args": (), "kwargs": {"x": _Trap(trap)}}))
    project.git("add", "-f", ".dvc/tmp/repro.dat")
    project.git("commit", "-qm", "trap")
    evil = project.git("rev-parse", "HEAD").strip()
    entry = message.entry._replace(stash_rev=evil)
    queued.write_bytes(pack_message(message._replace(entry=entry), delivery="d"))
    project.tiffin("exp", "run", "--run-all")
    assert "cannot be trusted" in project.tiffin("queue", "logs", "mine").out
    assert not trap.exists()


@given(st.binary(max_size=200))
def test_damaged_options_are_refused(content: bytes) -> None:
    try:
        options = unpack_options(content)
    except ExperimentError:
        return
    assert all(isinstance(name, str) for name in options)


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.text(), st.lists(st.text()))), st.data())
def test_options_come_back(options: dict[str, object], data: st.DataObject) -> None:
    packed = pack_options(options)
    assert unpack_options(packed) == options
    at = data.draw(st.integers(0, len(packed) - 1))
    broken = packed[:at] + bytes([packed[at] ^ (1 << data.draw(st.integers(0, 7)))]) + packed[at + 1 :]
    try:
        unpack_options(broken)
    except ExperimentError:
        return


@given(
    st.builds(
        Message,
        st.uuids().map(str),
        st.builds(
            Entry, st.text(), st.text(), st.text(), st.just("a" * 40), st.text(), st.none() | st.text(), st.text()
        ),
        st.lists(st.text()).map(tuple),
        st.none() | st.text(),
    )
)
def test_messages_come_back(message: Message) -> None:
    assert unpack_message(pack_message(message, delivery="d")) == message


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_what_is_no_message_is_passed_over(content: bytes) -> None:
    assert unpack_message(content) is None

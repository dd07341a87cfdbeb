"""kill -9 before any change to the disk that queueing an experiment makes, and the worker that runs it."""

import shutil
import time
from pathlib import Path

import pytest

from tests.crash.interposer import Interposer
from tests.crash.scenes import contents, edited, objects, points, tiffin
from tiffin.experiments.queue import FAILED, QUEUED, Task, stashed
from tiffin.repo import Repo
from tiffin.repo.queueing import tasks
from tiffin.repo.working import workers
from tiffin.scm import Git

KILLED = -9
PATIENCE_S = 60
QUEUE = ("exp", "run", "--queue", "--name", "mine")


def _prepare(root: Path) -> None:
    """Two versions of everything, and the workspace edited since: all that an experiment starts from."""
    edited(root)


def _repo(root: Path) -> Repo:
    return Repo.open(root / "repo", {})


def _settled(root: Path) -> list[Task]:
    """The queue, once nothing runs any more."""
    deadline = time.monotonic() + PATIENCE_S
    while workers(_repo(root)) or tasks(_repo(root), ["Running"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return tasks(_repo(root))


def _unlock(root: Path) -> None:
    # Git tells whoever meets a lock that a killed process left to remove it.
    for lock in (root / "repo/.git").rglob("*.lock"):
        lock.unlink()


def _tree_of_result(root: Path) -> str:
    repository = Git(root / "repo")
    (ref,) = [ref for ref in repository.for_each_ref("refs/exps/") if ref.endswith("/mine")]
    return repository.commit(repository.for_each_ref("refs/exps/")[ref]).tree


@pytest.mark.parametrize("killed_one", ["queueing", "worker"])
def test_what_was_killed_is_there_or_can_be_repeated(
    interposer: Interposer, tmp_path: Path, crash_points: int, killed_one: str
) -> None:
    master = tmp_path / "master"
    _prepare(master)
    before, stored = contents(master), objects(master / "repo/.dvc/cache/files/md5")
    command: tuple[str, ...] = QUEUE
    whole = tmp_path / "whole"
    shutil.copytree(master, whole, symlinks=True)
    tiffin(whole, *QUEUE)
    if killed_one == "worker":
        shutil.rmtree(master)
        shutil.copytree(whole, master, symlinks=True)
        command = ("exp", "queue-worker", "1")
    tiffin(whole, "exp", "run", "--run-all")
    wanted = _tree_of_result(whole)
    counting = tmp_path / "counting"
    shutil.copytree(master, counting, symlinks=True)
    run = interposer.run(counting, *command)
    assert run.code == 0, run.text
    for point in points(run.steps, crash_points, seed=1):
        root = tmp_path / f"killed-{point}"
        shutil.copytree(master, root, symlinks=True)
        killed = interposer.run(root, *command, at=point)
        # The run of a worker has a session of its own: it is killed there, and the worker says so.
        assert killed.code == KILLED or point > killed.steps or killed_one == "worker", killed.text
        found = _settled(root)
        _unlock(root)
        assert contents(root) == before
        assert stored.items() <= objects(root / "repo/.dvc/cache/files/md5").items()
        repository = Git(root / "repo")
        if killed_one == "worker":
            (task,) = found
            kept = {*stashed(repository, QUEUED), *stashed(repository, FAILED)}
            assert task.state == "Success" or task.commit in kept
        if not any(task.state == "Success" for task in found):
            tiffin(root, *QUEUE, "--force")
            tiffin(root, "exp", "run", "--run-all")
        assert _tree_of_result(root) == wanted
        tiffin(root, "exp", "clean")
        assert not list((root / "repo/.dvc/tmp/exps").glob("tmp*"))
        assert contents(root) == before
        shutil.rmtree(root)

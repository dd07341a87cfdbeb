"""kill -9 before any change a command makes to the disk."""

import shutil
from pathlib import Path

import pytest

from tests.crash.interposer import Interposer
from tests.crash.scenes import SCENES, assert_nothing_lost, assert_repeatable, contents, objects, outcome, points

KILLED = -9


@pytest.mark.parametrize("name", SCENES)
def test_a_killed_command_loses_nothing_and_can_be_repeated(
    name: str, interposer: Interposer, tmp_path: Path, crash_points: int
) -> None:
    scene = SCENES[name]
    master = tmp_path / "master"
    scene.prepare(master)
    whole = tmp_path / "whole"
    shutil.copytree(master, whole, symlinks=True)
    run = interposer.run(whole, *scene.command)
    assert run.code == 0, run.text
    wanted = outcome(whole)
    before, stored = contents(master), objects(master / "repo/.dvc/cache/files/md5")
    for point in points(run.steps, crash_points, seed=len(name)):
        root = tmp_path / f"killed-{point}"
        shutil.copytree(master, root, symlinks=True)
        killed = interposer.run(root, *scene.command, at=point)
        # Threads and the clock make the number of changes differ by a few: the last may not be reached.
        assert killed.code == KILLED or point > killed.steps, killed.text
        assert_nothing_lost(root, before, stored)
        assert_repeatable(root, scene, wanted)
        shutil.rmtree(root)

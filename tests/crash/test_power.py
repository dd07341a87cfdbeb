"""Power that fails: what was written and not yet synced is lost, in part or as a whole."""

import random
import shutil
from pathlib import Path

import pytest

from tests.crash.disk import FATES, Disk
from tests.crash.interposer import Interposer
from tests.crash.scenes import SCENES, assert_nothing_lost, assert_repeatable, contents, objects, outcome, points


@pytest.mark.parametrize("name", SCENES)
def test_after_a_power_failure_nothing_is_lost_and_the_command_can_be_repeated(
    name: str, interposer: Interposer, tmp_path: Path, crash_points: int
) -> None:
    scene = SCENES[name]
    master = tmp_path / "master"
    scene.prepare(master)
    before, stored = contents(master), objects(master / "repo/.dvc/cache/files/md5")
    whole = tmp_path / "whole"
    shutil.copytree(master, whole, symlinks=True)
    start = Disk(whole)
    run = interposer.run(whole, *scene.command, log=True)
    assert run.code == 0, run.text
    wanted = outcome(whole)
    for point in points(len(run.log), crash_points, seed=len(name)):
        for fate in FATES.values():
            root = tmp_path / "after"
            disk = start.copy()
            disk.replay(run.log[:point], fate, random.Random(point))
            disk.write_to(root)
            assert_nothing_lost(root, before, stored, whole=False)
            assert_repeatable(root, scene, wanted)
            shutil.rmtree(root)

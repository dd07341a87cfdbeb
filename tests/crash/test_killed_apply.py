"""kill -9 before any change that `exp apply` makes to the disk."""

import shutil
import subprocess
from pathlib import Path

from tests.crash.interposer import Interposer
from tests.crash.scenes import contents, git, objects, outcome, points, start, tiffin, write

KILLED = -9


def _prepare(root: Path) -> None:
    """An experiment that changes, adds and removes files; the same files changed again, and not committed."""
    start(root)
    write(root, "removed/by-it.txt", "of the commit\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "two")
    write(root, "notes.txt", "notes of the experiment\n")
    write(root, "added.txt", "added by the experiment\n")
    git(root, "add", "--all")
    git(root, "rm", "--quiet", "removed/by-it.txt")
    tiffin(root, "exp", "run", "--name", "mine")
    git(root, "reset", "--quiet", "--hard")
    write(root, "notes.txt", "my notes\n")
    write(root, "added.txt", "mine, and Git does not know it\n")
    write(root, "other.txt", "neither does it know this\n")
    tiffin(root, "repro")


def test_a_killed_apply_loses_nothing_and_can_be_repeated(
    interposer: Interposer, tmp_path: Path, crash_points: int
) -> None:
    master = tmp_path / "master"
    _prepare(master)
    whole = tmp_path / "whole"
    shutil.copytree(master, whole, symlinks=True)
    run = interposer.run(whole, "exp", "apply", "mine")
    assert run.code == 0, run.text
    wanted = outcome(whole)
    before = contents(master)
    assert wanted.files["notes.txt"] == b"notes of the experiment\n"
    assert wanted.files["added.txt"] == b"added by the experiment\n"
    assert wanted.files["other.txt"] == before["other.txt"]
    assert "removed/by-it.txt" not in wanted.files
    for point in points(run.steps, crash_points, seed=1):
        root = tmp_path / f"killed-{point}"
        shutil.copytree(master, root, symlinks=True)
        killed = interposer.run(root, "exp", "apply", "mine", at=point)
        assert killed.code == KILLED or point > killed.steps, killed.text
        kept = {*contents(root).values(), *objects(root / "repo/.dvc/cache/files/md5").values(), *_in_git(root)}
        assert not [path for path, body in before.items() if body not in kept]
        # Git tells whoever meets a lock that a killed process left to remove it.
        for lock in (root / "repo/.git").rglob("*.lock"):
            lock.unlink()
        again = interposer.run(root, "exp", "apply", "mine")
        assert again.code == 0, again.text
        assert outcome(root) == wanted
        assert not (root / "repo/.dvc/tmp/tiffin/applying").exists()
        shutil.rmtree(root)


def _in_git(root: Path) -> list[bytes]:
    """The bytes of all files that HEAD and the stash have."""
    found = []
    for rev in ("HEAD", "refs/exps/apply/stash", "refs/exps/apply/stash^2", "refs/exps/apply/stash^3"):
        listed = subprocess.run(
            ["git", "ls-tree", "-r", "-z", rev], cwd=root / "repo", check=False, capture_output=True
        ).stdout
        for line in listed.split(b"\0")[:-1]:
            oid = line.split()[2].decode()
            found.append(
                subprocess.run(
                    ["git", "cat-file", "blob", oid], cwd=root / "repo", check=True, capture_output=True
                ).stdout
            )
    return found

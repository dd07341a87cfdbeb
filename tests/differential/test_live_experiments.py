"""The same script as a stage of `exp run`: with DVCLive for DVC, with `tiffin.live` for tiffin."""

import re
import subprocess
import sys

import pytest

from tests.peer.twins import Side, TwinRepos

pytest.importorskip("PIL")
pytest.importorskip("numpy")

# Which of the two a side uses stands beside its repository, so that all within is the same.
HEAD = """\
import importlib, sys
import numpy as np
Live = importlib.import_module(open("../tracker").read()).Live
lr = float(open("params.yaml").read().split()[1])
"""
TRAIN = """\
with Live(OPTIONS) as live:
    live.log_param("lr", lr)
    live.log_params({"model": {"depth": 3, "name": "true"}})
    for epoch in range(3):
        live.log_metric("loss", lr / (epoch + 1))
        live.log_metric("train/acc", epoch / 3, timestamp=True)
        live.log_metric("best", epoch, plot=False)
        live.log_image(f"maps/{epoch}.png", np.full((4, 4, 3), epoch, dtype=np.uint8))
        live.next_step()
    live.log_plot("curve", [{"x": 1, "y": lr}, {"x": 2, "y": 2.5}], x="x", y="y", title="A curve")
    live.log_metric("final", lr)
open("model", "w").write(str(lr))
"""
STAGE = """\
stages:
  train:
    cmd: {python} train.py
    deps: [train.py]
    params: [lr]
    outs: [model]
"""
TRACKED = """\
    metrics:
    - dvclive/metrics.json:
        cache: false
    plots:
    - dvclive/plots/metrics:
        x: step
    - dvclive/plots/images
"""


def _begin(
    twins: TwinRepos, stage: str, options: str = "", *, trackers: tuple[str, str] = ("dvclive", "tiffin.live")
) -> None:
    for side, tracker in zip(twins.sides, trackers, strict=True):
        (side.home / "tracker").write_text(tracker)
    twins.write("dvc.yaml", stage.format(python=sys.executable))
    twins.write("train.py", HEAD + TRAIN.replace("OPTIONS", options))
    twins.write("params.yaml", "lr: 0.5\n")
    ignored = ["/model", *(["/dvclive/plots/metrics", "/dvclive/plots/images"] if TRACKED in stage else [])]
    twins.write(".gitignore", "".join(f"{path}\n" for path in ignored))
    twins.commit("before")


def _git(side: Side, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=side.repo, check=True, capture_output=True).stdout


def _masked(path: str, body: bytes) -> bytes:
    """Without times, and without the hashes of what holds times."""
    if path.endswith(".tsv"):
        return re.sub(rb"^\d{13}\t", b"...\t", body, flags=re.MULTILINE)
    return re.sub(rb"(?<=md5: )[0-9a-f]{32}", b"...", body) if path.endswith("dvc.lock") else body


def _committed(side: Side, name: str) -> dict[str, bytes]:
    """The files of an experiment's commit."""
    (commit,) = _git(side, "for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}").decode().split()
    paths = _git(side, "ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0")[:-1]
    return {path: _masked(path, _git(side, "show", f"{commit}:{path}")) for path in paths}


def _left(side: Side) -> dict[str, bytes]:
    """The files that the run left in the workspace."""
    folders = [path for path in sorted(side.repo.iterdir()) if path.name not in (".git", ".dvc")]
    found = [file for path in folders for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    named = {file.relative_to(side.repo).as_posix(): file for file in found if file.is_file()}
    return {path: _masked(path, file.read_bytes()) for path, file in named.items()}


def _run(twins: TwinRepos, name: str, *flags: str) -> dict[str, bytes]:
    """Run an experiment on both sides; the files of its commit, which must be equal."""
    twins.both("exp", "run", "-n", name, *flags, state=False)
    left = [_left(side) for side in twins.sides]
    assert left[1] == left[0]
    index = [_git(side, "status", "--porcelain") for side in twins.sides]
    assert index[1] == index[0]
    theirs, ours = (_committed(side, name) for side in twins.sides)
    assert ours == theirs
    return ours


def test_a_stage_that_says_nothing_of_live(twins: TwinRepos) -> None:
    _begin(twins, STAGE)
    files = _run(twins, "one")
    assert b"dvclive/metrics.json" in files["dvc.yaml"]
    assert {"dvclive/metrics.json", "dvclive/params.yaml", "dvclive/plots/images/maps/2.png"} <= set(files)
    assert files["dvclive/plots/metrics/train/acc.tsv"].startswith(b"timestamp\tstep\tacc\n...\t0\t0.0\n")
    _run(twins, "two", "-S", "lr=2")


def test_each_runs_a_script_that_uses_the_live_of_the_other(twins: TwinRepos) -> None:
    _begin(twins, STAGE, trackers=("tiffin.live", "dvclive"))
    assert "dvclive/metrics.json" in _run(twins, "one")


def test_a_stage_that_tracks_what_live_writes(twins: TwinRepos) -> None:
    _begin(twins, STAGE + TRACKED, "dvcyaml=None")
    files = _run(twins, "one")
    assert files["dvc.yaml"].decode() == (STAGE + TRACKED).format(python=sys.executable)
    assert "dvclive/metrics.json" in files


def test_a_folder_and_a_dvc_yaml_of_its_own(twins: TwinRepos) -> None:
    _begin(twins, STAGE, "dir='out/live', dvcyaml='out/dvc.yaml'")
    assert {"out/dvc.yaml", "out/live/metrics.json"} <= set(_run(twins, "one"))

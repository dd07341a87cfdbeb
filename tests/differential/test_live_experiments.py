"""The same script as a stage of `exp run`: with DVCLive for DVC, with `tiffin.live` for tiffin."""

import re
import subprocess
import sys
from typing import Any

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


ARTIFACTS = """\
import pathlib
with Live(OPTIONS) as live:
    live.log_metric("loss", lr)
    live.log_image("map.png", np.zeros((4, 4, 3), dtype=np.uint8))
    pathlib.Path("model").write_text(str(lr))
    live.log_artifact("model", type="model", name="mine", desc="a: b", labels=["a", "b c"], meta={"n": {"k": [1.5]}})
    pathlib.Path("data").mkdir(exist_ok=True)
    pathlib.Path("data/raw.bin").write_text("raw")
    live.log_artifact(pathlib.Path("data"), type="dataset")
    live.log_artifact("data/raw.bin", copy=True, desc="")
    live.log_artifact("data", copy=True, name="copied")
    live.log_artifact("train.py", cache=False, type="code")
    live.next_step()
"""


def _begin(
    twins: TwinRepos,
    stage: str,
    options: str = "",
    *,
    script: str = TRAIN,
    trackers: tuple[str, str] = ("dvclive", "tiffin.live"),
) -> None:
    for side, tracker in zip(twins.sides, trackers, strict=True):
        (side.home / "tracker").write_text(tracker)
    if stage:
        twins.write("dvc.yaml", stage.format(python=sys.executable))
    twins.write("train.py", HEAD + script.replace("OPTIONS", options))
    twins.write("params.yaml", "lr: 0.5\n")
    ignored = [
        *(["/model"] if "outs: [model]" in stage else []),
        *(["/dvclive/plots/metrics", "/dvclive/plots/images"] if TRACKED in stage else []),
    ]
    if ignored:
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
    _begin(twins, STAGE, "cache_images=True", script=ARTIFACTS, trackers=("tiffin.live", "dvclive"))
    assert {"dvclive/metrics.json", "dvclive/artifacts/data.dvc"} <= set(_run(twins, "one"))


def test_a_stage_that_tracks_what_live_writes(twins: TwinRepos) -> None:
    _begin(twins, STAGE + TRACKED, "dvcyaml=None")
    files = _run(twins, "one")
    assert files["dvc.yaml"].decode() == (STAGE + TRACKED).format(python=sys.executable)
    assert "dvclive/metrics.json" in files


def test_a_folder_and_a_dvc_yaml_of_its_own(twins: TwinRepos) -> None:
    _begin(twins, STAGE, "dir='out/live', dvcyaml='out/dvc.yaml'")
    assert {"out/dvc.yaml", "out/live/metrics.json"} <= set(_run(twins, "one"))


def test_artifacts_and_images_of_a_stage(twins: TwinRepos) -> None:
    _begin(twins, STAGE, "cache_images=True, save_dvc_exp=True, exp_name='other'", script=ARTIFACTS)
    files = _run(twins, "one")
    assert {"dvclive/artifacts/data.dvc", "dvclive/artifacts/raw.bin.dvc", "dvclive/plots/images.dvc"} <= set(files)
    # An output of the stage is left to the pipeline, and what is none of it is not in the experiment.
    assert not {"model.dvc", "data.dvc"} & set(files)
    assert [path for path in _left(twins.ours) if path.endswith(".dvc")] == [
        "data.dvc",
        *sorted(path for path in files if path.endswith(".dvc")),
    ]
    for side in twins.sides:
        assert _experiments(side) == ["one"]


def _experiments(side: Side) -> list[str]:
    refs = _git(side, "for-each-ref", "--format=%(refname)", "refs/exps/").decode().split()
    return [ref.rpartition("/")[2] for ref in refs if "/exec/" not in ref]


def _message(side: Side, name: str) -> bytes:
    (ref,) = _git(side, "for-each-ref", "--format=%(refname)", f"refs/exps/*/*/{name}").decode().split()
    return _git(side, "log", "-1", "--format=%B", ref)


def _script(twins: TwinRepos) -> None:
    """Run the script by itself on both sides; what it leaves must be equal."""
    for side in twins.sides:
        subprocess.run([sys.executable, "-W", "ignore", "train.py"], cwd=side.repo, check=True, capture_output=True)
    left = [_left(side) for side in twins.sides]
    assert left[1] == left[0]
    index = [_git(side, "status", "--porcelain") for side in twins.sides]
    assert index[1] == index[0]


def test_a_run_is_saved_as_an_experiment(twins: TwinRepos) -> None:
    _begin(twins, "", "save_dvc_exp=True, exp_name='one', exp_message='why', cache_images=True", script=ARTIFACTS)
    _script(twins)
    twins.compare(but=("git refs",))
    theirs, ours = (_committed(side, "one") for side in twins.sides)
    # DVC commits the cached data in the run's folder as well, and a pickle of its own.
    more = {"dvclive/artifacts/data/raw.bin", "dvclive/artifacts/raw.bin", "dvclive/plots/images/map.png"}
    assert theirs.keys() - ours.keys() == {*more, ".dvc/tmp/repro.dat"}
    assert ours == {path: theirs[path] for path in ours}
    assert {"dvc.yaml", "model.dvc", "data.dvc", ".gitignore", "dvclive/metrics.json"} <= set(ours)
    assert [_message(side, "one") for side in twins.sides] == [b"why\n"] * 2
    twins.both("exp", "show", "--json", state=False, mask=_without_ids)
    # The name is taken now.
    twins.write("params.yaml", "lr: 2\n")
    _script(twins)
    for side in twins.sides:
        first, second = sorted(_experiments(side), key="one".__ne__)
        assert first == "one"
        assert re.fullmatch("[a-z]+-[a-z]+", second)
        assert _committed(side, second)["params.yaml"] == b"lr: 2\n"
        assert _committed(side, "one")["params.yaml"] == b"lr: 0.5\n"
        assert not list(side.repo.glob(".dvc/tmp/exps/run/DVCLIVE_*"))


def _without_ids(shown: Any) -> Any:
    """Without commits and times."""
    rows = [row for baseline in shown for row in [baseline, *(baseline.get("experiments") or [])]]
    found = [revision for row in rows for revision in [row, *(row.get("revs") or [])] if revision.get("data")]
    return [{key: revision["data"][key] for key in ("metrics", "params", "outs", "deps", "meta")} for revision in found]

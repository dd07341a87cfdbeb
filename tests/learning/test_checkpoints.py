"""Runs that end early and go on: with the same bits, and only with what they were asked for."""

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.faults import files_up_to
from tiffin.errors import ConfigError, FormatError, LockHeld, TrainingError, UsageError
from tiffin.models import Manifest, Model, finish_model, make_model
from tiffin.stream import flow
from tiffin.tables import Sparse as Declared
from tiffin.train import Algorithm, Options, Trained, _checkpoint, _checkpoints, train
from tiffin.train._algorithm import new
from tiffin.train._checkpoints import Checkpoints, remove_checkpoints
from tiffin.train._sparse import Sparse

MODELS = {
    "lr": make_model("lr", {"bits": 12, "l1": 0.1}),
    "fm": make_model("fm", {"bits": 10, "k": 4, "optimizer": "adagrad", "decay": 0.9}),
    "exact": make_model("lr", {"table": "exact", "decay": 0.9}),
}


class Killed(Exception):
    """Stands for the end of a process, at some tick of a pass."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Some ten blocks: a pass takes several ticks."""
    path = tmp_path_factory.mktemp("data") / "rows.svm"
    path.write_text(libsvm(teacher_rows(4_000, seed=1)) * 50 + "bad\n", encoding="utf-8")
    return str(path)


def options_in(place: Path, **chosen: object) -> Options:
    common = {"passes": 2, "deterministic": True, "max_bad": 1, "checkpoint": str(place), "checkpoint_every_s": 0.0}
    return Options(**{**common, "resume": True, **chosen})  # type: ignore[arg-type]


def run_until_killed(model: Model | Algorithm, data: str, options: Options, ticks: int) -> Trained | None:
    """None if it was killed."""
    left = ticks

    def tick(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    try:
        return train(model, [data], options, progress=tick)
    except Killed:
        return None


def files_of(trained: Trained, place: Path) -> dict[str, bytes]:
    trained.save(str(place))
    return {file.name: file.read_bytes() for file in place.iterdir()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", range(2))
def test_a_run_that_is_resumed_ends_with_the_same_bits(data: str, tmp_path: Path, name: str, seed: int) -> None:
    draw = random.Random(seed)
    model = MODELS[name]
    options = options_in(tmp_path / "points", passes=3)
    wanted = train(model, [data], options._replace(checkpoint=None, resume=False))
    found = run_until_killed(model, data, options, 1)
    assert found is None
    while found is None:
        found = run_until_killed(model, data, options._replace(threads=draw.choice([1, 2, 4])), draw.randrange(2, 6))
    assert [done.learned for done in found.passes] == [done.learned for done in wanted.passes]
    assert found.skipped([data]) == wanted.skipped([data])
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")
    assert len(list((tmp_path / "points").glob("checkpoint-*"))) == 2


@pytest.mark.parametrize(
    "chosen", [{"admit": 3}, {"ttl": 40_000}, {"admit": 2, "ttl": 30_000, "memory": "2M"}], ids=str
)
def test_what_is_counted_of_features_is_not_forgotten(tmp_path: Path, chosen: dict[str, int]) -> None:
    path = tmp_path / "rows.svm"
    path.write_text("".join(many_rare_ids(120_000)), encoding="utf-8")
    model = make_model("lr", {"table": "exact", "decay": 0.9, **chosen, "spill": str(tmp_path)})
    options = options_in(tmp_path / "points", passes=2)
    wanted = train(model, [str(path)], options._replace(checkpoint=None, resume=False))
    found, kills = run_until_killed(model, str(path), options, 1), 0
    while found is None:
        kills += 1
        found = run_until_killed(model, str(path), options, 2 * kills)  # some day it comes to its end
    assert kills > 0
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")
    keys = np.load(tmp_path / "wanted/keys.npy")
    assert 0 < len(keys) < 99_990  # not all have a row


def many_rare_ids(count: int) -> Iterator[str]:
    """Examples of features of which half are met a few times."""
    draw = random.Random(7)
    for _ in range(count):
        chosen = [draw.randrange(30 if draw.random() < 0.5 else 100_000) for _ in range(8)]
        yield f"{int(sum(chosen) % 7 < 3)} " + " ".join(f"{i}:1" for i in chosen) + "\n"


SCRIPT = """
import sys
from tests.learning.test_checkpoints import MODELS, options_in
from pathlib import Path
from tiffin.train import train
name, data, points, out = sys.argv[1:]
train(MODELS[name], [data], options_in(Path(points))).save(out)
"""


@pytest.mark.parametrize("name", ["lr", "fm"])
def test_a_run_that_is_killed_ends_with_the_same_bits(data: str, tmp_path: Path, name: str, repository: Path) -> None:
    draw = random.Random(name)
    wanted = train(MODELS[name], [data], options_in(tmp_path, checkpoint=None, resume=False))
    arguments = [sys.executable, "-c", SCRIPT, name, data, str(tmp_path / "points"), str(tmp_path / "found")]
    begun: set[Path] = set()
    for _ in range(2):
        with subprocess.Popen(arguments, cwd=repository, stderr=subprocess.PIPE) as child:
            while child.poll() is None and set((tmp_path / "points").glob("checkpoint-*")) <= begun:
                time.sleep(0.005)
            time.sleep(draw.random() * 0.05)
            child.kill()
        begun = set((tmp_path / "points").glob("checkpoint-*"))
    subprocess.run(arguments, cwd=repository, check=True)
    found = {file.name: file.read_bytes() for file in (tmp_path / "found").iterdir()}
    assert found == files_of(wanted, tmp_path / "wanted")


def test_a_run_that_is_interrupted_writes_where_it_is(data: str, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    options = options_in(tmp_path / "points", checkpoint_every_s=1000)
    with pytest.raises(KeyboardInterrupt):
        train(MODELS["exact"], [data], options, progress=interrupt)
    told: list[str] = []
    found = train(MODELS["exact"], [data], options, tell=told.append)
    assert told[0].startswith("training goes on in pass 1, after ")
    wanted = train(MODELS["exact"], [data], options._replace(checkpoint=None, resume=False))
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


def killed_twice(data: str, place: Path, **chosen: object) -> Options:
    """There are two checkpoints afterwards: one is written at the first tick of a run."""
    options = options_in(place, **chosen)
    for _ in range(2):
        assert run_until_killed(MODELS["lr"], data, options, 0) is None
    return options


def test_a_run_goes_on_only_with_what_it_was_asked_for(data: str, tmp_path: Path) -> None:
    options = killed_twice(data, tmp_path / "points")
    other = tmp_path / "other.svm"
    other.write_bytes(Path(data).read_bytes())
    for model, path, change, what in (
        (make_model("lr", {"bits": 12, "l1": 0.2}), data, {}, "setting l1 was 0.1, and here it is 0.2"),
        (MODELS["fm"], data, {}, "setting score was linear, and here it is linear + fm"),
        (MODELS["lr"], str(other), {}, "list of files was "),
        (MODELS["lr"], data, {"deterministic": False}, "deterministic was True, and here it is False"),
        (MODELS["lr"], data, {"data_format": "vw"}, "format was libsvm, and here it is vw"),
    ):
        with pytest.raises(TrainingError, match=re.escape(f"is of another run: its {what}")):
            train(model, [path], options._replace(**change))
    with pytest.raises(UsageError, match="there are checkpoints in"):
        train(MODELS["lr"], [data], options._replace(resume=False))
    with pytest.raises(TrainingError, match="is of another run: its setting score was linear, and here it is None"):
        Checkpoints(str(tmp_path / "points"), {}, 0.0).last()


def test_a_run_in_its_second_pass_does_not_end_as_one_of_a_single_pass(data: str, tmp_path: Path) -> None:
    def interrupt(trained: Trained, *_: object) -> None:
        if trained.passes:
            raise KeyboardInterrupt

    options = options_in(tmp_path / "points")
    with pytest.raises(KeyboardInterrupt):
        train(MODELS["lr"], [data], options, progress=interrupt)
    with pytest.raises(ConfigError, match="the checkpoint is in pass 2, and 1 were asked for"):
        train(MODELS["lr"], [data], options._replace(passes=1))


def test_a_damaged_checkpoint_is_passed_over(data: str, tmp_path: Path) -> None:
    options = killed_twice(data, tmp_path / "points")
    wanted = train(MODELS["lr"], [data], options._replace(checkpoint=None, resume=False))
    older, newer = sorted((tmp_path / "points").glob("checkpoint-*"))
    kept = {file: file.read_bytes() for place in (older, newer) for file in place.iterdir()}
    draw = random.Random(5)
    for file in [file for file in kept if file.parent == newer]:
        for _ in range(2):
            broken = bytearray(kept[file])
            broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
            file.write_bytes(bytes(broken[: len(broken) // draw.choice([1, 2, 10**9])]))
            told: list[str] = []
            assert run_until_killed_telling(data, options, told)
            (newer_rows,) = told
            assert "training goes on in pass" in newer_rows
            for other in (tmp_path / "points").glob("checkpoint-*"):
                for inside in other.iterdir():
                    inside.unlink()
                other.rmdir()
            for place in (older, newer):
                place.mkdir()
            for path, body in kept.items():
                path.write_bytes(body)
    found = train(MODELS["lr"], [data], options)
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


def run_until_killed_telling(data: str, options: Options, told: list[str]) -> bool:
    def refuse(*_: object) -> None:
        raise Killed

    try:
        train(MODELS["lr"], [data], options, progress=refuse, tell=told.append)
    except Killed:
        return True
    return False


def test_where_no_checkpoint_is_whole_nothing_is_begun(data: str, tmp_path: Path) -> None:
    options = killed_twice(data, tmp_path / "points")
    for place in (tmp_path / "points").glob("checkpoint-*"):
        (place / "cursor.json").write_text("{}")
    with pytest.raises(FormatError, match="this checkpoint is damaged"):
        train(MODELS["lr"], [data], options)


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("files", ["a"], "'files' is no mapping"),
        ("run", "a", "'run' is no mapping"),
        ("state", [], "'state' is no mapping"),
        ("state", {}, "damaged: 'rows'"),
        ("state", {"rows": "many"}, "'rows' goes from 0 to"),
        ("state", {"rows": 1}, "this checkpoint makes no sense"),
        ("passes", [{"held_out": None, "learned": "well"}], "this checkpoint is damaged"),
        ("passes", 3, "this checkpoint is damaged"),
    ],
)
def test_a_checkpoint_of_a_stranger_is_refused(data: str, tmp_path: Path, name: str, value: object, what: str) -> None:
    options = options_in(tmp_path / "points")
    assert run_until_killed(MODELS["lr"], data, options, 0) is None
    (place,) = (tmp_path / "points").glob("checkpoint-*/cursor.json")
    fields = json.loads(place.read_text())
    fields["cursor"][name] = value
    fields["check"] = sha256(json.dumps(fields["cursor"]).encode()).hexdigest()
    place.write_text(json.dumps(fields))
    with pytest.raises(FormatError, match=what):
        train(MODELS["lr"], [data], options)


def test_of_a_damaged_checkpoint_and_a_whole_one_the_whole_one_is_kept(data: str, tmp_path: Path) -> None:
    options = killed_twice(data, tmp_path / "points")
    (tmp_path / "points" / "checkpoint-000002" / "cursor.json").write_text("{}")
    assert run_until_killed(MODELS["lr"], data, options, 0) is None
    names = sorted(place.name for place in (tmp_path / "points").glob("checkpoint-*"))
    assert names == ["checkpoint-000001", "checkpoint-000003"]


def test_what_a_killed_run_left_is_removed_with_the_checkpoints(data: str, tmp_path: Path) -> None:
    killed_twice(data, tmp_path / "points")
    (tmp_path / "points" / "checkpoint-000003.new").mkdir()
    remove_checkpoints(str(tmp_path / "points"))
    assert not (tmp_path / "points").exists()


def test_a_run_that_never_wrote_one_begins_and_says_so(data: str, tmp_path: Path) -> None:
    told: list[str] = []
    train(MODELS["lr"], [data], options_in(tmp_path / "points", checkpoint_every_s=60), tell=told.append)
    assert told == ["there is no checkpoint yet: training starts from the beginning"]


def test_a_pass_that_reading_cut_short_has_not_ended(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    frames = [pl.DataFrame({"click": [0, 1] * 5000, "site": list(range(10_000))}) for _ in range(3)]
    seen = []

    def breaks_off(frame: object) -> object:
        seen.append(frame)
        if len(seen) > 2:
            raise OSError("the disk is gone")
        return frame

    how = Options(checkpoint=str(tmp_path / "points"), checkpoint_every_s=0, deterministic=True)
    model = make_model("lr", {"bits": 14, "decay": 0.5})._replace(label="click")
    with pytest.raises(OSError, match="the disk is gone"):
        train(model, flow(frames).map(breaks_off), how)
    points = sorted((tmp_path / "points").glob("checkpoint-*/cursor.json"))
    states = [json.loads(point.read_text())["cursor"]["state"] for point in points]
    assert not any(state["has_ended"] for state in states)


def test_two_runs_do_not_write_the_same_checkpoints(data: str, tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "points").mkdir()
    with (tmp_path / "points" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LockHeld):
            train(MODELS["lr"], [data], options_in(tmp_path / "points"))


def test_compressed_files_are_gone_on_with(data: str, tmp_path: Path) -> None:
    import gzip

    packed = str(tmp_path / "rows.svm.gz")
    Path(packed).write_bytes(gzip.compress(Path(data).read_bytes(), 1))
    options = options_in(tmp_path / "points")
    wanted = train(MODELS["lr"], [packed], options._replace(checkpoint=None, resume=False))
    found = None
    while found is None:
        found = run_until_killed(MODELS["lr"], packed, options, 6)
    assert files_of(found, tmp_path / "found") == files_of(wanted, tmp_path / "wanted")


def test_without_determinism_no_row_is_learned_from_twice(data: str, tmp_path: Path) -> None:
    options = options_in(tmp_path / "points", deterministic=False, threads=4)
    found = None
    while found is None:
        found = run_until_killed(MODELS["lr"], data, options, 3)
    assert [done.learned.rows for done in found.passes] == [200_000] * 2
    assert [done.learned.bad_rows for done in found.passes] == [1, 1]


def test_a_checkpoint_is_a_model(data: str, tmp_path: Path) -> None:
    from tiffin.train import load

    killed_twice(data, tmp_path / "points")
    newest = max((tmp_path / "points").glob("checkpoint-*"))
    assert len(load(str(newest)).predict([data], max_bad=1)) == 200_000


@pytest.mark.parametrize("size", [100, 10_000])
def test_a_checkpoint_that_cannot_be_written_does_not_end_the_run(data: str, tmp_path: Path, size: int) -> None:
    told: list[str] = []
    with files_up_to(size):
        trained = train(MODELS["lr"], [data], options_in(tmp_path / "points", passes=1), tell=told.append)
    assert trained.trained_rows == 200_000
    assert re.fullmatch("a checkpoint could not be written: .*File too large", told[-1])
    assert [file.name for file in (tmp_path / "points").iterdir()] == ["lock"]


@pytest.mark.parametrize(("learns_on", "wanted"), [(True, [0, 80, 520]), (False, [0, 520])])
def test_the_next_one_is_far_enough_for_what_stopped_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, learns_on: bool, wanted: list[int]
) -> None:
    """The disk takes ten seconds, by a clock that only it and the test move."""
    now, written = 0, []

    def finish(directory: str, manifest: Manifest) -> None:
        nonlocal now
        written.append(now)
        now += 10
        finish_model(directory, manifest)

    for module in (_checkpoint, _checkpoints):
        monkeypatch.setattr(module, "monotonic", lambda: now)
    monkeypatch.setattr(_checkpoint, "finish_model", finish)
    points = Checkpoints(str(tmp_path / "points"), {}, 60)
    trained: Trained = Sparse(MODELS["lr"], "libsvm") if learns_on else new(Weights().described, "libsvm", Weights())
    points.write(trained)
    for at in (50, 80, 140, 520):
        now = at
        points.tick(trained)
    assert written == wanted


class Weights(Algorithm):
    """One for each feature."""

    tables = {"w": Declared(1, bits=8)}  # noqa: RUF012 - never changed

    def step(self, batch: Any, tables: Any, dense: Any) -> Any:
        return batch.pool(tables["w"])[:, 0]


class InterruptedPause:
    """A learner whose pause begins, and then an interrupt comes."""

    def __init__(self, learner: object) -> None:
        self._learner = learner

    def __getattr__(self, name: str) -> object:
        return getattr(self._learner, name)

    def pause(self) -> None:
        self._learner.pause()  # type: ignore[attr-defined]
        raise KeyboardInterrupt


def test_a_pause_that_is_interrupted_ends(tmp_path: Path) -> None:
    trained = Sparse(MODELS["lr"], "libsvm")
    learner = trained.learner
    trained.learner = InterruptedPause(learner)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        trained.snapshot(str(tmp_path))
    (tmp_path / "rows.svm").write_text("1 1:1\n0 2:1\n")
    trained.learner = learner
    learning = Thread(target=trained.evaluate, args=([str(tmp_path / "rows.svm")],), daemon=True)
    learning.start()
    learning.join(10)
    assert not learning.is_alive()


def test_a_snapshot_has_the_rows_that_it_says_it_has(tmp_path: Path) -> None:
    """While four threads learn: each example has a feature of its own, and so a row of the table."""
    path = tmp_path / "rows.svm"
    path.write_text("".join(f"{n % 2} {n}:1\n" for n in range(500_000)), encoding="utf-8")
    found: list[tuple[int, int]] = []

    def snapshot(trained: Trained, *_: object) -> None:
        place = tmp_path / str(len(found))
        place.mkdir()
        manifest, state = trained.snapshot(str(place))
        found.append((manifest.parts["rows"], state["rows"]))

    train(make_model("lr", {"bits": 24}), [str(path)], Options(threads=4), progress=snapshot)
    assert all(rows == said for rows, said in found)
    assert found[-1][0] == 500_000

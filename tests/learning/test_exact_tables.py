"""Tables with a row for each feature: admission, age, decay, and what memory has no room for."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.examples import libsvm, teacher_rows
from tests.learning.twins import Twin
from tiffin._native.learning import key
from tiffin.errors import ConfigError, FormatError, TrainingError
from tiffin.models import make_model
from tiffin.train import Options, Trained, load, train
from tiffin.train._sparse import Sparse

Write = Callable[[str, str], str]
EXACT = Options(deterministic=True)
SIZES: dict[str, dict[str, object]] = {"ffm": {"fields": 3}}


def files_of(trained: Trained, place: Path, *, state: bool = True) -> dict[str, bytes]:
    """A model's files, without what it says of its table."""
    trained.save(str(place), state=state)
    return {file.name: file.read_bytes() for file in place.iterdir() if file.suffix == ".npy"}


def many_ids(count: int, *, seed: int, ids: int = 20_000) -> str:
    """Examples of a few features of which half are rare."""
    random_ = random.Random(seed)
    lines = []
    for _ in range(count):
        chosen = [random_.randrange(30 if random_.random() < 0.5 else ids) for _ in range(8)]
        label = int(sum(1 if i % 3 else -1 for i in chosen) + random_.gauss(0, 1) > 0)
        lines.append(f"{label} " + " ".join(f"{i % 3}:{i}:1" for i in chosen) + "\n")
    return "".join(lines)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_exact_tables_learn_what_the_twin_learns(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    model = make_model(
        "lr",
        {
            "table": "exact",
            "optimizer": data.draw(st.sampled_from(["ftrl", "adagrad", "normalized", "sgd"])),
            "l1": data.draw(st.sampled_from([0.0, 0.1])),
            "admit": data.draw(st.sampled_from([1, 1, 2, 3])),
            "ttl": data.draw(st.sampled_from([0, 0, 3, 10, 25])),
            "decay": data.draw(st.sampled_from([1.0, 1.0, 0.9, 0.5])),
        },
    )
    value = st.sampled_from([1.0, 1.0, 0.5, -2.0])
    features = st.lists(st.tuples(st.integers(0, 12), value), max_size=5)
    rows = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), features), min_size=1, max_size=8)
    blocks: list[list[tuple[float, list[tuple[int, float]]]]] = [[(0.0, []), (1.0, [])]]
    blocks += data.draw(st.lists(rows, min_size=1, max_size=4))
    folder = tmp_path_factory.mktemp("twin")
    paths = [str(folder / f"{n}.svm") for n in range(len(blocks))]
    for path, block in zip(paths, blocks, strict=True):  # each file is a block
        Path(path).write_text(libsvm(block))
    if data.draw(st.booleans()):
        trained = train(model, paths, EXACT._replace(passes=3))
        trained.save(str(folder / "model"))
    else:
        start = None
        for _ in range(3):  # what it counts is in the model
            train(model, paths, EXACT, start=start).save(str(folder / "model"))
            start = load(str(folder / "model"))

    twin = Twin(model)
    for _ in range(3):
        for block in blocks:
            twin.learn([(label, [(key(0, str(feature)), x) for feature, x in row]) for label, row in block])
        twin.end_pass()
    found = dict(zip(np.load(folder / "model/keys.npy"), np.load(folder / "model/weights.npy"), strict=True))
    assert found.keys() == twin.seen.keys()
    for place, weight in twin.weights.items():
        assert found[place] == pytest.approx(float(weight), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
def test_both_tables_predict_the_same_where_no_features_share_a_row(write: Write, tmp_path: Path, name: str) -> None:
    rows = [(label, [(i % 3, i) for i, _ in features]) for label, features in teacher_rows(4_000, seed=1)]
    text = "".join(f"{label:g} " + " ".join(f"{f}:{i}:1" for f, i in features) + "\n" for label, features in rows)
    path, unseen = write("rows.ffm", text), write("unseen.ffm", "1 0:3:1 1:999:1 2:5:1 2:77777:1\n0 0:123456:1\n")
    predicted = []
    for table in ({"bits": 20}, {"table": "exact"}):
        trained = train(make_model(name, {**table, **SIZES.get(name, {})}), [path], EXACT._replace(passes=2))
        predicted.append((trained.predict([path]), trained.predict([unseen])))
        for state in (True, False):
            trained.save(str(tmp_path / "model"), state=state)
            assert load(str(tmp_path / "model")).predict([unseen]) == predicted[-1][1]
    assert predicted[0] == predicted[1]


@pytest.mark.parametrize("name", ["lr", "fm", "ffm"])
@pytest.mark.parametrize("optimizer", ["ftrl", "adagrad", "normalized", "sgd"])
def test_every_combination_learns(write: Write, name: str, optimizer: str) -> None:
    rows = teacher_rows(4_000, seed=4)
    text = "".join(f"{label:g} " + " ".join(f"{i % 3}:{i}:1" for i, _ in features) + "\n" for label, features in rows)
    chosen = {"table": "exact", "optimizer": optimizer, "alpha": 0.1 if optimizer != "sgd" else 0.02}
    if name != "lr":
        chosen |= {"latent_optimizer": optimizer, "latent_alpha": 0.05}
    path = write("rows.ffm", text)
    model = make_model(name, {**chosen, **SIZES.get(name, {})})
    losses = [done.learned.loss for done in train(model, [path], EXACT._replace(passes=3)).passes]
    assert losses[2] < losses[1] < losses[0] < 0.693


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("lr", {}), ("lr", {"ttl": 2_000}), ("fm", {"ttl": 3_000, "decay": 0.5}), ("ffm", {"decay": 0.8})],
    ids=str,
)
def test_a_table_on_disk_is_the_table_that_has_room(
    write: Write, tmp_path: Path, name: str, chosen: dict[str, float]
) -> None:
    paths = [write(f"{n}.ffm", many_ids(1_500, seed=n, ids=12_000)) for n in range(4)]
    (tmp_path / "spill").mkdir()
    width = {"lr": 16, "fm": 128, "ffm": 128}[name]  # bytes of a row
    kept = []
    for bound in ({}, {"memory": 1_500 * width // 12 * 10, "spill": str(tmp_path / "spill")}):
        settings = {"table": "exact", **chosen, **SIZES.get(name, {}), **bound}
        trained = train(make_model(name, settings), paths, EXACT._replace(passes=2, threads=2))
        kept.append((files_of(trained, tmp_path / "model"), trained.predict(paths)))
        if bound and "ttl" not in chosen:
            assert isinstance(trained, Sparse)
            assert trained.learner.key_rows * 4 <= len(np.load(tmp_path / "model/keys.npy"))
        assert list(load(str(tmp_path / "model")).predict(paths)) == list(kept[-1][1])
    assert kept[0] == kept[1]
    assert list((tmp_path / "spill").iterdir()) == []


def test_the_bits_are_the_same_for_any_number_of_threads(write: Write, tmp_path: Path) -> None:
    path = write("rows.svm", libsvm(teacher_rows(40_000, seed=1)))
    chosen = {"table": "exact", "admit": 2, "ttl": 20_000, "decay": 0.9}
    kept = []
    for threads in (1, 2, 5):
        trained = train(make_model("fm", chosen), [path], EXACT._replace(threads=threads, passes=2))
        kept.append(files_of(trained, tmp_path / str(threads)))
    assert kept[0] == kept[1] == kept[2]


def test_training_goes_on_where_it_ended(write: Write, tmp_path: Path) -> None:
    paths = [write(f"{n}.ffm", many_ids(3_000, seed=n)) for n in (1, 2)]
    model = make_model("fm", {"table": "exact", "k": 4})
    at_once = train(model, paths, EXACT)
    train(model, paths[:1], EXACT).save(str(tmp_path / "first"))
    later = train(model, paths[1:], EXACT, start=load(str(tmp_path / "first")))
    assert files_of(later, tmp_path / "later") == files_of(at_once, tmp_path / "at-once")


def test_a_model_for_predictions_counts_nothing(write: Write, tmp_path: Path) -> None:
    model = make_model("lr", {"table": "exact", "admit": 2, "ttl": 500})
    trained = train(model, [write(f"{n}.ffm", many_ids(300, seed=n)) for n in range(4)], EXACT)  # a block each
    trained.save(str(tmp_path / "slim"), state=False)
    trained.save(str(tmp_path / "model"))
    of = {name: {file.name for file in (tmp_path / name).iterdir()} for name in ("slim", "model")}
    assert of["model"] - of["slim"] == {"ages.npy", "sightings.npy", "weights_state.npy"}
    ages = np.load(tmp_path / "model/ages.npy")
    assert len(ages) == len(np.load(tmp_path / "model/keys.npy"))
    assert ages.min() == 300
    assert ages.max() <= 625  # examples, and a quarter more


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("newest", {"newest": 5}),
        ("used", {"used": 1 << 40}),
        ("unlooked", {"unlooked": 1 << 32}),
        ("counts", {"counts": -1}),
        ("more counts than there are", {"counts": 10_000}),
        ("a text", {"newest": "one"}),
        ("a list", []),
        ("another text", "many"),
    ],
)
def test_sightings_of_no_table_are_refused(write: Write, tmp_path: Path, name: str, change: object) -> None:
    model = make_model("lr", {"table": "exact", "admit": 2})
    train(model, [write("rows.ffm", many_ids(200, seed=2))], EXACT).save(str(tmp_path / "model"))
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    known = manifest["parts"]["sightings"]
    manifest["parts"]["sightings"] = known | change if isinstance(change, dict) else change
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FormatError):
        load(str(tmp_path / "model"))


def test_more_sightings_than_any_file_has_are_refused(write: Write, tmp_path: Path) -> None:
    """2^62 of them have 2^64 bytes, which are none to whoever does not look."""
    model = make_model("lr", {"table": "exact", "admit": 2})
    train(model, [write("rows.ffm", many_ids(200, seed=2))], EXACT).save(str(tmp_path / "model"))
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    manifest["parts"]["sightings"]["counts"] = 1 << 62
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest))
    header = {"descr": "<u4", "fortran_order": False, "shape": (1 << 62,)}
    with (tmp_path / "model/sightings.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(FormatError, match="no array has so many rows"):
        load(str(tmp_path / "model"))


def test_counts_out_of_place_are_refused(write: Write, tmp_path: Path) -> None:
    model = make_model("lr", {"table": "exact", "admit": 2})
    train(model, [write("rows.ffm", many_ids(200, seed=2))], EXACT).save(str(tmp_path / "model"))
    counts = np.load(tmp_path / "model/sightings.npy")
    counts[:] = 0xFFFF0001
    counts = np.resize(counts, 600)  # 39 million cells further on
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    manifest["parts"]["sightings"]["counts"] = 600
    (tmp_path / "model/manifest.json").write_text(json.dumps(manifest))
    np.save(tmp_path / "model/sightings.npy", counts)
    with pytest.raises(FormatError, match="sightings of no table"):
        load(str(tmp_path / "model"))


def test_rare_features_have_no_weight(write: Write, tmp_path: Path) -> None:
    path = write("rows.svm", "1 1:1 2:1\n0 1:1 3:1\n1 1:1 2:1\n0 4:1 1:1\n")
    trained = train(make_model("lr", {"table": "exact", "admit": 2}), [path], EXACT)
    trained.save(str(tmp_path / "model"))
    assert sorted(np.load(tmp_path / "model/keys.npy")) == [1, 2]
    ask = [write(f"{n}.svm", text) for n, text in enumerate(("0 1:1\n", "0 1:1 3:1 4:1\n", "0 1:1 9:1\n"))]
    assert trained.predict(ask[:1]) == trained.predict(ask[1:2]) == trained.predict(ask[2:])


def test_a_killed_run_leaves_nothing_on_disk(write: Write, tmp_path: Path) -> None:
    path = write("rows.ffm", many_ids(20_000, seed=3))
    (tmp_path / "spill").mkdir()
    code = (
        "import os, sys\n"
        "from tiffin.models import make_model\n"
        "from tiffin.train import train\n"
        "chosen = {'table': 'exact', 'memory': 200_000, 'spill': sys.argv[2]}\n"
        "def after_pass(trained):\n"
        "    print(sum('(deleted)' in os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')"
        " if os.path.lexists(f'/proc/self/fd/{fd}')))\n"
        "    sys.stdout.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
        "train(make_model('lr', chosen), [sys.argv[1]], after_pass=after_pass)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, str(tmp_path / "spill")], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert int(done.stdout) > 0  # segments were there
    assert list((tmp_path / "spill").iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(write: Write, tmp_path: Path) -> None:
    path = write("rows.ffm", many_ids(5_000, seed=4))
    nowhere = str(tmp_path / "nowhere")
    model = make_model("lr", {"table": "exact", "memory": "200k", "spill": nowhere})
    with pytest.raises(TrainingError) as caught:
        train(model, [path], EXACT)
    assert str(caught.value.message) == (
        f"rows that memory has no room for cannot be kept in '{nowhere}': No such file or directory"
    )
    assert caught.value.hint == "name another directory with spill=DIR, or set more memory"


@pytest.mark.parametrize("memory", [1, 20, 10_000])
def test_too_little_memory_is_said(write: Write, memory: int) -> None:
    path = write("rows.svm", "1 1:1\n0 " + " ".join(f"{i}:1" for i in range(500)) + "\n")
    with pytest.raises(TrainingError) as caught:
        train(make_model("lr", {"table": "exact", "memory": memory}), [path])
    assert caught.value.message == f"a table of {memory:,} bytes has no room for the features of one example"
    assert caught.value.hint == "set more memory, such as memory=1GB"


@pytest.mark.parametrize(
    ("chosen", "what", "hint"),
    [
        (
            {"admit": 3},
            "fixed tables have no 'admit': how often a feature is seen until it has a row",
            "set table=exact, too, or leave it out",
        ),
        (
            {"bits": 20, "table": "exact"},
            "exact tables have no 'bits': the table has 2^bits rows, and features share them by hash",
            "set table=fixed, too, or leave it out",
        ),
        ({"table": "exact", "admit": 16}, "'admit' goes from 1 to 15, found 16", None),
        ({"table": "exact", "memory": "much"}, "'memory' should be a size such as 8GB, found 'much'", None),
        ({"table": "hash"}, "'table' is one of fixed, exact, found 'hash'", None),
    ],
)
def test_wrong_settings_are_named(chosen: dict, what: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        make_model("lr", chosen)
    assert (caught.value.message, caught.value.hint) == (what, hint)


def test_sizes_are_written_as_people_do() -> None:
    assert make_model("lr", {"memory": "8GB", "table": "exact"}).memory == 8 << 30
    assert make_model("lr", {"memory": 4096, "table": "exact"}).memory == 4096


def test_a_model_does_not_say_where_to_write(write: Write, tmp_path: Path) -> None:
    path = write("a.svm", "1 1:1\n0 2:1\n")
    chosen = {"table": "exact", "memory": "1MB", "spill": str(tmp_path)}
    train(make_model("lr", chosen), [path]).save(str(tmp_path / "model"))
    manifest = tmp_path / "model/manifest.json"
    fields = json.loads(manifest.read_text())
    assert fields["model"]["memory"] == 1 << 20
    assert "spill" not in fields["model"]
    fields["model"]["spill"] = "/etc"
    manifest.write_text(json.dumps(fields))
    assert load(str(tmp_path / "model")).model.spill == "/var/tmp"


def test_damaged_keys_are_refused(write: Write, tmp_path: Path) -> None:
    place = tmp_path / "model"
    train(make_model("lr", {"table": "exact"}), [write("a.svm", "1 1:1\n0 2:1\n")]).save(str(place))
    keys = np.load(place / "keys.npy")
    for wrong in (keys[::-1].copy(), np.repeat(keys[:1], 2)):
        np.save(place / "keys.npy", wrong)
        with pytest.raises(FormatError, match="the keys are not in their order"):
            load(str(place))
    (place / "keys.npy").unlink()
    with pytest.raises(FormatError, match="No such file or directory"):
        load(str(place))

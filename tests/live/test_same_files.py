"""The same script, run with DVCLive and with tiffin, leaves the same files, byte for byte."""

import contextlib
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiffin.live import Live

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dvclive

Script = Callable[[Any], None]


def _theirs(**options: Any) -> Any:
    return dvclive.Live(save_dvc_exp=False, **options)


def _files(folder: Path) -> dict[str, bytes]:
    own = (".git/", ".dvc/tmp/", ".dvc/cache/tiffin/")
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        path: file.read_bytes()
        for path, file in found.items()
        if file.name != "report.html" and not path.startswith(own)
    }


def _both(folder: Path, *scripts: Script, before: Callable[[], None] | None = None, **options: Any) -> dict[str, bytes]:
    """Run the scripts in turn, all but the first with resume=True, with both; give the files, which must be equal."""
    left = []
    for make, name in ((_theirs, "theirs"), (Live, "ours")):
        home = folder / name
        home.mkdir(parents=True)
        with contextlib.chdir(home), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if before is not None:
                before()
            for round_, script in enumerate(scripts):
                live = make(resume=round_ > 0, **options)
                script(live)
                live.end()
        left.append(_files(home))
    assert left[1] == left[0]
    return left[1]


def metrics(live: Any) -> None:
    for step in range(4):
        live.log_metric("loss", 1 / (step + 1))
        live.log_metric("train/acc", step / 3)
        live.log_metric("train/deep/er/x y", step)
        live.log_metric("best", True, plot=False)
        live.next_step()


def odd_values(live: Any) -> None:
    for value in (float("nan"), float("inf"), -float("inf"), 1e-300, 1e22, -0.0, 10**30, True, "text", 'a "b"\tc', ""):
        live.log_metric("odd", value)
        live.next_step()


def odd_names(live: Any) -> None:
    for name in ("a.b", "ünï/cödé", "a//b", "./c", "x/../y", "with space", "step2", 'q"uote'):
        live.log_metric(name, 1.5)
    live.next_step()


def no_steps(live: Any) -> None:
    live.log_metric("roc_auc", 0.75)
    live.log_metric("split/recall", 0.5)


def nothing(live: Any) -> None:
    assert live.step == 0


def own_steps(live: Any) -> None:
    for step in (3, 10, 7):
        live.step = step
        live.log_metric("loss", step)
        live.sync()


def edited_summary(live: Any) -> None:
    live.log_metric("loss", 0.5)
    live.next_step()
    live.summary["best"] = {"loss": 0.25, "nan": float("nan")}
    live.make_summary()


def params(live: Any) -> None:
    live.log_param("lr", 1e-3)
    live.log_params(
        {"model": {"layers": [1, 2, [3]], "name": "true", "none": None}, "flag": True, "empty": {}, "n": []}
    )
    live.log_param("lr", 2.0)
    live.log_param("long", "word " * 40)


def custom_plots(live: Any) -> None:
    rows = [{"a": 1, "b": 2.5, "c": "x"}, {"a": 2, "b": float("nan"), "c": None}]
    live.log_plot("plain", rows, x="a", y="b")
    live.log_plot("deep/er.json", rows, x="a", y=["b", "c"], template="scatter", title="A: title", y_label="why")
    live.log_plot("none", rows, x="c", y="a", template=None)
    live.log_plot("plain", rows[:1], x="a", y="b")
    live.next_step()


@pytest.mark.parametrize(
    "script", [metrics, odd_values, odd_names, no_steps, nothing, own_steps, edited_summary, params, custom_plots]
)
def test_one_run(script, tmp_path):
    assert _both(tmp_path, script)


@pytest.mark.parametrize("first", [metrics, no_steps, own_steps, params])
@pytest.mark.parametrize("second", [metrics, no_steps, own_steps])
def test_a_run_and_its_continuation(first, second, tmp_path):
    _both(tmp_path, first, second, second)


def test_a_new_run_removes_the_old_one(tmp_path):
    def leave_an_old_run() -> None:
        live = dvclive.Live(save_dvc_exp=False)
        params(live)
        metrics(live)
        custom_plots(live)
        live.end()
        Path("dvclive/report.md").write_text("old")
        Path("dvclive/dvc.yaml").write_text("metrics: []\n")
        Path("dvclive/mine.txt").write_text("mine")

    assert "dvclive/mine.txt" in _both(tmp_path, no_steps, before=leave_an_old_run)


@pytest.mark.parametrize(
    "options",
    [
        {"dir": "out/deep/live"},
        {"dvcyaml": None},
        {"dvcyaml": "sub/dvc.yaml"},
        {"dir": "a/live", "dvcyaml": "a/dvc.yaml"},
        {"dvcyaml": Path("dvc.yaml")},
    ],
    ids=str,
)
def test_folders(options, tmp_path):
    _both(tmp_path, metrics, **options)


def test_timestamps(tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.123)
    monkeypatch.setattr("time.time_ns", lambda: 1_700_000_000_123_456_789)

    def script(live: Any) -> None:
        live.log_metric("a", 1, timestamp=True)
        live.log_metric("a", 2)
        live.log_metric("b", 1)
        live.log_metric("b", 2, timestamp=True)

    assert _both(tmp_path, script)["dvclive/plots/metrics/a.tsv"].startswith(
        b"timestamp\tstep\ta\n1700000000123\t0\t1\n"
    )


USERS_DVC_YAML = """\
# the pipeline
stages:
  train:
    cmd: python train.py   # runs Live
    deps:
    - train.py
metrics:
- other.json
plots:
- mine.csv:
    x: a
    y: b
- dvclive/plots/custom/stale.json:
    x: gone
"""


def test_a_dvc_yaml_of_the_user_keeps_what_is_the_users(tmp_path):
    def put_it_there() -> None:
        Path("dvc.yaml").write_text(USERS_DVC_YAML)

    files = _both(tmp_path, metrics, before=put_it_there)
    assert b"# the pipeline" in files["dvc.yaml"]
    assert b"stale" not in files["dvc.yaml"]


def test_numpy_scalars(tmp_path):
    np = pytest.importorskip("numpy")

    def script(live: Any) -> None:
        kinds = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64"]
        for kind in kinds:
            live.log_metric(f"np/{kind}", getattr(np, kind)(0.1 if "float" in kind else 7))
            live.log_metric(f"nan/{kind}", np.float32("nan"))
        live.next_step()

    _both(tmp_path, script)


def test_scikit_learn_plots(tmp_path):
    np = pytest.importorskip("numpy")
    pytest.importorskip("sklearn")
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 300)
    scores = np.clip(labels * 0.4 + random.random(300) * 0.6, 0, 1)

    def script(live: Any) -> None:
        for kind in ("roc", "precision_recall", "det", "calibration"):
            live.log_sklearn_plot(kind, labels, scores)
        live.log_sklearn_plot(
            "roc", labels, scores, name="train/roc", title="Mine", x_label="x", drop_intermediate=False
        )
        live.log_sklearn_plot("confusion_matrix", labels, scores > 0.5, name="cm")
        live.log_sklearn_plot("confusion_matrix", labels.tolist(), labels.tolist(), name="cm.json", normalized=True)
        live.next_step()

    assert "dvclive/plots/sklearn/train/roc.json" in _both(tmp_path, script)


def test_data_frames_and_arrays(tmp_path):
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")

    def script(live: Any) -> None:
        live.log_plot("frame", pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}), x="a", y="b")
        live.log_plot("table", np.array([[1.0, 2.0], [3.0, 4.0]]), x="0", y="1")

    _both(tmp_path, script)


def test_images(tmp_path):
    np = pytest.importorskip("numpy")
    Image = pytest.importorskip("PIL.Image")  # noqa: N806 - the class's own name
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    source = tmp_path / "source.png"
    Image.fromarray(pixels).save(source)

    def script(live: Any) -> None:
        live.log_image("array.png", pixels)
        live.log_image("deep/0.png", Image.fromarray(pixels))
        live.log_image("path", source)
        live.next_step()

    assert "dvclive/plots/images/path.png" in _both(tmp_path / "runs", script)


def test_a_matplotlib_figure(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def script(live: Any) -> None:
        figure, axes = pyplot.subplots(figsize=(2, 1))
        axes.plot([1, 2], [3, 4])
        live.log_image("figure.png", figure)
        assert not pyplot.get_fignums()

    with pyplot.rc_context({"backend": "Agg"}):
        _both(tmp_path, script)


def _repository() -> None:
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    Path(".dvc").mkdir()
    Path(".dvc/config").touch()
    Path(".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    Path("model.pt").write_text("a model")
    Path("data").mkdir()
    Path("data/raw.csv").write_text("1,2")


def artifacts(live: Any) -> None:
    live.log_artifact("model.pt", type="model", name="mine", desc="a: b", labels=["x", "y: z"], meta={"k": [1, 0.5]})
    live.next_step()
    live.log_artifact(Path("data"), name="all-of_it/2", meta={"version": "2", "deep": {"none": None, "text": "true"}})
    live.log_artifact("data/", copy=True, type="dataset")
    live.next_step()
    live.log_artifact("model.pt", copy=True)
    live.log_artifact("model.pt", copy=True, desc="")
    live.log_artifact("data/raw.csv", cache=False, desc="word " * 40)
    live.log_artifact("./data/../model.pt", name="mine", type="final")
    live.next_step()


@pytest.mark.parametrize(
    "options",
    [{}, {"dvcyaml": None}, {"dir": "out/live", "dvcyaml": "sub/dvc.yaml"}],
    ids=str,
)
def test_artifacts(options, tmp_path):
    files = _both(tmp_path, artifacts, before=_repository, **options)
    assert {"model.pt.dvc", "data.dvc", f"{options.get('dir', 'dvclive')}/artifacts/model.pt.dvc"} <= set(files)


def test_artifacts_of_the_user_and_of_an_earlier_run(tmp_path):
    def before() -> None:
        _repository()
        Path("dvc.yaml").write_text(
            "# mine\nartifacts:\n  theirs:\n    path: dvclive/artifacts/gone.pt\n  mine:\n    path: old.pt\n"
            "  data:\n    path: dvclive/artifacts/data\n  other:\n    path: other.pt\n    type: model\n"
        )

    files = _both(tmp_path, artifacts, before=before)
    assert b"gone.pt" not in files["dvc.yaml"]
    assert b"other.pt" in files["dvc.yaml"]


def test_a_file_whose_name_cannot_be_that_of_an_artifact(tmp_path):
    def script(live: Any) -> None:
        Path("model.v2.pt").write_text("2")
        live.log_artifact("model.v2.pt", type="model")  # which has no entry
        live.next_step()

    files = _both(tmp_path, script, before=_repository)
    assert "model.v2.pt.dvc" in files
    assert b"artifacts" not in files["dvc.yaml"]


def test_images_in_the_cache(tmp_path):
    np = pytest.importorskip("numpy")
    pytest.importorskip("PIL.Image")

    def script(live: Any) -> None:
        for step in range(2):
            live.log_image(f"maps/{step}.png", np.full((4, 4, 3), step, dtype=np.uint8))
            live.next_step()

    def before() -> None:
        _repository()
        live = dvclive.Live(save_dvc_exp=False, cache_images=True)
        live.log_image("old.png", np.zeros((4, 4, 3), dtype=np.uint8))
        live.end()

    files = _both(tmp_path, script, before=before, cache_images=True)
    assert b"nfiles: 2" in files["dvclive/plots/images.dvc"]
    assert files["dvclive/plots/.gitignore"] == b"/images\n"


_names = st.sampled_from(["a", "b/c", "b/d", "long name", "e/f/g"])
_values = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=5),
)
_actions = st.one_of(
    st.tuples(st.just("metric"), _names, _values),
    st.tuples(
        st.just("param"), _names, st.one_of(st.integers(), st.floats(allow_nan=False), st.text("ab: #\n", max_size=8))
    ),
    st.tuples(st.just("step"), st.none(), st.none()),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(st.lists(_actions, max_size=12), min_size=1, max_size=2))
def test_any_runs(runs, tmp_path_factory):
    def script(actions: Any) -> Script:
        def run(live: Any) -> None:
            for action, name, value in actions:
                if action == "metric":
                    live.log_metric(name, value)
                elif action == "param":
                    live.log_param(name, value)
                else:
                    live.next_step()

        return run

    _both(tmp_path_factory.mktemp("runs"), *map(script, runs))

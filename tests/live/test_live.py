"""The logger itself: what it takes, what it refuses and how it says so."""

import json
import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from tiffin.errors import ConfigError, LiveError
from tiffin.live import Live


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _summary():
    return json.loads(Path("dvclive/metrics.json").read_text())


def test_the_block_ends_the_run_and_end_inside_it_does_nothing():
    with Live() as live:
        live.log_metric("loss", 1)
        live.end()
        assert not Path("dvclive/metrics.json").exists()
    assert _summary() == {"loss": 1}


def test_a_block_left_by_an_exception_ends_the_run_too():
    with pytest.raises(ZeroDivisionError), Live(report="html") as live:
        live.log_metric("loss", 1 / 0)
    assert _summary() == {}
    assert '"status":"failed"' in Path("dvclive/report.html").read_text()


def test_names_of_folders_and_files():
    live = Live(Path("out", "live"), report="html", dvcyaml="sub/dvc.yaml")
    folder = Path("out", "live")
    assert live.dir == str(folder)
    assert live.params_file == str(folder / "params.yaml")
    assert live.metrics_file == str(folder / "metrics.json")
    assert live.plots_dir == str(folder / "plots")
    assert live.artifacts_dir == str(folder / "artifacts")
    assert live.report_file == str(folder / "report.html")
    assert live.dvc_file == "sub/dvc.yaml"
    assert Live().report_file is None


def test_the_step_counts_and_can_be_set():
    live = Live()
    assert live.step == 0
    live.next_step()
    assert live.step == 1
    live.step = 40
    live.next_step()
    assert live.step == 41
    live.end()
    assert _summary() == {"step": 40}


@pytest.mark.parametrize(("value", "resumed"), [("1", True), ("true", True), ("yes", True), ("0", False), ("", False)])
def test_the_environment_can_ask_to_resume(value, resumed, monkeypatch):
    with Live() as live:
        live.log_metric("loss", 1)
    monkeypatch.setenv("DVCLIVE_RESUME", value)
    assert bool(Live().summary) is resumed


def test_the_environment_can_ask_to_open_the_report_once(monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setenv("DVCLIVE_OPEN", "true")
    Live()
    assert not opened
    with Live(report="html") as live:
        assert Path("dvclive/report.html").exists()
        live.sync()
    assert opened == [f"file://{Path('dvclive/report.html').absolute()}"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"report": "md"}, r"""report='md' is not supported (supported: "html", None)"""),
        ({"report": "notebook"}, """report='notebook' is not supported (supported: "html", None)"""),
        ({"dvcyaml": "other.yaml"}, "dvcyaml='other.yaml' is not supported: the file must be called dvc.yaml"),
    ],
)
def test_a_setting_that_is_not_supported_is_refused(options, text):
    with pytest.raises(ConfigError) as caught:
        Live(**options)
    assert caught.value.message == text
    assert not Path("dvclive").exists()


def test_a_setting_that_dvclive_has_and_tiffin_has_not_is_no_argument():
    with pytest.raises(TypeError):
        Live(monitor_system=True)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, 1j, object(), b"bytes"])
def test_a_value_that_is_not_a_number_is_refused(value):
    with pytest.raises(LiveError, match=r"metric 'loss' cannot be logged: .* is not a number or a string"):
        Live().log_metric("loss", value)


def test_text_that_no_file_can_hold_is_refused():
    with pytest.raises(LiveError, match="is not text that a file can hold"):
        Live().log_metric("loss", "\ud800")


@pytest.mark.parametrize("name", ["", ".", "..", "/etc/passwd", "../up", "a/../../up", "nul\0", "\ud800", "x" * 300, 5])
def test_a_name_that_leads_nowhere_or_outside_is_refused(name):
    live = Live()
    for log in (live.log_metric, lambda name, _: live.log_plot(name, [{"a": 1}], "a", "a")):
        if name == 5 and log != live.log_metric:
            continue
        with pytest.raises(LiveError, match=r"cannot name a|must be a string"):
            log(name, 1)


def test_a_metric_below_a_metric_is_refused():
    live = Live()
    live.log_metric("loss", 1)
    with pytest.raises(LiveError, match="metric 'loss/train' cannot be logged: 'loss' is a metric, not a group"):
        live.log_metric("loss/train", 1)


def test_two_spellings_of_a_name_are_one_metric():
    live = Live()
    live.log_metric("a/b", 1)
    live.log_metric("a//b", 2)
    live.log_metric("./a/b", 3)
    live.end()
    assert Path("dvclive/plots/metrics/a/b.tsv").read_text() == "step\tb\n0\t1\n0\t2\n0\t3\n"
    assert _summary() == {"a": {"b": 3}}


def test_a_parameter_that_yaml_cannot_hold_is_refused_and_the_others_stay():
    live = Live()
    live.log_param("lr", 0.1)
    with pytest.raises(LiveError, match="parameters 'model' cannot be logged"):
        live.log_param("model", object())
    live.log_param("depth", 3)
    assert Path("dvclive/params.yaml").read_text() == "lr: 0.1\ndepth: 3\n"


@pytest.mark.parametrize("points", [[1, 2], "text", 5, {"a": 1}])
def test_data_points_that_are_no_table_are_refused(points):
    with pytest.raises(LiveError, match="plot 'p' cannot be logged"):
        Live().log_plot("p", points, x="a", y="b")


def test_an_unknown_scikit_learn_plot_names_the_known_ones():
    with pytest.raises(LiveError) as caught:
        Live().log_sklearn_plot("rok", [0, 1], [0, 1])
    assert caught.value.message == (
        "there is no plot 'rok' (known: calibration, confusion_matrix, det, precision_recall, roc)"
    )


def test_only_a_confusion_matrix_is_normalized():
    with pytest.raises(LiveError, match="a roc plot cannot be normalized"):
        Live().log_sklearn_plot("roc", [0, 1], [0, 1], normalized=True)


@pytest.mark.parametrize(("name", "value"), [("a.bmp", "x.png"), ("a", "x.bmp"), ("a", 5)])
def test_an_image_of_another_kind_is_refused(name, value):
    with pytest.raises(LiveError, match=r"cannot be logged: its name does not end in \.jpg, \.jpeg, \.gif, \.png"):
        Live().log_image(name, value)


def test_a_value_that_is_no_image_is_refused():
    with pytest.raises(LiveError, match=r"image 'a\.png' cannot be logged: builtins\.int is not an image"):
        Live().log_image("a.png", 5)


def test_the_last_settings_of_a_plot_count():
    with Live() as live:
        for title in ("first", "second"):
            live.log_plot("p", [{"a": 1, "b": 2}], x="a", y="b", title=title)
    assert "second" in Path("dvc.yaml").read_text()


def test_vs_code_is_told_the_step_while_the_run_is_under_way():
    Path(".dvc").mkdir()
    signal = Path(".dvc/tmp/exps/run/DVCLIVE_STEP_COMPLETED")
    live = Live()
    live.next_step()
    live.next_step()
    live.sync()
    assert json.loads(signal.read_text()) == {"pid": os.getpid(), "step": 1}
    live.end()
    assert not signal.exists()


def test_inside_exp_run_the_files_of_the_run_are_handed_to_git(monkeypatch):
    def git(*arguments):
        return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    Path(".gitignore").write_text("/dvclive/plots/images\n")
    for variable in ("DVC_ROOT", "DVC_EXP_BASELINE_REV"):
        monkeypatch.setenv(variable, ".")
        with Live() as live:
            live.log_metric("loss", 1)
            Path("dvclive/plots/images").mkdir(parents=True, exist_ok=True)
            Path("dvclive/plots/images/large.png").touch()
        Path("other.txt").touch()
    assert git("ls-files").split() == ["dvc.yaml", "dvclive/metrics.json", "dvclive/plots/metrics/loss.tsv"]


def test_a_git_repository_is_left_without_dvc_s_directory():
    subprocess.run(["git", "init", "-q"], check=True)
    with Live() as live:
        live.log_metric("loss", 1)
    assert sorted(path.name for path in Path().iterdir()) == [".git", "dvc.yaml", "dvclive"]


def test_importing_it_loads_nothing_heavy():
    heavy = [
        "ruamel",
        "numpy",
        "sklearn",
        "PIL",
        "subprocess",
        "logging",
        "dataclasses",
        "inspect",
        "tempfile",
        "shutil",
    ]
    script = (
        f"import sys; before = set(sys.modules); import tiffin.live; print(({set(heavy)} - before) & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert found == "set()\n"


def test_numpy_values_in_data_points_are_numbers():
    np = pytest.importorskip("numpy")
    points = np.array([(1, 0.5), (2, 1.5)], dtype=[("a", "i8"), ("b", "f4")])
    with Live() as live:
        live.log_plot("p", points, x="a", y="b")
    assert json.loads(Path("dvclive/plots/custom/p.json").read_text()) == [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]

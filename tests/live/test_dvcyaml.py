"""Live shares dvc.yaml with its user and with `repro`."""

import fcntl
import threading
import time
from pathlib import Path

import pytest

from tiffin.formats import yaml
from tiffin.live import Live
from tiffin.live._dvcyaml import Sections, update_dvcyaml

SECTIONS = Sections("dvclive", None, "dvclive/metrics.json", [{"dvclive/plots/metrics": {"x": "step"}}], {}, keep=False)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _read():
    return yaml.load(Path("dvc.yaml").read_text(), "dvc.yaml")


def test_a_file_that_says_it_already_is_not_touched():
    odd = "metrics: [dvclive/metrics.json]   # mine\nplots: [dvclive/plots/metrics: {x: step}, mine.csv]\n"
    Path("dvc.yaml").write_text(odd)
    before = Path("dvc.yaml").stat()
    update_dvcyaml("dvc.yaml", SECTIONS)
    assert Path("dvc.yaml").read_text() == odd
    assert Path("dvc.yaml").stat().st_ino == before.st_ino


def test_it_waits_while_another_process_changes_the_file():
    Path(".dvc/tmp").mkdir(parents=True)
    with Path(".dvc/tmp/dvcyaml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=update_dvcyaml, args=("dvc.yaml", SECTIONS))
        thread.start()
        time.sleep(0.2)
        assert not Path("dvc.yaml").exists()
        Path("dvc.yaml").write_text("stages:\n  a:\n    cmd: echo\n")
        fcntl.flock(lock, fcntl.LOCK_UN)
        thread.join(10)
    assert set(_read()) == {"stages", "metrics", "plots"}


def test_nothing_is_written_without_a_dvcyaml():
    for dvcyaml in (None, False):
        with Live(dvcyaml=dvcyaml) as live:
            live.log_metric("loss", 1)
            live.next_step()
        assert not Path("dvc.yaml").exists()


def test_a_broken_file_is_a_warning_and_stays_as_it_is():
    Path("dvc.yaml").write_text("stages: [\n")
    live = Live()
    live.log_metric("loss", 1)
    with pytest.warns(UserWarning, match=r"Live could not update .*dvc\.yaml"):
        live.end()
    assert Path("dvc.yaml").read_text() == "stages: [\n"
    assert Path("dvclive/metrics.json").exists()


def test_a_resumed_run_keeps_the_plots_of_its_first_part():
    with Live() as live:
        live.log_metric("loss", 1)
        live.log_plot("first", [{"a": 1, "b": 2}], x="a", y="b")
        live.log_plot("gone", [{"a": 1, "b": 2}], x="a", y="b")
    Path("dvclive/plots/custom/gone.json").unlink()
    with Live(resume=True) as live:
        live.log_plot("second", [{"a": 1, "b": 2}], x="a", y="b")
        live.next_step()
    names = [next(iter(entry)) for entry in _read()["plots"]]
    assert names == [
        "dvclive/plots/metrics",
        "dvclive/plots/custom/first.json",
        "dvclive/plots/custom/second.json",
    ]


def test_the_permissions_of_the_file_stay():
    Path("dvc.yaml").write_text("metrics:\n- mine.json\n")
    Path("dvc.yaml").chmod(0o600)
    update_dvcyaml("dvc.yaml", SECTIONS)
    assert Path("dvc.yaml").stat().st_mode & 0o777 == 0o600


def test_a_folder_with_a_similar_name_is_somebody_elses():
    Path("dvc.yaml").write_text("metrics:\n- my-dvclive/metrics.json\n- sub/dvclive/metrics.json\n")
    with Live() as live:
        live.log_metric("loss", 1)
    assert _read()["metrics"] == ["my-dvclive/metrics.json", "sub/dvclive/metrics.json", "dvclive/metrics.json"]


@pytest.mark.parametrize("options", [{"dir": "."}, {"dvcyaml": "dvclive/dvc.yaml"}], ids=str)
def test_a_run_beside_its_dvc_yaml_is_named_once(options):
    live = Live(**options)
    home = Path(live.dvc_file)
    for step in range(3):
        live.log_metric("loss", step)
        live.log_param(f"p{step}", step)
        live.log_plot(f"plot{step}", [{"a": 1}], x="a", y="a")
        live.next_step()
        live.sync()
    live.end()
    content = yaml.load(home.read_text(), "dvc.yaml")
    assert content["params"] == ["params.yaml"]
    assert content["metrics"] == ["metrics.json"]
    assert len(content["plots"]) == 4

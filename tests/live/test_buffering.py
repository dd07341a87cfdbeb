"""What is on disk when: within a second, at the end, after a crash, after a fork, on a full disk."""

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tiffin.errors import FormatError, LiveError, TransferError
from tiffin.live import Live


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _rows(name="loss", folder="dvclive"):
    path = Path(folder, "plots", "metrics", f"{name}.tsv")
    return path.read_text().splitlines()[1:] if path.exists() else []


def _within(seconds, condition):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


@contextmanager
def _python(script):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_step_is_on_disk_at_once_when_the_last_writing_is_long_ago():
    live = Live()
    live.log_metric("loss", 1)
    live.next_step()
    assert _within(2, lambda: Path("dvclive/metrics.json").exists() and Path("dvc.yaml").exists())
    assert json.loads(Path("dvclive/metrics.json").read_text()) == {"loss": 1, "step": 0}
    assert _rows() == ["0\t1"]


def test_later_steps_are_on_disk_within_a_second():
    live = Live()
    for value in range(3):
        live.log_metric("loss", value)
        live.next_step()
        time.sleep(0.02)
    assert _within(3, lambda: len(_rows()) == 3)
    assert _within(1, lambda: json.loads(Path("dvclive/metrics.json").read_text())["step"] == 2)


def test_metrics_json_shows_a_completed_step_and_nothing_of_the_next():
    live = Live()
    live.log_metric("loss", 1)
    live.next_step()
    live.log_metric("loss", 2)
    live.make_dvcyaml()
    assert json.loads(Path("dvclive/metrics.json").read_text()) == {"loss": 1, "step": 0}


def test_a_value_without_a_step_is_written_too():
    live = Live()
    live.log_metric("loss", 1)
    assert _within(2, lambda: _rows() == ["0\t1"])
    assert not Path("dvclive/metrics.json").exists()


@pytest.mark.parametrize("last", ["make_summary", "sync", "end", "make_dvcyaml"])
def test_all_is_on_disk_afterwards(last):
    live = Live()
    for value in range(1000):
        live.log_metric("loss", value)
        live.next_step()
    getattr(live, last)()
    assert len(_rows()) == 1000


def test_a_process_that_ends_without_end_has_written_everything():
    script = """
        from tiffin.live import Live
        live = Live(report="html")
        for value in range(100):
            live.log_metric("loss", value)
            live.next_step()
    """
    with _python(script) as process:
        assert process.wait(30) == 0
    assert len(_rows()) == 100
    assert json.loads(Path("dvclive/metrics.json").read_text())["step"] == 99
    assert '"status":"finished"' in Path("dvclive/report.html").read_text()


def test_a_live_that_is_forgotten_has_written_everything():
    live = Live()
    for value in range(100):
        live.log_metric("loss", value)
    del live
    gc.collect()
    assert len(_rows()) == 100


def test_a_killed_process_loses_a_second_at_most_and_its_run_can_be_resumed():
    script = """
        import time
        from tiffin.live import Live
        live = Live()
        while True:
            live.log_metric("loss", 0.5)
            print(live.step, time.monotonic(), flush=True)
            live.next_step()
            time.sleep(0.001)
    """
    with _python(script) as process:
        time.sleep(2.5)
        process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        steps = [line.split() for line in process.stdout]
    rows = _rows()
    assert Path("dvclive/plots/metrics/loss.tsv").read_bytes().endswith(b"\n")
    lost_since = float(steps[len(rows)][1]) if len(rows) < len(steps) else killed
    assert killed - lost_since < 2  # the second, and a busy machine
    live = Live(resume=True)
    resumed_at = live.step
    assert 0 < resumed_at <= len(rows)
    live.log_metric("loss", 1)
    live.end()
    assert _rows() == [*rows, f"{resumed_at}\t1"]


@pytest.mark.parametrize("torn", [b"2\t0.", b"2", b"2\t0.123456"])
def test_half_a_row_of_a_crashed_run_is_removed_on_resume(torn):
    path = Path("dvclive/plots/metrics/a/loss.tsv")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"step\tloss\n0\t1\n1\t2\n" + torn)
    with Live(resume=True) as live:
        live.step = 2
        live.log_metric("a/loss", 3)
    assert path.read_bytes() == b"step\tloss\n0\t1\n1\t2\n2\t3\n"


def test_half_a_header_of_a_crashed_run_is_written_again():
    path = Path("dvclive/plots/metrics/loss.tsv")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"st")
    with Live(resume=True) as live:
        live.log_metric("loss", 3)
    assert path.read_bytes() == b"step\tloss\n0\t3\n"


@pytest.mark.parametrize("text", ["{", "[1]", '{"step": "x"}', ""])
def test_a_broken_metrics_file_is_named(text):
    Path("dvclive").mkdir()
    Path("dvclive/metrics.json").write_text(text)
    with pytest.raises(FormatError, match=r"dvclive/metrics\.json: "):
        Live(resume=True)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_write_what_its_parent_logged():
    live = Live()
    live.log_metric("loss", 0)
    live.next_step()
    live.log_metric("loss", 1)
    child = os.fork()
    if child == 0:
        live.log_metric("child", 5)
        live.make_dvcyaml()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    live.log_metric("loss", 2)
    live.end()
    assert _rows() == ["0\t0", "1\t1", "1\t2"]
    assert _rows("child") == ["1\t5"]


def test_threads_may_log_at_the_same_time():
    live = Live()

    def log(name):
        for value in range(5000):
            live.log_metric(name, value)

    threads = [threading.Thread(target=log, args=(f"t/{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.end()
    for number in range(4):
        assert _rows(f"t/{number}") == [f"0\t{value}" for value in range(5000)]


def test_memory_is_bounded_when_values_come_faster_than_they_can_be_written(monkeypatch):
    monkeypatch.setattr("tiffin.live._live.MOST_ROWS", 100)
    live = Live()
    live.log_metric("loss", 0)
    most = 0
    for value in range(10_000):
        live.log_metric("loss", value)
        most = max(most, len(live._rows))
    assert most <= 102
    live.end()
    assert len(_rows()) == 10_001


def test_a_failure_to_write_is_raised_in_the_next_step_and_nothing_is_lost():
    live = Live()
    Path("dvclive/plots").write_text("in the way")
    live.log_metric("loss", 1)
    live.next_step()
    assert _within(2, lambda: live._writer.troubled)
    with pytest.raises(TransferError, match=r"cannot write .*plots"):
        live.next_step()
    with pytest.raises(TransferError):
        live.sync()
    Path("dvclive/plots").unlink()
    live.log_metric("loss", 2)
    live.end()
    assert _rows() == ["0\t1", "2\t2"]


def test_a_row_that_was_written_in_part_is_completed(monkeypatch):
    write, calls = os.write, []

    def full_disk(descriptor, data):
        calls.append(data)
        if len(calls) == 1:
            return write(descriptor, data[:7])
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    live = Live(dvcyaml=None)
    live._writer.armed = True  # keep the thread out of this
    live.log_metric("loss", 1)
    monkeypatch.setattr("tiffin.live._metric.os.write", full_disk)
    with pytest.raises(TransferError, match="No space left"):
        live.sync()
    live.end()
    assert Path("dvclive/plots/metrics/loss.tsv").read_bytes() == b"step\tloss\n0\t1\n"


def test_a_summary_that_json_cannot_hold_is_refused():
    live = Live()
    live.summary["model"] = object()
    with pytest.raises(LiveError, match=r"summary cannot be stored in .*object has no JSON form"):
        live.make_summary()


def test_a_folder_removed_during_the_run_comes_back():
    live = Live()
    live.log_metric("a/loss", 1)
    live.sync()
    __import__("shutil").rmtree("dvclive")
    live.log_metric("a/loss", 2)
    live.end()
    assert _rows("a/loss") == ["0\t2"]
    assert json.loads(Path("dvclive/metrics.json").read_text()) == {"a": {"loss": 2}}


def test_files_stay_where_they_are_when_the_script_changes_its_directory(tmp_path):
    live = Live()
    live.log_metric("loss", 1)
    Path("elsewhere").mkdir()
    os.chdir("elsewhere")
    live.end()
    assert (tmp_path / "dvclive/metrics.json").exists()
    assert (tmp_path / "dvc.yaml").exists()
    assert not list(Path().iterdir())


def test_logging_goes_on_after_end():
    live = Live()
    live.log_metric("loss", 1)
    live.end()
    live.log_metric("loss", 2)
    assert _within(3, lambda: len(_rows()) == 2)


def test_no_thread_is_left_after_end():
    before = threading.active_count()
    with Live(report="html") as live:
        live.log_metric("loss", 1)
        live.next_step()
    assert threading.active_count() == before


def test_end_in_a_signal_handler_does_not_hang():
    script = """
        import os, signal
        from tiffin.live import Live
        live = Live()
        def stop(*_):
            live.end()
            raise SystemExit(3)
        signal.signal(signal.SIGTERM, stop)
        print("ready", flush=True)
        while True:
            live.log_metric("loss", 1)
            live.sync()
    """
    with _python(script) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.terminate()
        assert process.wait(10) == 3
    assert set(_rows()) == {"0\t1"}

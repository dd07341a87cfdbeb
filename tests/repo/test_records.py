"""What ran: `runs` and `logs`."""

import json
import resource
import socket
import subprocess
import sys
import time

import pytest
from inline_snapshot import snapshot


@pytest.fixture
def ran(sandbox):
    """Two stages of a group, one in another directory, and one that fails twice."""
    stages = {
        "each": {"foreach": [1, 2], "do": {"cmd": "echo this is ${item} > made; cat made"}},
        "bad": {"cmd": ["echo trying", "exit 3"], "meta": {"tiffin": {"retries": 1}}},
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    sandbox.write("sub/dvc.yaml", json.dumps({"stages": {"inner": {"cmd": "echo inside"}}}))
    sandbox.tiffin("repro", "-P", "-k", "--quiet", code=255)
    return sandbox


def test_every_attempt_has_a_record(ran):
    found = json.loads(ran.tiffin("runs", "--json").out)
    assert [(record["stage"], record["attempt"], record["outcome"], record["code"]) for record in found] == [
        ("each@1", 1, "done", 0),
        ("each@2", 1, "done", 0),
        ("bad", 1, "failed", 3),
        ("bad", 2, "failed", 3),
        ("sub/dvc.yaml:inner", 1, "done", 0),
    ]
    last = found[3]
    assert list(last) == snapshot(
        [
            "run",
            "stage",
            "attempt",
            "final",
            "outcome",
            "code",
            "reason",
            "started",
            "ended",
            "seconds",
            "cpu_s",
            "peak_memory",
            "host",
            "gpus",
            "commands",
            "log",
        ]
    )
    assert not found[2]["final"]
    assert last["final"]
    assert last["reason"] == "failed to run: exit 3, exited with 3"
    assert last["commands"] == ["echo trying", "exit 3"]
    assert last["host"] == socket.gethostname()
    assert last["started"] <= last["ended"]
    # A command's peak is never below that of the process that started it, here the one of all these tests.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 1 << 20 < last["peak_memory"] <= max(1 << 30, own)
    assert len({record["run"] for record in found}) == 1
    assert ran.read(last["log"]).startswith("> echo trying\ntrying\n> exit 3\n> attempt 2 of 2\n> echo trying\n")


def test_runs_are_shown_in_a_table_and_can_be_chosen(ran):
    out = ran.tiffin("runs").out
    assert out.splitlines()[0].split() == ["Run", "Stage", "Outcome", "Started", "Took", "CPU", "Memory", "Host"]
    assert "failed (3), attempt 2" in out
    assert len(out.splitlines()) == 6
    assert [r["stage"] for r in json.loads(ran.tiffin("runs", "each", "--json").out)] == ["each@1", "each@2"]
    assert len(json.loads(ran.tiffin("runs", "--failed", "-n", "1", "--json").out)) == 1
    assert len(json.loads(ran.tiffin("runs", "-n", "0", "--json").out)) == 5
    assert ran.tiffin("runs", "nope").out == "Nothing.\n"
    assert "a number of lines" in ran.tiffin("runs", "-n", "-1", code=254).err


def test_where_nothing_ran(sandbox):
    assert sandbox.tiffin("runs").out == "Nothing has run here yet.\n"
    assert sandbox.tiffin("logs", code=255).err == snapshot(
        """\
ERROR: there is no log yet
hint: `tiffin repro` writes one for each stage it runs
"""
    )


def test_records_that_were_cut_off_are_left_out(ran):
    file = ran.root / ".dvc/tmp/tiffin/runs/records.jsonl"
    file.write_bytes(file.read_bytes()[:-9] + b'\n"text"\n[]\n')
    assert len(json.loads(ran.tiffin("runs", "--json").out)) == 4


def test_a_log_is_that_of_the_last_run_or_of_one_that_is_named(ran):
    (first,) = {record["run"] for record in json.loads(ran.tiffin("runs", "--json").out)}
    assert ran.tiffin("logs", "each@2").out == "> echo this is 2 > made; cat made\nthis is 2\n"
    ran.write("dvc.yaml", ran.read("dvc.yaml").replace("this is", "now"))
    ran.tiffin("repro", "--quiet", "each")
    assert "now 2" in ran.tiffin("logs", "each@2").out
    assert "this is 2" in ran.tiffin("logs", "each@2", "--run", first).out
    assert "trying" in ran.tiffin("logs", "bad").out  # which did not run again
    assert ran.tiffin("logs", "each").out == snapshot(
        """\
==> each@1 <==
> echo now 1 > made; cat made
now 1

==> each@2 <==
> echo now 2 > made; cat made
now 2
"""
    )
    assert ran.tiffin("logs").out == ran.tiffin("logs", "each").out
    assert ran.tiffin("logs", "inner", cd="sub").out == ran.tiffin("logs", "sub/dvc.yaml:inner").out
    path = ran.tiffin("logs", "--path", "bad").out.strip()
    assert path.endswith("/bad.log")


def test_a_log_that_is_not_there(ran):
    assert ran.tiffin("logs", "bod", code=255).err == snapshot(
        """\
ERROR: there is no log of stage 'bod'
hint: did you mean 'bad'?
"""
    )
    assert ran.tiffin("logs", "--run", "x", code=255).err == snapshot(
        """\
ERROR: there is no log of a run 'x'
hint: `tiffin runs` lists the runs
"""
    )


def test_a_log_is_followed_from_before_its_stage_begins(sandbox):
    wait = "while ! test -e {}; do sleep 0.02; done"
    stages = {
        "first": {"cmd": f"{wait.format('go')}; touch nothing", "outs": ["nothing"]},
        "second": {"cmd": f"echo one; {wait.format('more')}; echo two", "deps": ["nothing"]},
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    tiffin = [sys.executable, "-m", "tiffin"]
    running = subprocess.Popen([*tiffin, "repro", "-j", "2"], cwd=sandbox.root, stdout=subprocess.DEVNULL)
    while not list(sandbox.root.glob(".dvc/tmp/tiffin/runs/*/first.log")):
        time.sleep(0.02)
    following = subprocess.Popen([*tiffin, "logs", "-f", "second"], cwd=sandbox.root, stdout=subprocess.PIPE)
    time.sleep(0.3)
    sandbox.write("go")
    assert following.stdout is not None
    assert following.stdout.readline().startswith(b"> echo one;")
    assert following.stdout.readline() == b"one\n"
    sandbox.write("more")
    rest, _ = following.communicate(timeout=20)
    assert rest == b"two\n"
    assert running.wait(20) == 0
    assert following.returncode == 0


def test_only_so_many_runs_keep_their_logs(sandbox):
    sandbox.write("dvc.yaml", json.dumps({"stages": {"s": {"cmd": "true"}}}))
    base = sandbox.root / ".dvc/tmp/tiffin/runs"
    for number in range(120):
        (base / f"20200101-000000-{number:04}").mkdir(parents=True)
    sandbox.tiffin("repro")
    kept = sorted(path.name for path in base.iterdir() if path.is_dir())
    assert len(kept) == 101
    assert kept[0] == "20200101-000000-0020"

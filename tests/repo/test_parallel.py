"""`repro -j N`: independent stages at once, with the results of one after the other."""

import json
import os
import signal
import subprocess
import sys
import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tiffin.cli import main

MEETING = "touch {me}.here; for i in $(seq 500); do test -e {other}.here && break; sleep 0.02; done; mv {me}.here {me}"


def pipeline(sandbox, **stages):
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))


def begin(sandbox, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "tiffin", "repro", *arguments],
        cwd=sandbox.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(*paths):
    deadline = time.monotonic() + 20
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_independent_stages_meet(sandbox):
    pipeline(
        sandbox,
        left={"cmd": MEETING.format(me="left", other="right"), "outs": ["left"]},
        right={"cmd": MEETING.format(me="right", other="left"), "outs": ["right"]},
        both={"cmd": "cat left right > both", "deps": ["left", "right"], "outs": ["both"]},
    )
    answer = sandbox.tiffin("repro", "-j", "2")
    assert answer.out.index("Running stage 'right'") < answer.out.index("Stage 'left' is done")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_the_number_of_jobs_is_a_setting_too(sandbox):
    pipeline(
        sandbox,
        left={"cmd": MEETING.format(me="left", other="right"), "outs": ["left"]},
        right={"cmd": MEETING.format(me="right", other="left"), "outs": ["right"]},
    )
    sandbox.tiffin("config", "feature.jobs", "2")
    sandbox.tiffin("repro")
    sandbox.commit("a baseline")
    sandbox.tiffin("exp", "run", "--force")
    assert "at least one stage" in sandbox.tiffin("repro", "-j", "0", code=254).err


@st.composite
def graphs(draw):
    """Stages in any order; each may read a source, what others write, a file of it or the directory above."""
    stages, offers = {}, ["source"]
    for number in range(draw(st.integers(2, 7))):
        deps = draw(st.lists(st.sampled_from(offers), max_size=3, unique=True))
        deps = [dep for dep in deps if not any(dep.startswith(f"{other}/") for other in deps)]
        read = f"cat $(find source {' '.join(deps)} -type f | sort)"
        if draw(st.booleans()):
            out = f"out/{number}"
            cmd = f"mkdir -p {out}/sub && {read} > {out}/sub/x && echo {number} > {out}/y"
            offers += [out, f"{out}/sub", f"{out}/y"]
        else:
            out = f"file{number}"
            cmd = f"({read}; echo {number}) > {out}"
            offers += [out]
        fails = draw(st.integers(0, 9)) == 0
        stages[f"s{number}"] = {"cmd": f"{cmd}; exit 3" if fails else cmd, "deps": deps, "outs": [out]}
    return {name: stages[name] for name in draw(st.permutations(list(stages)))}


@settings(max_examples=20)
@given(graphs(), st.integers(2, 5))
def test_the_lock_file_is_that_of_one_job(tmp_path_factory, stages, jobs):
    left = []
    for number in (1, jobs):
        root = tmp_path_factory.mktemp("graph")
        main(["--cd", str(root), "init", "--no-scm", "--quiet"])
        (root / "source").write_text("a")
        (root / "dvc.yaml").write_text(json.dumps({"stages": stages}))
        code = main(["--cd", str(root), "repro", "--quiet", "--keep-going", "--jobs", str(number)])
        lock = root / "dvc.lock"
        left.append((code, lock.read_text() if lock.exists() else ""))
    assert left[0] == left[1]


def test_a_failure_lets_the_others_end_and_starts_no_more(sandbox):
    pipeline(
        sandbox,
        bad={"cmd": "echo no luck; exit 3", "outs": ["bad"]},
        slow={"cmd": "sleep 0.3; touch slow", "outs": ["slow"]},
        never={"cmd": "touch never", "outs": ["never"]},
        after={"cmd": "touch after", "deps": ["slow"], "outs": ["after"]},
    )
    assert sandbox.tiffin("repro", "-j", "2", code=255).err == snapshot(
        """\
the end of what stage 'bad' wrote:
  > echo no luck; exit 3
  no luck
ERROR: failed to reproduce 'bad': failed to run: echo no luck; exit 3, exited with 3
"""
    )
    assert "slow:" in sandbox.read("dvc.lock")
    assert not sandbox.exists("never")
    assert not sandbox.exists("after")


def test_keep_going_and_ignoring_errors(sandbox):
    pipeline(
        sandbox,
        bad={"cmd": "exit 3", "outs": ["bad"]},
        after={"cmd": "touch after", "deps": ["bad"], "outs": ["after"]},
        other={"cmd": "touch other", "outs": ["other"]},
    )
    err = sandbox.tiffin("repro", "-j", "2", "-k", code=255).err
    assert "'after' will be skipped: they depend on 'bad', which failed" in err
    assert sandbox.exists("other")
    err = sandbox.tiffin("repro", "-j", "2", "--ignore-errors", code=0).err
    assert "dependency 'bad' of stage 'after' does not exist" in err
    assert "failed and ignored: bad, after" in err


def test_a_parameters_file_that_a_stage_writes_comes_first(sandbox):
    pipeline(
        sandbox,
        use={"cmd": "cat made.yaml > used", "params": [{"made.yaml": ["size"]}], "outs": ["used"]},
        make={"cmd": "sleep 0.1; echo 'size: 1' > made.yaml", "outs": ["made.yaml"]},
    )
    sandbox.tiffin("repro", "-j", "2")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_stages_share_what_the_machine_has(sandbox):
    cmd = "echo + >> trace; sleep 0.1; echo - >> trace; echo $CUDA_VISIBLE_DEVICES > {out}"
    heavy = {"tiffin": {"cpus": 2, "memory": "3GB", "gpus": 1}}
    pipeline(sandbox, **{f"s{n}": {"cmd": cmd.format(out=f"o{n}"), "outs": [f"o{n}"], "meta": heavy} for n in range(3)})
    sandbox.tiffin("repro", "-j", "3", "--cpus", "3", "--gpus", "4,7")
    assert sandbox.read("trace").split() == ["+", "-"] * 3
    sandbox.tiffin("repro", "-j", "3", "--force", "--no-run-cache", "--cpus", "8", "--memory", "8GB", "--gpus", "4,7")
    assert sandbox.read("trace").split()[6:8] == ["+", "+"]
    assert sandbox.read("trace").split()[8] == "-"
    assert {sandbox.read(f"o{n}") for n in range(3)} == {"4\n", "7\n"}
    assert sandbox.tiffin("repro", "-j", "3", "--force", "--gpus", "", code=255).err == snapshot(
        """\
ERROR: failed to reproduce 's0': stage 's0' asks for 1 GPU(s), and there are 0
hint: name those there are with `--gpus 0,1` or the setting feature.gpus
"""
    )


def test_a_stage_that_wants_more_than_there_is_runs_alone(sandbox):
    cmd = "echo + >> trace; sleep 0.1; echo - >> trace"
    for key, value in (("cpus", 1000), ("memory", "900TB")):
        stages = {f"s{n}": {"cmd": cmd, "meta": {"tiffin": {key: value}}} for n in range(2)}
        pipeline(sandbox, **stages)
        sandbox.tiffin("repro", "-j", "2")
        assert sandbox.read("trace").split() == ["+", "-"] * 2
        (sandbox.root / "trace").unlink()


@pytest.mark.parametrize(
    ("own", "at", "message"),
    [
        ("{cpu: 2}", "cpu: 2", "meta.tiffin.cpu of stage 's': unknown key\nhint: did you mean 'cpus'?"),
        ("{walltime: 2}", "walltime", "unknown key\nhint: known are cpus, memory, gpus, timeout, retries\n"),
        (
            "{cpus: two}",
            "two",
            "meta.tiffin.cpus of stage 's': 'two' is no number of processors\nhint: write it like 2",
        ),
        ("{cpus: true}", "true", "meta.tiffin.cpus of stage 's': 'True' is no number of processors"),
        ("{memory: 8XB}", "8XB", "meta.tiffin.memory of stage 's': '8XB' is no size\nhint: write it like 512MB or 8GB"),
        ("{gpus: -1}", "-1", "meta.tiffin.gpus of stage 's': '-1' is no count\nhint: write a whole number, such as 1"),
        ("{timeout: soon}", "soon", "meta.tiffin.timeout of stage 's': 'soon' is no duration\nhint: write it like 90s"),
        ("{retries: 0.5}", "0.5", "meta.tiffin.retries of stage 's': '0.5' is no count"),
        ("fast", "fast", "meta.tiffin of stage 's': 'fast', where a map was expected"),
    ],
)
def test_a_demand_that_cannot_be_understood_is_told_before_anything_runs(sandbox, own, at, message):
    line = f"    meta: {{tiffin: {own}}}"
    sandbox.write("dvc.yaml", f"stages:\n  s:\n    cmd: touch ran\n{line}\n")
    err = sandbox.tiffin("repro", code=255).err
    assert err.startswith(f"ERROR: dvc.yaml:4:{line.index(at) + 1}: ")
    assert message in err
    assert not sandbox.exists("ran")


def test_the_demand_of_a_stage_of_many_is_found_in_its_template(sandbox):
    sandbox.write(
        "dvc.yaml",
        dedent("""\
            stages:
              s:
                foreach: [1, 2]
                do:
                  cmd: echo ${item}
                  meta: {tiffin: {retries: many}}
            """),
    )
    assert "dvc.yaml:6:32: meta.tiffin.retries of stage 's@1'" in sandbox.tiffin("repro", code=255).err


def test_a_stage_is_tried_again_from_the_start(sandbox):
    cmd = "echo try >> trace; test -e out && echo old >> trace; echo half > out; test $(grep -c try trace) = 3"
    pipeline(sandbox, s={"cmd": cmd, "outs": ["out"], "meta": {"tiffin": {"retries": 2}}})
    err = sandbox.tiffin("repro").err
    assert err.count("exited with 1; it runs again") == 2
    assert sandbox.read("trace").split() == ["try"] * 3
    pipeline(sandbox, s={"cmd": "exit 4", "meta": {"tiffin": {"retries": 1}}})
    assert "failed to run: exit 4, exited with 4" in sandbox.tiffin("repro", code=255).err.splitlines()[-1]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_stage_that_takes_too_long_is_ended_with_all_it_started(sandbox, jobs):
    pipeline(
        sandbox,
        s={"cmd": "sleep 60 & echo $! > started; sleep 60; true", "meta": {"tiffin": {"timeout": "0.3s"}}},
    )
    began = time.monotonic()
    assert sandbox.tiffin("repro", "-j", jobs, code=255).err.splitlines()[-2:] == [
        "ERROR: failed to reproduce 's': timed out after 0.3 s: sleep 60 & echo $! > started; sleep 60; true",
        "hint: the limit is `meta.tiffin.timeout` of the stage",
    ]
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int(sandbox.read("started")), 0)


def test_output_of_one_job_reaches_the_terminal_and_the_log(sandbox):
    pipeline(sandbox, s={"cmd": ["echo to out", "echo to err >&2"]})
    answer = sandbox.tiffin("repro")
    assert "to out\n" in answer.out
    assert "to err\n" in answer.err
    assert "to err" not in answer.out.replace("> echo to err", "")
    (log,) = (sandbox.root / ".dvc/tmp/tiffin/runs").rglob("s.log")
    assert log.read_text() == "> echo to out\nto out\n> echo to err >&2\nto err\n"


def test_what_a_command_leaves_behind_does_not_hold_up_the_run(sandbox):
    pipeline(sandbox, s={"cmd": "sleep 30 & echo $! > left"})
    began = time.monotonic()
    sandbox.tiffin("repro")
    assert time.monotonic() - began < 10
    os.kill(int(sandbox.read("left")), signal.SIGKILL)


def test_ctrl_c_lets_the_commands_end_and_keeps_what_is_finished(sandbox):
    patient = "trap 'sleep 0.2; touch saved; exit 1' INT; touch started; for i in $(seq 300); do sleep 0.1; done"
    pipeline(
        sandbox,
        quick={"cmd": "touch quick", "outs": ["quick"]},
        patient={"cmd": patient, "outs": ["model"]},
        later={"cmd": "touch later", "deps": ["model"], "outs": ["later"]},
    )
    running = begin(sandbox, "-j", "2")
    wait_for(sandbox.root / "started", sandbox.root / "quick", sandbox.root / "dvc.lock")
    os.kill(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 252
    assert out.endswith("ERROR: interrupted by the user\n")
    assert sandbox.exists("saved")
    assert "quick:" in sandbox.read("dvc.lock")
    assert "patient:" not in sandbox.read("dvc.lock")
    assert json.loads(sandbox.read(".dvc/tmp/rwlock")) == {"write": {}, "read": {}}


def test_a_command_that_does_not_want_to_end_is_made_to(sandbox):
    pipeline(sandbox, s={"cmd": "trap '' INT TERM; touch started; for i in $(seq 600); do sleep 0.1; done"})
    running = begin(sandbox, "-j", "2")
    wait_for(sandbox.root / "started")
    for _ in range(3):
        os.kill(running.pid, signal.SIGINT)
        time.sleep(0.3)
    running.communicate(timeout=20)
    assert running.returncode == 252


def test_a_terminated_run_takes_its_commands_along(sandbox):
    pipeline(sandbox, s={"cmd": "echo $$ > started; sleep 60; true"})
    running = begin(sandbox)
    wait_for(sandbox.root / "started")
    time.sleep(0.1)
    os.kill(running.pid, signal.SIGTERM)
    running.communicate(timeout=20)
    assert running.returncode == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(sandbox.read("started")), 0)


def test_one_command_at_a_time_decides_itself_what_ctrl_c_means(sandbox):
    graceful = "trap 'echo saved > model; exit 0' INT; touch started; for i in $(seq 300); do sleep 0.1; done"
    pipeline(
        sandbox,
        train={"cmd": graceful, "outs": ["model"]},
        check={"cmd": "cat model > checked", "deps": ["model"], "outs": ["checked"]},
    )
    running = begin(sandbox)
    wait_for(sandbox.root / "started")
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 0, out
    assert sandbox.read("checked") == "saved\n"
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_ctrl_c_reaches_a_command_that_has_a_group_of_its_own(sandbox):
    cmd = "trap 'touch told; exit 1' INT; touch started; for i in $(seq 300); do sleep 0.1; done"
    pipeline(sandbox, s={"cmd": cmd, "meta": {"tiffin": {"timeout": "1h"}}})
    running = begin(sandbox)
    wait_for(sandbox.root / "started")
    os.killpg(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 255, out
    assert sandbox.exists("told")

"""What a killed run had finished is recorded by the next command."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crash.interposer import wait_for_session
from tiffin.cli import main
from tiffin.pipeline import journal

# Nothing is settled before the end, which never comes: the last stage kills the run.
RUN = """\
import sys
from tiffin.cli import main
from tiffin.pipeline import recording
recording.INTERVAL_S = 1e12
sys.exit(main(["repro", *sys.argv[1:]]))
"""
KILL = "kill -9 $PPID; sleep 0.2"
LAST = {"cmd": KILL, "deps": ["b", "d"], "outs": ["c"]}


@pytest.fixture(params=["1", "3"])
def killed(request, sandbox):
    """Three stages are done, a fourth has killed the run; `trace` has a line for each that ran."""
    stages = {
        "a": {"cmd": "echo a >> trace; cp source a", "deps": ["source"], "outs": ["a"]},
        "b": {"cmd": "echo b >> trace; cp a b", "deps": ["a"], "params": ["lr"], "outs": ["b"]},
        "d": {"cmd": "echo d >> trace; mkdir d; cp source d/x", "deps": ["source"], "outs": ["d"]},
        "c": LAST,
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    sandbox.write("params.yaml", "lr: 0.1\n")
    sandbox.write("source", "1")
    sandbox.stages = stages
    done = subprocess.run([sys.executable, "-c", RUN, "-j", request.param], cwd=sandbox.root, check=False)
    assert done.returncode == -9
    assert not sandbox.exists("dvc.lock")
    return sandbox


def ran(sandbox):
    trace = sandbox.root / "trace"
    names = sorted(trace.read_text().split()) if trace.exists() else []
    trace.unlink(missing_ok=True)
    return names


def journals(sandbox):
    return list((sandbox.root / ".dvc/tmp/tiffin/journal").iterdir())


def go_on(sandbox):
    """Let the last stage do its work."""
    stages = {**sandbox.stages, "c": {**LAST, "cmd": "echo c >> trace; cat b d/x > c"}}
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    sandbox.tiffin("repro")


@pytest.mark.parametrize("question", [("status",), ("dag",), ("diff",), ("repro", "--dry"), ("push",)])
def test_the_next_command_records_it_whichever_it_is(killed, question):
    killed.tiffin("remote", "add", "-d", "store", "../remote")
    assert not killed.exists("dvc.lock")
    killed.commit()
    killed.tiffin(*question)
    assert [name for name in ("a", "b", "d", "c") if f"\n  {name}:\n" in killed.read("dvc.lock")] == ["a", "b", "d"]
    assert killed.read(".gitignore").split() == ["/a", "/b", "/d"]
    assert journals(killed) == []
    assert ran(killed) == ["a", "b", "d"]
    go_on(killed)
    assert ran(killed) == ["c"]
    assert killed.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_the_run_cache_has_it_too(killed):
    killed.tiffin("status")
    ran(killed)
    (killed.root / "dvc.lock").unlink()
    for path in ("a", "b", "d/x"):
        (killed.root / path).unlink()
    go_on(killed)
    assert ran(killed) == ["c"]


def test_what_another_recorded_meanwhile_stays(killed):
    theirs = "schema: '2.0'\nstages:\n  a:\n    cmd: echo a >> trace; cp source a\n"
    killed.write("dvc.lock", theirs)
    killed.tiffin("status")
    assert killed.read("dvc.lock").startswith(f"{theirs}  b:\n")
    ran(killed)
    go_on(killed)
    assert ran(killed) == ["c"]  # the run cache knows `a`


def test_a_stage_that_says_something_else_by_now_is_left_out(killed):
    killed.stages["b"]["cmd"] = "echo new >> trace; cp a b"
    ran(killed)
    go_on(killed)
    assert ran(killed) == ["c", "new"]


def test_it_waits_until_the_pipeline_can_be_read(killed):
    whole = killed.read("dvc.yaml")
    killed.write("dvc.yaml", "stages: [")
    killed.tiffin("status", code=1)
    assert len(journals(killed)) == 1
    killed.write("dvc.yaml", whole)
    killed.tiffin("status")
    assert "\n  a:\n" in killed.read("dvc.lock")


def test_it_waits_for_whoever_holds_the_repository(killed):
    hold = (
        "import sys; from tiffin.fs import FileLock\n"
        "with FileLock('.dvc/tmp/lock'): print(flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold], cwd=killed.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline()
    assert "a:" in killed.tiffin("status").out
    other.communicate()
    killed.tiffin("status")
    assert "\n  a:\n" in killed.read("dvc.lock")


def test_what_a_kill_cut_off_is_left_out(killed):
    (file,) = journals(killed)
    file.write_bytes(file.read_bytes()[:-20])
    killed.tiffin("status")
    assert sum(f"\n  {name}:\n" in killed.read("dvc.lock") for name in ("a", "b", "d")) == 2


def test_after_another_start_of_the_machine_nobody_knows_what_reached_the_disk(killed, monkeypatch):
    monkeypatch.setattr(journal, "_boot", lambda: "another")
    killed.tiffin("status")
    assert not killed.exists("dvc.lock")
    assert journals(killed) == []


def test_the_journal_of_a_living_run_is_its_own(sandbox):
    stages = {
        "a": {"cmd": "touch a", "outs": ["a"]},
        "b": {"cmd": "touch started; while ! test -e go; do sleep 0.02; done", "deps": ["a"]},
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    running = subprocess.Popen([sys.executable, "-c", RUN], cwd=sandbox.root)
    try:
        while not sandbox.exists("started"):
            assert running.poll() is None
        assert "a:" in sandbox.tiffin("status").out
        assert not sandbox.exists("dvc.lock")
        assert len(journals(sandbox)) == 1
    finally:
        sandbox.write("go")
        assert running.wait(20) == 0
    assert journals(sandbox) == []
    assert "up to date" in sandbox.tiffin("status").out


def test_a_command_that_asks_sees_what_ran_before_it(sandbox):
    stages = {
        "a": {"cmd": "touch a", "outs": ["a"]},
        "b": {"cmd": "touch b", "deps": ["a"], "outs": ["b"]},
        "ask": {"cmd": "tiffin --version; cp dvc.lock seen", "deps": ["b"], "outs": ["seen"]},
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    assert subprocess.run([sys.executable, "-c", RUN], cwd=sandbox.root, check=False).returncode == 0
    assert "\n  b:\n" in sandbox.read("seen")


@settings(max_examples=6)
@given(st.data())
def test_a_run_that_was_killed_and_repeated_leaves_what_one_job_leaves(tmp_path_factory, data):
    count = data.draw(st.integers(3, 7))
    stages = {}
    for number in range(count):
        offers = ["source", *(f"o{n}" for n in range(number))]
        deps = data.draw(st.lists(st.sampled_from(offers), max_size=2, unique=True))
        # The stage at which the run is armed to die kills it, in the middle of its work and of that of others.
        die = f"test -e die{number} && rm die{number} && echo half > o{number} && kill -9 $PPID"
        pause = data.draw(st.sampled_from(["", "sleep 0.05; ", "sleep 0.3; "]))
        cmd = f"{pause}{die}; cat {' '.join(deps) or 'source'} > o{number}"
        stages[f"s{number}"] = {"cmd": cmd, "deps": deps, "outs": [f"o{number}"]}
    names = data.draw(st.permutations(list(stages)))
    victim = data.draw(st.integers(0, count - 1))
    locks = []
    for jobs in (1, data.draw(st.integers(2, 4))):
        root = tmp_path_factory.mktemp("killed")
        main(["--cd", str(root), "init", "--no-scm", "--quiet"])
        (root / "source").write_text("a")
        (root / "dvc.yaml").write_text(json.dumps({"stages": {name: stages[name] for name in names}}))
        if jobs > 1:
            (root / f"die{victim}").touch()
            run = [sys.executable, "-m", "tiffin", "repro", "--quiet", "--jobs", str(jobs)]
            process = subprocess.Popen(run, cwd=root, start_new_session=True)
            assert process.wait() == -9
            wait_for_session(process.pid)  # commands of other stages go on to their ends
        assert main(["--cd", str(root), "repro", "--quiet", "--jobs", str(jobs)]) == 0
        locks.append((root / "dvc.lock").read_text())
        assert json.loads((root / ".dvc/tmp/rwlock").read_text()) == {"write": {}, "read": {}}
        assert not (root / ".dvc/tmp/tiffin/ahead").exists()
    assert locks[0] == locks[1]

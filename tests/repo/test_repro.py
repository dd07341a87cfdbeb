"""`repro`: runs what changed, records what ran, and loses nothing when a stage fails."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from textwrap import dedent

import pytest
from inline_snapshot import snapshot

from tiffin.fs import write_inside
from tiffin.pipeline import recording

CHAIN = """\
    stages:
      first:
        cmd: echo first >> trace && cat source > one
        deps: [source]
        outs: [one]
      second:
        cmd: echo second >> trace && cat one > two
        deps: [one]
        params: [size]
        outs: [two]
"""


@pytest.fixture
def chain(sandbox):
    """Two stages, one after the other; each leaves its name in `trace`."""
    sandbox.write("dvc.yaml", dedent(CHAIN))
    sandbox.write("params.yaml", "size: 1\n")
    sandbox.write("source", "a")
    return sandbox


def ran(sandbox):
    """The stages that ran since this was last asked."""
    trace = sandbox.root / "trace"
    names = trace.read_text(encoding="utf-8").split() if trace.exists() else []
    trace.unlink(missing_ok=True)
    return names


def test_only_what_changed_runs(chain):
    chain.tiffin("repro")
    assert ran(chain) == ["first", "second"]
    assert chain.tiffin("repro").out == snapshot(
        """\
Stage 'first' didn't change, skipping
Stage 'second' didn't change, skipping
Data and pipelines are up to date.
"""
    )
    chain.write("params.yaml", "size: 2\n")
    chain.tiffin("repro")
    assert ran(chain) == ["second"]
    chain.write("source", "b")
    chain.tiffin("repro")
    assert ran(chain) == ["first", "second"]
    assert chain.read("two") == "b"


def test_the_lock_file_is_dvcs(chain):
    chain.tiffin("repro")
    assert chain.read("dvc.lock") == snapshot(
        """\
schema: '2.0'
stages:
  first:
    cmd: echo first >> trace && cat source > one
    deps:
    - path: source
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
    outs:
    - path: one
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
  second:
    cmd: echo second >> trace && cat one > two
    deps:
    - path: one
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
    params:
      params.yaml:
        size: 1
    outs:
    - path: two
      hash: md5
      md5: 0cc175b9c0f1b6a831c399e269772661
      size: 1
"""
    )
    assert chain.read(".gitignore") == "/one\n/two\n"


def test_results_of_an_earlier_run_come_from_the_run_cache(chain):
    chain.tiffin("repro")
    chain.write("source", "b")
    chain.tiffin("repro")
    ran(chain)
    chain.write("source", "a")
    out = chain.tiffin("repro").out
    assert "Stage 'first' is cached - skipping run, checking out outputs" in out
    assert ran(chain) == []
    assert chain.read("two") == "a"
    chain.write("source", "b")
    chain.tiffin("repro", "--no-run-cache")
    assert ran(chain) == ["first", "second"]


def test_a_deleted_output_is_restored_without_a_run(chain):
    chain.tiffin("repro")
    ran(chain)
    (chain.root / "two").unlink()
    chain.tiffin("repro")
    assert ran(chain) == []
    assert chain.read("two") == "a"


def test_scope_single_downstream_and_targets(chain):
    chain.tiffin("repro", "first")
    assert ran(chain) == ["first"]
    chain.tiffin("repro", "--force", "--single-item", "second")
    assert ran(chain) == ["second"]
    chain.tiffin("repro", "--force", "--downstream", "first")
    assert ran(chain) == ["first", "second"]
    assert "not found" not in chain.tiffin("repro", "dvc.yaml:second").err


def test_dry_says_what_would_run(chain):
    assert chain.tiffin("repro", "--dry").out == snapshot(
        """\
Running stage 'first':
> echo first >> trace && cat source > one

Running stage 'second':
> echo second >> trace && cat one > two
Use `tiffin push` to send your updates to remote storage.
"""
    )
    assert ran(chain) == []
    assert not chain.exists("dvc.lock")


def test_what_ran_before_a_failure_is_recorded(chain):
    chain.write("dvc.yaml", chain.read("dvc.yaml").replace("cat one > two", "false"))
    answer = chain.tiffin("repro", code=255)
    assert answer.err.splitlines()[-1] == snapshot(
        "ERROR: failed to reproduce 'second': failed to run: echo second >> trace && false, exited with 1"
    )
    assert "first:" in chain.read("dvc.lock")
    ran(chain)
    chain.tiffin("repro", code=255)
    assert ran(chain) == ["second"]


def test_an_output_stored_nowhere_else_survives_a_failing_stage(sandbox):
    sandbox.write(
        "dvc.yaml",
        dedent("""\
            stages:
              score:
                cmd: exit 3
                deps: [source]
                metrics:
                - score.json:
                    cache: false
            """),
    )
    sandbox.write("source", "a")
    sandbox.write("score.json", '{"auc": 0.9}')
    err = sandbox.tiffin("repro", code=255).err
    assert err == snapshot(
        """\
WARNING: the earlier 'score.json' is stored nowhere else; it was set aside as '.dvc/tmp/tiffin/aside/1/score.json'
hint: bring it back with `mv .dvc/tmp/tiffin/aside/1/score.json score.json`
ERROR: failed to reproduce 'score': failed to run: exit 3, exited with 3
"""
    )
    assert not sandbox.exists("score.json")
    assert sandbox.read(".dvc/tmp/tiffin/aside/1/score.json") == '{"auc": 0.9}'


def test_keep_going_skips_only_what_depends_on_the_failure(sandbox):
    sandbox.write(
        "dvc.yaml",
        dedent("""\
            stages:
              bad: {cmd: "false", outs: [bad]}
              after: {cmd: touch after, deps: [bad], outs: [after]}
              other: {cmd: touch other, outs: [other]}
            """),
    )
    answer = sandbox.tiffin("repro", "--keep-going", code=255)
    assert answer.err == snapshot(
        """\
WARNING: 'bad': failed to run: false, exited with 1
WARNING: 'after' will be skipped: they depend on 'bad', which failed
ERROR: failed to reproduce 'bad'
"""
    )
    assert sandbox.exists("other")


def test_missing_dependency_and_parameter_touch_nothing(chain):
    chain.tiffin("repro")
    (chain.root / "source").unlink()
    assert chain.tiffin("repro", code=255).err == snapshot(
        """\
ERROR: failed to reproduce 'first': dependency 'source' of stage 'first' does not exist
hint: if it is tracked, get it with `tiffin pull` or `tiffin checkout`
"""
    )
    assert chain.read("one") == "a"
    chain.write("source", "a")
    chain.write("params.yaml", "sise: 1\n")
    assert chain.tiffin("repro", code=255).err == snapshot(
        """\
ERROR: failed to reproduce 'second': parameter 'size' of stage 'second' is not in 'params.yaml'
hint: did you mean 'sise'?
"""
    )
    assert chain.read("two") == "a"


def test_a_script_edited_while_it_runs_is_recorded_as_it_was(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  run: {cmd: sh script, deps: [script], outs: [out]}\n")
    sandbox.write("script", "echo edited > script; echo 1 > out\n")
    answer = sandbox.tiffin("repro")
    assert "'script' changed while the stage ran; it is recorded as it was before" in answer.err
    assert "modified:           script" in sandbox.tiffin("status").out


def test_a_file_that_was_another_for_a_while_is_told_and_the_run_proves_nothing(sandbox):
    cmd = "sleep 0.05; cp source kept; echo other > source; cp source out; cp kept source; rm kept"
    sandbox.write("dvc.yaml", json.dumps({"stages": {"s": {"cmd": cmd, "deps": ["source"], "outs": ["out"]}}}))
    sandbox.write("source", "1")
    err = sandbox.tiffin("repro").err
    assert "'source' was written to while the stage ran; it is as it was" in err
    (sandbox.root / "dvc.lock").unlink()
    (sandbox.root / "out").unlink()
    assert "is cached" not in sandbox.tiffin("repro").out


def test_new_files_in_a_directory_a_stage_reads_belong_to_its_run(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  run: {cmd: touch src/compiled && touch out, deps: [src], outs: [out]}\n")
    sandbox.write("src/code", "x")
    sandbox.tiffin("repro")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_a_persistent_output_is_kept_and_its_cached_bytes_are_safe(sandbox):
    sandbox.tiffin("config", "cache.type", "hardlink")
    sandbox.write(
        "dvc.yaml",
        dedent("""\
            stages:
              grow:
                cmd: echo more >> log
                always_changed: true
                outs:
                - log:
                    persist: true
            """),
    )
    for lines in (1, 2, 3):
        sandbox.tiffin("repro")
        assert sandbox.read("log") == "more\n" * lines
    sandbox.objects()  # every object still matches its id


def test_data_that_changed_is_stored_by_repro(sandbox):
    sandbox.write("data", "1")
    sandbox.tiffin("add", "data")
    sandbox.write("data", "2")
    sandbox.write("dvc.yaml", "stages:\n  use: {cmd: cat data > out, deps: [data], outs: [out]}\n")
    assert "Verifying data sources in stage: 'data.dvc'" in sandbox.tiffin("repro").out
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_status_answers_while_a_stage_runs(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  slow: {cmd: touch started && sleep 5, outs: [started]}\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "tiffin", "repro"], cwd=sandbox.root, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(sandbox.root / "started")
        assert "slow" in sandbox.tiffin("status").out
        sandbox.write("other", "x")
        sandbox.tiffin("add", "other")
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    # The killed run holds nothing: the next one goes ahead.
    sandbox.write("dvc.yaml", "stages:\n  slow: {cmd: touch started, outs: [started]}\n")
    sandbox.tiffin("repro")


def test_two_runs_of_one_stage_do_not_meet(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  slow: {cmd: touch started && sleep 5, outs: [started]}\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "tiffin", "repro"], cwd=sandbox.root, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(sandbox.root / "started")
        assert "is in use by process" in sandbox.tiffin("repro", code=255).err
        assert sandbox.exists("started")
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_maps_in_commands_become_flags_as_configured(sandbox):
    sandbox.write("params.yaml", "train: {depth: 3, deep: false}\n")
    sandbox.write("dvc.yaml", "stages:\n  run: {cmd: 'echo ${train} > out', outs: [out]}\n")
    sandbox.tiffin("repro")
    assert sandbox.read("out") == "--depth 3\n"
    sandbox.tiffin("config", "parsing.bool", "boolean_optional")
    sandbox.tiffin("repro")
    assert sandbox.read("out") == "--depth 3 --no-deep\n"


def test_a_frozen_stage_records_its_outputs_and_keeps_its_inputs(sandbox):
    stage = "stages:\n  run:\n    cmd: cp source out\n    deps: [source]\n    outs: [out]\n"
    sandbox.write("dvc.yaml", stage)
    sandbox.write("source", "a")
    sandbox.tiffin("repro")
    sandbox.write("dvc.yaml", f"{stage}    frozen: true\n")
    sandbox.write("out", "made by hand")
    assert "Verifying outputs in frozen stage: 'run'" in sandbox.tiffin("repro").out
    assert "path: source" in sandbox.read("dvc.lock")
    assert sandbox.tiffin("status").out == "Data and pipelines are up to date.\n"


def test_pull_gets_what_is_missing_instead_of_running(chain):
    chain.tiffin("repro")
    chain.tiffin("remote", "add", "-d", "store", "../remote")
    chain.tiffin("push")
    ran(chain)
    for path in (".dvc/cache", "one", "two"):
        remove(chain.root / path)
    chain.tiffin("repro", "--pull")
    assert ran(chain) == []
    assert chain.read("two") == "a"
    for path in (".dvc/cache", "one", "two", "../remote"):
        remove(chain.root / path)
    assert "unable to pull data for 'first'" in chain.tiffin("repro", "--pull").err
    assert ran(chain) == ["first"]  # the object it makes is that of `two` as well
    assert chain.read("two") == "a"


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def test_the_lock_file_is_not_written_for_every_stage_of_a_long_run(sandbox, monkeypatch):
    stages = "".join(f"  s{n}: {{cmd: echo {n} > o{n}, deps: [source], outs: [o{n}]}}\n" for n in range(9))
    sandbox.write("dvc.yaml", f"stages:\n{stages}")
    sandbox.write("source", "a")
    sandbox.tiffin("repro")
    written = sandbox.read("dvc.lock")
    (sandbox.root / "dvc.lock").unlink()
    writings = []

    def counted(root, path, text):
        writings.append(path)
        write_inside(root, path, text)

    monkeypatch.setattr(recording, "INTERVAL_S", 60)
    monkeypatch.setattr(recording, "write_inside", counted)
    assert sandbox.tiffin("repro").out.count("is cached") == 9
    assert len(writings) == 1
    assert sandbox.read("dvc.lock") == written

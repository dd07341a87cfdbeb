"""`data status`, and readers beside a running pipeline."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from inline_snapshot import snapshot


@pytest.fixture
def tracked(sandbox):
    """A directory and a file, tracked and committed."""
    for name in ("a", "gone", "old name", "sub/b"):
        sandbox.write(f"data/{name}", name)
    sandbox.write("file", "file")
    sandbox.tiffin("add", "data", "file")
    sandbox.commit()
    return sandbox


def test_the_text_says_what_to_do(tracked):
    tracked.write("file", "recorded")
    tracked.tiffin("commit", "-f", "file.dvc")
    tracked.write("data/a", "edited")
    (tracked.root / "data/gone").unlink()
    (tracked.root / "data/old name").rename(tracked.root / "data/new name")
    tracked.write("untracked", "")
    assert tracked.tiffin("data", "status", "--granular", "--untracked-files", "--unchanged").out == snapshot("""\
DVC committed changes:
  (commit the .dvc files and dvc.lock with `git commit` to keep them)
        modified: file

DVC uncommitted changes:
  (use `tiffin commit FILE...` to record them)
  (use `tiffin checkout FILE...` to discard them)
        modified: data/
        modified: data/a
        renamed: data/old name -> data/new name
        deleted: data/gone

Untracked files:
  (use `git add FILE...` or `tiffin add FILE...` to track them)
        untracked

DVC unchanged files:
        data/sub/b
(there are other changes not tracked by tiffin, use "git status" to see)
""")
    assert tracked.tiffin("data", "status").out == snapshot("""\
DVC committed changes:
  (commit the .dvc files and dvc.lock with `git commit` to keep them)
        modified: file

DVC uncommitted changes:
  (use `tiffin commit FILE...` to record them)
  (use `tiffin checkout FILE...` to discard them)
        modified: data/
(there are other changes not tracked by tiffin, use "git status" to see)
""")


def test_nothing_to_say(tracked):
    assert tracked.tiffin("data", "status").out == "No changes.\n"
    assert json.loads(tracked.tiffin("data", "status", "--json").out) == {}


def test_targets_are_paths_from_where_one_stands_stages_and_dvc_files(tracked):
    tracked.write("file", "edited")
    tracked.write("data/a", "edited")
    for target, cd in (("file", "."), ("file.dvc", "."), ("../file", "data")):
        answer = json.loads(tracked.tiffin("data", "status", "--json", target, cd=cd).out)
        assert answer == {"uncommitted": {"modified": ["file"]}}
    answer = json.loads(tracked.tiffin("data", "status", "--json", "--granular", ".", cd="data").out)
    assert answer == {"uncommitted": {"modified": ["data/", "data/a"]}}


def test_a_file_that_became_a_directory_is_no_directory_in_the_past(tracked):
    (tracked.root / "data/a").unlink()
    tracked.write("data/a/inner", "new")
    answer = json.loads(tracked.tiffin("data", "status", "--granular", "--json").out)
    assert answer == {"uncommitted": {"modified": ["data/"], "added": ["data/a/inner"], "deleted": ["data/a"]}}


def forget_listing(tracked):
    oid = next(oid for oid in tracked.objects() if oid.endswith(".dir"))
    (tracked.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink()


def test_what_a_lost_listing_said_of_changed_files_is_not_known(tracked):
    tracked.write("data/a", "edited")
    forget_listing(tracked)
    answer = json.loads(tracked.tiffin("data", "status", "--granular", "--json").out)
    assert answer == {
        "not_in_cache": ["data/"],
        "uncommitted": {
            "modified": ["data/"],
            "unknown": ["data/a", "data/gone", "data/old name", "data/sub/b"],
        },
    }


def test_the_workspace_stands_in_for_a_lost_listing(tracked):
    forget_listing(tracked)
    answer = json.loads(tracked.tiffin("data", "status", "--granular", "--unchanged", "--json").out)
    assert answer["not_in_cache"] == ["data/"]
    assert answer["unchanged"] == ["data/", "data/a", "data/gone", "data/old name", "data/sub/b", "file"]
    assert "uncommitted" not in answer


def test_asking_writes_nothing(tracked):
    tracked.write("data/a", "edited")
    before = tracked.objects()
    tracked.tiffin("data", "status", "--granular")
    tracked.tiffin("diff")
    assert tracked.objects() == before


def test_readers_answer_while_a_pipeline_runs(tracked):
    tracked.write("dvc.yaml", "stages:\n  long:\n    cmd: touch running && sleep 60\n    outs: [result]\n")
    run = subprocess.Popen([sys.executable, "-m", "tiffin", "repro"], cwd=tracked.root, start_new_session=True)
    try:
        patience = time.monotonic() + 30
        while not tracked.exists("running"):
            assert time.monotonic() < patience
            time.sleep(0.02)
        tracked.write("file", "edited")
        assert run.poll() is None
        assert "file" in tracked.tiffin("status").out
        assert "file" in tracked.tiffin("data", "status").out
        assert "file" in tracked.tiffin("diff").out
        assert run.poll() is None
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

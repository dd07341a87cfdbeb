"""`diff` of tracked data."""

import json

import pytest
from inline_snapshot import snapshot


@pytest.fixture
def changed(sandbox):
    """Data of one commit, then changed without a commit."""
    for name in ("a", "gone", "old name", "sub/b"):
        sandbox.write(f"data/{name}", name)
    sandbox.write("file", "file")
    sandbox.tiffin("add", "data", "file")
    sandbox.commit()
    sandbox.write("file", "edited")
    sandbox.write("data/fresh", "fresh")
    (sandbox.root / "data/gone").unlink()
    (sandbox.root / "data/old name").rename(sandbox.root / "data/new name")
    return sandbox


def test_the_text(changed):
    assert changed.tiffin("diff").out == snapshot("""\
Added:
    data/fresh

Deleted:
    data/gone

Renamed:
    data/old name -> data/new name

Modified:
    data/
    file

files summary: 1 added, 1 deleted, 1 renamed, 1 modified
""")
    assert changed.tiffin("diff", "--show-hash").out == snapshot("""\
Added:
    76010858  data/fresh

Deleted:
    50c1f58b  data/gone

Renamed:
    58a5352c  data/old name -> data/new name

Modified:
    b9b3f081..5631cd80  data/
    8c7dd922..683dc527  file

files summary: 1 added, 1 deleted, 1 renamed, 1 modified
""")
    assert changed.tiffin("diff", "--show-hash", "--md").out == snapshot("""\
| Status   | Hash               | Path                           |
|----------|--------------------|--------------------------------|
| added    | 76010858           | data/fresh                     |
| deleted  | 50c1f58b           | data/gone                      |
| renamed  | 58a5352c           | data/old name -> data/new name |
| modified | b9b3f081..5631cd80 | data/                          |
| modified | 8c7dd922..683dc527 | file                           |

""")


def test_any_two_revisions(changed):
    changed.tiffin("add", "data", "file")
    changed.commit()
    changed.git("tag", "v2")
    assert changed.tiffin("diff").out == ""
    assert changed.tiffin("diff", "HEAD~1", "v2", "--json").out == changed.tiffin(
        "diff", "HEAD~1", "--json"
    ).out.replace(', "not in cache": []', "")
    backwards = json.loads(changed.tiffin("diff", "v2", "HEAD~1", "--json").out)
    assert backwards["added"] == [{"path": "data/gone"}]
    assert backwards["deleted"] == [{"path": "data/fresh"}]


def test_an_experiment_is_a_revision(sandbox):
    sandbox.write("params.yaml", "n: 1\n")
    sandbox.write(
        "dvc.yaml",
        "stages:\n  s:\n    cmd: echo ${n} > out\n    params: [n]\n    outs: [out]\n",
    )
    sandbox.tiffin("repro")
    sandbox.commit()
    sandbox.tiffin("exp", "run", "-n", "second", "-S", "n=2")
    sandbox.git("checkout", "--quiet", "--", ".")
    sandbox.tiffin("checkout")
    assert json.loads(sandbox.tiffin("diff", "HEAD", "second", "--json").out)["modified"] == [{"path": "out"}]


def test_a_file_where_a_directory_was_is_new(changed):
    (changed.root / "data/sub/b").unlink()
    (changed.root / "data/sub").rmdir()
    changed.write("data/sub", "a file now")
    answer = json.loads(changed.tiffin("diff", "--json").out)
    assert {"path": "data/sub"} in answer["added"]
    assert {"path": "data/sub/b"} in answer["deleted"]


def test_a_directory_that_was_tracked_in_parts(changed):
    changed.write("place/one", "1")
    changed.write("place/sub/two", "2")
    changed.tiffin("add", "place/one", "place/sub")
    changed.commit()
    changed.git("rm", "--quiet", "place/one.dvc", "place/sub.dvc", "place/.gitignore")
    changed.tiffin("add", "place")
    answer = json.loads(changed.tiffin("diff", "--json", "--targets", "place").out)
    assert answer["added"] == [{"path": "place/"}]
    assert answer["deleted"] == [{"path": "place/sub/"}]
    assert answer["modified"] == []


def test_a_target_may_be_a_directory_that_holds_outputs(changed):
    changed.write("place/one", "1")
    changed.write("place/two", "2")
    changed.tiffin("add", "place/one", "place/two")
    answer = json.loads(changed.tiffin("diff", "--targets", "place", "--json").out)
    assert answer["added"] == [{"path": "place/one"}, {"path": "place/two"}]
    assert answer["modified"] == []


def test_what_can_go_wrong(changed):
    assert changed.tiffin("diff", "nope", code=1).err == snapshot("ERROR: unknown Git revision 'nope'\n")
    assert changed.tiffin("diff", "--targets", "fil", code=255).err == snapshot("""\
ERROR: 'fil' is neither an output nor a stage of this project
hint: did you mean 'file'?
""")

"""Data sets by URL, and what `dataset` refuses."""

from textwrap import dedent

import pytest
from inline_snapshot import snapshot

from tests.fs.server import serving

STAGE = "stages:\n  s:\n    cmd: echo ran >> trace\n    deps: [ds://d]\n"


@pytest.fixture
def elsewhere(sandbox, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "a").write_text("1", encoding="utf-8")
    (folder / "b").write_text("2", encoding="utf-8")
    sandbox.elsewhere = folder
    return sandbox


def runs(sandbox):
    trace = sandbox.root / "trace"
    return len(trace.read_text(encoding="utf-8").split()) if trace.exists() else 0


@pytest.mark.parametrize("how", ["path", "remote"])
def test_a_directory_by_url_is_pinned_by_its_hash(elsewhere, how):
    elsewhere.tiffin("remote", "add", "store", str(elsewhere.elsewhere))
    url = str(elsewhere.elsewhere) if how == "path" else "remote://store"
    elsewhere.tiffin("dataset", "add", "d", "--url", url)
    lock = elsewhere.read("dvc.lock").replace(url, "URL")
    assert lock == snapshot(
        """\
schema: '2.0'
datasets:
- name: d
  url: URL
  type: url
  meta:
    isdir: true
    size: 2
    nfiles: 2
    md5: 8ea7b150bb7c692952804d00767e8840.dir
stages: {}
"""
    )
    elsewhere.write("dvc.yaml", elsewhere.read("dvc.yaml") + STAGE)
    elsewhere.tiffin("repro")
    (elsewhere.elsewhere / "a").write_text("3", encoding="utf-8")  # of the same size, which DVC does not notice
    elsewhere.tiffin("repro")
    assert runs(elsewhere) == 1
    assert elsewhere.tiffin("dataset", "update", "d").out == f"Updating d ({url})\n"
    assert elsewhere.tiffin("status", "--why").out == snapshot(
        """\
s:
    dependency 'ds://d' changed: md5 8ea7b150 -> md5 60e2c277
"""
    )
    elsewhere.tiffin("repro")
    elsewhere.tiffin("repro")
    assert runs(elsewhere) == 2


def test_a_file_on_a_server_is_pinned_by_what_the_server_says(elsewhere, tmp_path):
    with serving(tmp_path / "web") as web:
        web.write("f", b"one")
        elsewhere.tiffin("dataset", "add", "d", "--url", f"{web.url}/f")
        assert "    size: 3\n    checksum: " in elsewhere.read("dvc.lock")
        assert elsewhere.tiffin("dataset", "update", "d").out == "Nothing to update\n"
        web.write("f", b"other")
        assert elsewhere.tiffin("dataset", "update", "d").out == f"Updating d ({web.url}/f)\n"
        assert "    size: 5\n" in elsewhere.read("dvc.lock")


def test_comments_of_the_description_survive(elsewhere):
    elsewhere.write("dvc.yaml", "datasets:\n- name: d # ours\n  url: .  # here\n  type: dvc\n")
    elsewhere.commit()
    elsewhere.git("tag", "v2")
    elsewhere.tiffin("dataset", "update", "d", "--rev", "v2")
    assert elsewhere.read("dvc.yaml") == "datasets:\n- name: d # ours\n  url: .  # here\n  type: dvc\n  rev: v2\n"


def test_a_relative_url_counts_from_the_dvc_yaml(elsewhere):
    (elsewhere.root / "sub").mkdir()
    assert elsewhere.tiffin("dataset", "add", "d", "--dvc", "..", cd="sub").out == "Adding d (..)\n"
    assert elsewhere.tiffin("dataset", "update", "d").out == "Nothing to update\n"


def test_a_template_is_not_overwritten(elsewhere):
    elsewhere.write("params.yaml", "rev: HEAD\n")
    elsewhere.write("dvc.yaml", "datasets:\n- {name: d, url: ., type: dvc, rev: '${rev}'}\n")
    elsewhere.commit()
    elsewhere.tiffin("dataset", "update", "d")
    assert elsewhere.tiffin("dataset", "update", "d", "--rev", "HEAD~0", code=255).err == snapshot(
        """\
ERROR: data set 'd' is made from a template, which cannot be changed for it
hint: edit 'dvc.yaml' yourself, then run `tiffin dataset update d`
"""
    )


REFUSED = {
    ("add", "x", "--dc", "name"): "data set of DataChain, which only DVC can look up",
    ("add", "x", "--url", "nowhere"): "'nowhere' does not exist",
    ("add", "x", "--url", "a", "--path", "b"): "--rev and --path go with --dvc only",
    ("add", "x", "--url", "a", "--dc", "b"): "one of --dvc, --url and --dc says where the data set is",
}


def test_what_is_refused_leaves_no_trace(elsewhere):
    for argv, message in REFUSED.items():
        code = 254 if "says where" in message else 255
        assert message in elsewhere.tiffin("dataset", *argv, code=code).err
    assert not elsewhere.exists("dvc.yaml")
    assert not elsewhere.exists("dvc.lock")
    folder = str(elsewhere.elsewhere)
    assert (
        "has no commit that could be pinned" in elsewhere.tiffin("dataset", "add", "x", "--dvc", folder, code=255).err
    )
    assert elsewhere.tiffin("dataset", "add", "x", "--dvc", ".", "--path", "gone", code=255).err.startswith(
        "ERROR: 'gone' is not in '.' at "
    )


def test_errors_of_the_description_name_the_place(elsewhere):
    for text, message in {
        "datasets:\n- {nme: d, url: a, type: dvc}\n": "dvc.yaml:2:3: 'datasets.0' lacks the key 'name'",
        "datasets:\n- {name: d, url: a, type: dvcc}\n": "'datasets.0.type' should be one of dvc, url, dc, found 'dvcc'",
        "datasets: {name: d}\n": "'datasets' should be a list",
    }.items():
        elsewhere.write("dvc.yaml", text)
        assert message in elsewhere.tiffin("dataset", "update", "d", code=255).err


def test_a_stage_whose_data_set_is_not_pinned_does_not_run(elsewhere):
    elsewhere.write("dvc.yaml", dedent("datasets:\n- {name: d, url: a, type: url}\n") + STAGE)
    assert elsewhere.tiffin("repro", code=255).err == snapshot(
        """\
ERROR: failed to reproduce 's': data set 'd' of stage 's' is not pinned as it is described
hint: run `tiffin dataset update d` first
"""
    )
    assert elsewhere.tiffin("status", "--why").out == snapshot(
        """\
s:
    it has never run
"""
    )
    assert runs(elsewhere) == 0

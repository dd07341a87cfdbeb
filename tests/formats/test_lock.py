"""dvc.lock and run cache files: the values, the bytes and the hashes of DVC."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin.errors import SchemaError
from tiffin.formats import lock
from tiffin.formats.lock_draft import LockDraft
from tiffin.formats.values import Content, LockEntry, LockItem

OID = "a" * 32
PIPELINE = """
stages:
  prepare:
    cmd: python prepare.py --a-rather-long-option value --another-rather-long-option value --and more
    deps: [prepare.py, raw]
    params:
    - seed
    - whole.yaml:
    - b.json: [x, a]
    outs:
    - out.csv
    metrics:
    - m.json: {cache: false}
  train:
    cmd:
    - echo "one"
    - 'echo two: three'
    deps: [out.csv]
    outs: [model]
"""
LOCK = f"""schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py --a-rather-long-option value{" "}
      --another-rather-long-option value --and more
    deps:
    - path: prepare.py
      hash: md5
      md5: {OID}
      size: 10
      isexec: true
    - path: raw
      md5: {OID}.dir
      size: 20
      nfiles: 2
    params:
      params.yaml:
        seed: 1
      b.json:
        a:
        x:
          z: [1, 2]
          size: 3
      whole.yaml:
        lr: 1e-05
        on: yes
    outs:
    - path: m.json
      hash: md5
      md5: '12345678901234567890123456789012'
      size: 0
    - path: out.csv
      hash: md5
      md5: 0b{"3" * 30}
      size: 1
  train:
    cmd:
    - echo "one"
    - 'echo two: three'
    deps:
    - path: out.csv
      hash: md5
      md5: 0b{"3" * 30}
      size: 1
    outs:
    - path: model
      hash: md5
      md5: {OID}.dir
      size: 3
      nfiles: 3
""".replace("[1, 2]", "\n          - 1\n          - 2").replace("z: \n", "z:\n")


def dvc_stages(repo: Any) -> Any:
    from dvc.dvcfile import load_file

    Path("dvc.yaml").write_text(PIPELINE)
    Path("dvc.lock").write_text(LOCK)
    return load_file(repo, str(Path("dvc.yaml").absolute())).stages


def test_reading_and_writing_gives_the_same_bytes() -> None:
    assert lock.dump(lock.parse(LOCK, "dvc.lock")) == LOCK
    assert lock.dump(lock.parse(LOCK, "dvc.lock"), LOCK) == LOCK


@pytest.mark.parametrize("name", ["prepare", "train"])
def test_one_stage_is_written_and_hashed_as_dvc_does(name: str, dvc_repo: Any) -> None:
    from dvc.stage.cache import _get_cache_hash
    from dvc.stage.serialize import to_single_stage_lockfile
    from dvc.utils.serialize import dumps_yaml

    stage = dvc_stages(dvc_repo)[name]
    entry = lock.parse(LOCK, "dvc.lock")[name]
    assert lock.dump_entry(entry) == dumps_yaml(to_single_stage_lockfile(stage))
    assert lock.run_cache_value(entry) == _get_cache_hash(to_single_stage_lockfile(stage))
    assert lock.run_cache_key(entry) == _get_cache_hash(to_single_stage_lockfile(stage), key=True)
    assert lock.parse_entry(lock.dump_entry(entry), "run") == entry


def test_an_updated_lock_has_the_bytes_of_dvc(dvc_repo: Any) -> None:
    text = LOCK.replace("schema:", "# a comment\nschema:").replace("  train:", "  train:  # and another")
    stages = dvc_stages(dvc_repo)
    Path("dvc.lock").write_text(text)
    stage = stages["prepare"]
    stage.outs[0].meta.size = 77
    stage.dvcfile._lockfile.dump(stage)

    entries = lock.parse(text, "dvc.lock")
    outs = tuple(
        item._replace(content=item.content._replace(size=77)) if item.path == stage.outs[0].def_path else item
        for item in entries["prepare"].outs
    )
    entries["prepare"] = entries["prepare"]._replace(outs=outs)
    assert lock.dump(entries, text) == Path("dvc.lock").read_text()


def test_entries_are_put_in_order() -> None:
    entry = LockEntry(
        cmd=("b", "a"),
        deps=(LockItem("z", Content(OID)), LockItem("a", Content(OID, legacy=True))),
        params={"a.yaml": {"b": 1, "a": {"d": 1, "c": 2}}, "params.yaml": {"x": None}},
    )
    value = lock.to_dict(entry)
    assert [item["path"] for item in value["deps"]] == ["a", "z"]
    assert list(value["params"]) == ["params.yaml", "a.yaml"]
    assert list(value["params"]["a.yaml"]) == ["a", "b"]
    assert list(value["params"]["a.yaml"]["a"]) == ["d", "c"]
    assert list(value["deps"][0]) == ["path", "md5"]
    assert list(value["deps"][1]) == ["path", "hash", "md5"]


def test_what_is_no_stage_survives_and_gone_stages_go() -> None:
    text = "schema: '2.0'\ndatasets:\n- name: a\n  type: url\nstages:\n  old:\n    cmd: a\n  kept:\n    cmd: b\n"
    entries = {"new": LockEntry("c"), "kept": LockEntry("b2")}
    assert lock.dump(entries, text) == (
        "schema: '2.0'\ndatasets:\n- name: a\n  type: url\nstages:\n  kept:\n    cmd: b2\n  new:\n    cmd: c\n"
    )


def test_cloud_versions_and_datasets_are_carried() -> None:
    text = f"""schema: '2.0'
stages:
  a:
    cmd: x
    deps:
    - path: ds://set
      dataset:
        name: set
        version: 1
    outs:
    - path: d
      hash: md5
      files:
      - relpath: f
        md5: {OID}
        size: 1
        cloud:
          r:
            version_id: v
    - path: f
      hash: md5
      md5: {OID}
      size: 1
      cloud:
        r:
          etag: e
          version_id: v
"""
    entries = lock.parse(text, "dvc.lock")
    assert lock.dump(entries) == text
    assert entries["a"].outs[1].content.extra == {"cloud": {"r": {"etag": "e", "version_id": "v"}}}


def test_an_empty_lock_has_no_stages() -> None:
    assert lock.parse("", "dvc.lock") == {}
    assert lock.parse("schema: '2.0'\n", "dvc.lock") == {}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "a:\n  cmd: b\n",
            "dvc.lock:1:1: no 'schema': this lock file was written by DVC 1",
            "delete dvc.lock and run `tiffin repro`, or let DVC 2 rewrite it first",
        ),
        (
            "schema: '3.0'\nstages: {}\n",
            "dvc.lock:1:9: lock file of schema '3.0', only '2.0' is known",
            "is it from a later version of DVC or tiffin?",
        ),
        (
            "schema: '2.0'\nstages:\n  a:\n    cmd: b\n    dep:\n    - path: a\n",
            "dvc.lock:5:5: unknown key 'dep' in 'stages.a'",
            "did you mean 'deps'?",
        ),
        ("schema: '2.0'\nstages:\n  a:\n    deps: []\n", "dvc.lock:4:5: 'stages.a' lacks the key 'cmd'", None),
    ],
)
def test_what_does_not_follow_the_schema_is_refused(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(SchemaError) as caught:
        lock.parse(text, "dvc.lock")
    assert str(caught.value) == message
    assert caught.value.hint == hint


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 3)), max_size=12), st.booleans())
def test_a_draft_is_what_would_be_written_at_once(puts, commented):
    start = {name: LockEntry(cmd=f"make {name}") for name in "dg"}
    old = lock.dump(start)
    text = f"# by hand\n{old}" if commented else old
    draft, entries = LockDraft(text, "dvc.lock"), dict(start)
    for name, number in puts:
        cmd = ("one: 'x'", f"two {number}\n  lines\n\n") if number % 2 else f"echo {'long ' * 40 * number}"
        item = LockItem(f"out {number}", Content("a" * 32, number))
        entries[name] = LockEntry(cmd=cmd, params={"p.yaml": {"k": [number, None, "- x"]}}, outs=(item,))
        draft.put(name, entries[name])
        rendered = draft.render(ord)
    if puts:
        ordered = {name: entries[name] for name in [*start, *sorted(entries.keys() - start)]}
        assert rendered == (f"# by hand\n{lock.dump(ordered)}" if commented else lock.dump(ordered))
        assert LockDraft(rendered, "dvc.lock").render(ord) == rendered


def test_a_draft_follows_what_others_write():
    draft = LockDraft(None, "dvc.lock")
    draft.put("c", LockEntry(cmd="c"))
    draft.render(ord)
    theirs = lock.dump({name: LockEntry(cmd=name) for name in "xc"})
    draft = draft.follow(theirs, "dvc.lock")
    draft.put("b", LockEntry(cmd="b"))
    assert list(lock.parse(draft.render(ord), "dvc.lock")) == ["x", "b", "c"]

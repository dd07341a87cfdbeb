""".dvc files: what is read, the bytes written (against DVC's own), and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from tiffin.errors import SchemaError
from tiffin.formats import dvcfile
from tiffin.formats.values import Content, DependencyEntry, DvcFile, OutputEntry

OID = "a" * 32
FILES = {
    "added": f"outs:\n- md5: {OID}\n  size: 3\n  hash: md5\n  path: data.csv\n",
    "directory": f"outs:\n- md5: {OID}.dir\n  size: 3\n  nfiles: 2\n  hash: md5\n  path: data\n",
    "executable": f"outs:\n- md5: {OID}\n  size: 3\n  isexec: true\n  hash: md5\n  path: run.sh\n",
    "legacy": f"outs:\n- md5: {OID}\n  size: 3\n  path: data.csv\n",
    "annotated": f"""# about the data
outs:
- md5: {OID}   # of the first version
  size: 3
  hash: md5
  path: data.csv
  desc: "some: text"
  type: dataset
  labels: [a, b]
  meta: {{owner: me}}
  cache: false
  persist: true
  remote: storage
  push: false
meta:
  free: [1, {{x: y}}]
desc: all of it
""",
    "wdir": f"wdir: sub\nouts:\n- md5: {OID}\n  size: 3\n  hash: md5\n  path: data.csv\n",
    "import url": f"""md5: 24be4b6c0c5b0b0b3a3b2a2e2c2f1f1f
frozen: true
deps:
- checksum: '"abc-123"'
  size: 7
  hash: md5
  path: https://example.com/data.csv
outs:
- md5: {OID}
  size: 7
  hash: md5
  path: data.csv
""",
    "import": f"""md5: 24be4b6c0c5b0b0b3a3b2a2e2c2f1f1f
frozen: true
deps:
- path: data.csv
  repo:
    url: https://example.com/repo
    rev: main
    rev_lock: {"b" * 40}
outs:
- md5: {OID}
  size: 7
  hash: md5
  path: data.csv
""",
    "partial import": """md5: 24be4b6c0c5b0b0b3a3b2a2e2c2f1f1f
frozen: true
deps:
- checksum: '"abc-123"'
  size: 7
  hash: md5
  path: https://example.com/data.csv
outs:
- hash: md5
  path: data.csv
""",
}


def dvc_stage(repo: Any, text: str) -> Any:
    from dvc.dvcfile import load_file

    Path("x.dvc").write_text(text)
    Path("sub").mkdir(exist_ok=True)
    return load_file(repo, str(Path("x.dvc").absolute())).stage


@pytest.mark.parametrize("name", FILES)
def test_a_fresh_file_has_the_bytes_of_dvc(name: str, dvc_repo: Any) -> None:
    stage = dvc_stage(dvc_repo, FILES[name])
    stage._stage_text = None
    stage.dvcfile.dump(stage)
    assert dvcfile.dump(dvcfile.parse(FILES[name], "x.dvc")) == Path("x.dvc").read_text()


@pytest.mark.parametrize("name", FILES)
def test_an_updated_file_has_the_bytes_of_dvc(name: str, dvc_repo: Any) -> None:
    text = FILES[name]
    stage = dvc_stage(dvc_repo, text)
    out = stage.outs[0]
    out.hash_info.value = "c" * 32
    out.hash_info.name = out.hash_name = "md5"
    out.meta.size = 9
    out.meta.md5 = "c" * 32
    stage.dvcfile.dump(stage)

    file = dvcfile.parse(text, "x.dvc")
    content = file.outs[0].content
    assert content is not None
    changed = file.outs[0]._replace(content=content._replace(oid="c" * 32, size=9, legacy=False))
    assert dvcfile.dump(file._replace(outs=(changed,)), text) == Path("x.dvc").read_text()


@pytest.mark.parametrize("name", FILES)
def test_the_stage_checksum_is_the_one_of_dvc(name: str, dvc_repo: Any) -> None:
    assert dvcfile.stage_checksum(dvcfile.parse(FILES[name], "x.dvc")) == dvc_stage(dvc_repo, FILES[name]).compute_md5()


def test_what_is_read() -> None:
    assert dvcfile.parse(FILES["annotated"], "x.dvc") == DvcFile(
        outs=(
            OutputEntry(
                "data.csv",
                Content(OID, 3),
                cache=False,
                persist=True,
                push=False,
                remote="storage",
                annotations={
                    "desc": "some: text",
                    "type": "dataset",
                    "labels": ["a", "b"],
                    "meta": {"owner": "me"},
                },
            ),
        ),
        desc="all of it",
        meta={"free": [1, {"x": "y"}]},
    )
    legacy = dvcfile.parse(FILES["legacy"], "x.dvc").outs[0].content
    assert legacy == Content(OID, 3, legacy=True)
    imported = dvcfile.parse(FILES["import"], "x.dvc")
    assert imported.frozen
    assert imported.deps == (
        DependencyEntry(
            "data.csv",
            extra={"repo": {"url": "https://example.com/repo", "rev": "main", "rev_lock": "b" * 40}},
        ),
    )
    assert dvcfile.parse(FILES["partial import"], "x.dvc").outs[0].content == Content(None)
    assert dvcfile.parse("", "x.dvc") == DvcFile(outs=())
    assert dvcfile.parse("locked: true\nouts:\n", "x.dvc").frozen


def test_legacy_file_keeps_its_key_order_so_hash_lands_last() -> None:
    text = FILES["legacy"]
    out = OutputEntry("data.csv", Content("c" * 32, 4))
    assert (
        dvcfile.dump(DvcFile((out,)), text) == f"outs:\n- md5: {'c' * 32}\n  size: 4\n  path: data.csv\n  hash: md5\n"
    )


def test_digits_without_quotes_are_still_a_checksum() -> None:
    file = dvcfile.parse("outs:\n- {md5: 00012345678901234567890123456789, path: a, hash: md5}\n", "x.dvc")
    assert file.outs[0].content == Content("00012345678901234567890123456789")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "outs:\n- md5: abc\n  pth: a\n",
            "x.dvc:3:3: unknown key 'pth' in 'outs.0'",
            "did you mean 'path'?",
        ),
        ("otus:\n", "x.dvc:1:1: unknown key 'otus' in the file", "did you mean 'outs'?"),
        ("outs:\n- md5: abc\n", "x.dvc:2:3: 'outs.0' lacks the key 'path'", None),
        ("outs:\n- path: a\n  size: big\n", "x.dvc:3:9: 'outs.0.size' should be a whole number, found 'big'", None),
        ("outs: a\n", "x.dvc:1:7: 'outs' should be a list of maps, found 'a'", "write it as a list: [a]"),
        ("- a\n", "x.dvc:1:1: the file should be a map, found a list", "write 'name: value', without '- ' before it"),
        (
            "outs:\n- path: a\n  cloud: {a: {etag: b}, c: {etag: d}}\n",
            "x.dvc:3:10: 'outs.0.cloud' has 2 entries, at most 1 allowed",
            None,
        ),
        (
            "cmd: python a.py\nouts:\n- path: a\n",
            "x.dvc: 'cmd' in a .dvc file is the single-stage pipeline of DVC 1, which is no longer run",
            "move the stage to dvc.yaml: tiffin stage add -n NAME ...",
        ),
    ],
)
def test_what_does_not_follow_the_schema_is_refused(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(SchemaError) as caught:
        dvcfile.parse(text, "x.dvc")
    assert str(caught.value) == message
    assert caught.value.hint == hint

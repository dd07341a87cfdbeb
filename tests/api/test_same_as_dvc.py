"""`tiffin.api` and `dvc.api` on the same repository."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import dvc.api
import dvc.api.dataset
import pytest

import tiffin.api
from tiffin.cli import main
from tiffin.errors import StageInvalid, StageNotFound

APIS = [dvc.api, tiffin.api]
PIPELINE = """\
stages:
  train:
    cmd: python train.py
    params:
    - lr
    - other.json:
    metrics:
    - metrics.json
metrics:
- more/metrics.yaml
artifacts:
  model:
    path: file
"""


def git(*argv: str) -> None:
    subprocess.run(["git", *argv], check=True, capture_output=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with data, parameters and metrics, in two commits."""
    root = tmp_path_factory.mktemp("api")
    files = {
        "data/a": "1",
        "data/sub/b": "22",
        "file": "text ä\n",
        "plain/x.txt": "plain",
        "dvc.yaml": PIPELINE,
        "params.yaml": "lr: 0.1\nseed: 1\ntrain:\n  deep: [1, 2]\n",
        "other.json": '{"lr": 5, "own": null}',
        "metrics.json": '{"acc": 0.9, "loss": 1}',
        "more/metrics.yaml": "acc: 0.5\nf1: 0.25\n",
        "more/params.yaml": "x: 1\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    previous = Path.cwd()
    os.chdir(root)
    try:
        git("init", "-q")
        assert main(["init", "-q"]) == main(["add", "-q", "data", "file"]) == 0
        git("add", "--all")
        git("commit", "-q", "-m", "first")
        git("tag", "-a", "model@v1.0.0", "-m", "first")
        git("branch", "old")
        (root / "params.yaml").write_text("lr: 0.2\n")
        (root / "metrics.json").write_text('{"acc": 0.95}')
        (root / "file").write_text("newer\n")
        assert main(["add", "-q", "file"]) == 0
        git("add", "--all")
        git("commit", "-q", "-m", "second")
        (root / "data" / "sub" / "b").unlink()
    finally:
        os.chdir(previous)
    return root


@pytest.fixture(autouse=True)
def _inside(root: Path) -> Iterator[None]:
    previous = Path.cwd()
    os.chdir(root)
    yield
    os.chdir(previous)


@pytest.mark.parametrize("rev", [None, "old", "HEAD"])
def test_files_read_the_same(root: Path, rev: str | None) -> None:
    for path in ("data/a", "data/sub/b", "file", "plain/x.txt"):
        theirs, ours = (api.read(path, repo=str(root), rev=rev) for api in APIS)
        assert ours == theirs
        with tiffin.api.open(path, rev=rev, mode="rb") as file:
            assert file.read(3) == theirs.encode()[:3]
        assert tiffin.api.read(path, rev=rev, encoding="latin-1") == theirs.encode().decode("latin-1")


@pytest.mark.parametrize("path", ["data", "data/sub/b", "file"])
def test_urls_are_the_same(path: str) -> None:
    theirs, ours = (api.get_url(path, rev="old", repo=".") for api in APIS)
    assert ours == theirs


@pytest.mark.parametrize("rev", [None, "old"])
def test_params_and_metrics_are_the_same(rev: str | None) -> None:
    calls = [
        lambda api: api.params_show(rev=rev),
        lambda api: api.params_show(rev=rev, deps=True),
        lambda api: api.params_show(rev=rev, stages="train"),
        lambda api: api.params_show("more/params.yaml", rev=rev),
        lambda api: api.params_show("params.yaml", "more/params.yaml", rev=rev),
        lambda api: api.metrics_show(rev=rev),
        lambda api: api.metrics_show("metrics.json", rev=rev),
    ]
    for call in calls:
        theirs, ours = (json.dumps(call(api), sort_keys=True) for api in APIS)
        assert ours == theirs


def test_history_is_the_same() -> None:
    for name in ("all_branches", "all_tags", "all_commits"):
        theirs, ours = (sorted(getattr(api, name)()) for api in APIS)
        assert ours == theirs
    theirs, ours = (api.artifacts_show("model") for api in APIS)
    assert ours == theirs
    with pytest.raises(ValueError, match="not by both"):
        tiffin.api.artifacts_show("model", version="v1.0.0", stage="prod")


def test_data_sets_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, root = tmp_path / "source", tmp_path / "repo"
    for directory in (source, root):
        directory.mkdir()
        monkeypatch.chdir(directory)
        git("init", "-q")
    (source / "folder").mkdir()
    (source / "folder" / "file").write_text("1")
    monkeypatch.chdir(source)
    git("add", "--all")
    git("commit", "-q", "-m", "first")
    monkeypatch.chdir(root)
    assert main(["init", "-q"]) == 0
    assert main(["dataset", "add", "whole", "--dvc", str(source)]) == 0
    assert main(["dataset", "add", "part", "--dvc", str(source), "--path", "folder"]) == 0
    assert main(["dataset", "add", "url", "--url", str(source / "folder")]) == 0
    for name in ("whole", "part", "url"):
        theirs, ours = (api.dataset.get(name) for api in APIS)
        assert ours == theirs
    with pytest.raises(StageNotFound, match="no data set 'who'") as caught:
        tiffin.api.dataset.get("who")
    assert caught.value.hint == "did you mean 'whole'?"
    (root / "dvc.lock").unlink()
    with pytest.raises(StageInvalid, match="'whole' is not pinned"):
        tiffin.api.dataset.get("whole")


def entries(api: ModuleType, rev: str | None, path: str, *, dvc_only: bool) -> list[tuple[object, ...]]:
    fs = api.DVCFileSystem(rev=rev)
    found = fs.ls(path, dvc_only=dvc_only)
    sizes = rev is not None  # on disk a directory's size is the disk's business
    return sorted(
        (
            info["name"],
            info["type"],
            info.get("isexec", False),
            info["size"] if sizes or info["type"] == "file" else None,
            info.get("dvc_info", {}).get("md5"),
            info.get("dvc_info", {}).get("isout"),
        )
        for info in found
    )


@pytest.mark.parametrize("rev", [None, "old"])
def test_the_file_system_is_the_same(rev: str | None, tmp_path: Path) -> None:
    theirs, ours = (api.DVCFileSystem(rev=rev) for api in APIS)
    for path in ("/", "", "data", "/data/sub", "plain"):
        assert ours.find(path) == theirs.find(path)
        assert sorted(ours.find(path, detail=True)) == ours.find(path)
        assert ours.find(path, withdirs=True) == theirs.find(path, withdirs=True)
        assert ours.find(path, dvc_only=True) == theirs.find(path, dvc_only=True)
        assert ours.du(path) == theirs.du(path)
        for dvc_only in (False, True)[: 1 if path == "plain" else 2]:
            assert entries(tiffin.api, rev, path, dvc_only=dvc_only) == entries(dvc.api, rev, path, dvc_only=dvc_only)
    for pattern in ("data/*", "**/*.txt", "/*"):
        assert sorted(ours.glob(pattern)) == sorted(theirs.glob(pattern))
    for path in ("data", "data/a", "plain/x.txt", "nope", "../outside"):
        for question in ("exists", "isfile", "isdir", "isdvc"):
            assert getattr(ours, question)(path) == getattr(theirs, question)(path), (question, path)
    for number, fs in enumerate((theirs, ours)):
        fs.get("data", str(tmp_path / str(number)), recursive=True)
        fs.get("file", str(tmp_path / str(number) / "file"))
        fs.get_file("data/a", str(tmp_path / str(number) / "one" / "a"))
    trees = [sorted(p.relative_to(tmp_path / n) for p in (tmp_path / n).rglob("*")) for n in ("0", "1")]
    assert trees[1] == trees[0]
    with ours.open("file", "r", encoding="utf-8") as mine, theirs.open("file", "r", encoding="utf-8") as other:
        assert mine.read() == other.read()

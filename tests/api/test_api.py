"""What `tiffin.api` promises by itself."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import tiffin.api
from tiffin.cli import main
from tiffin.errors import MissingDependency, MissingObjects, NotARepository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository without Git."""
    (tmp_path / "repo" / "data").mkdir(parents=True)
    (tmp_path / "repo" / "data" / "a").write_text("1")
    assert main(["--cd", str(tmp_path / "repo"), "init", "-q", "--no-scm"]) == 0
    assert main(["--cd", str(tmp_path / "repo"), "add", "-q", "data"]) == 0
    return tmp_path / "repo"


def test_open_is_for_with_statements_and_reading(root: Path) -> None:
    opened = tiffin.api.open("data/a", repo=str(root))
    with pytest.raises(AttributeError, match="in a `with` statement only"):
        opened.read()
    with pytest.raises(ValueError, match="can only be read"):
        tiffin.api.open("data/a", repo=str(root), mode="w")
    with opened as file:
        assert file.read() == "1"


def test_what_is_not_there(root: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tiffin.api.read("nope", repo=str(root))
    with pytest.raises(IsADirectoryError):
        tiffin.api.read("data", repo=str(root))
    with pytest.raises(MissingDependency):
        tiffin.api.read("../outside", repo=str(root))
    with pytest.raises(MissingDependency):
        tiffin.api.get_url("data.dvc", repo=str(root))
    with pytest.raises(FileNotFoundError):
        tiffin.api.metrics_show("nope.json", repo=str(root))
    (root / "data" / "a").unlink()
    next((root / ".dvc/cache/files/md5").glob("c4/*")).unlink()
    with pytest.raises(MissingObjects):
        tiffin.api.read("data/a", repo=str(root))


def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotARepository):
        tiffin.api.read("x")


def test_repositories_inside_are_left_out_unless_asked_for(root: Path) -> None:
    inner = root / "inner"
    inner.mkdir()
    (inner / "file").write_text("i")
    assert main(["--cd", str(inner), "init", "-q", "--no-scm"]) == main(["--cd", str(inner), "add", "-q", "file"]) == 0
    (inner / "file").unlink()
    assert not tiffin.api.DVCFileSystem(root).exists("inner/file")
    fs = tiffin.api.DVCFileSystem(root, subrepos=True)
    assert fs.isdvc("inner/file")
    assert fs.cat("inner/file") == b"i"


def test_it_is_read_only_and_known_to_fsspec(root: Path, repository: Path) -> None:
    fs = tiffin.api.DVCFileSystem(url=str(root))
    with pytest.raises(OSError, match="Read-only"), fs.open("data/b", "wb"):
        pass
    assert fs.cat_file("tiffin://data/a") == b"1"
    with (repository / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["entry-points"]["fsspec.specs"]
    assert declared == {"tiffin": "tiffin.api:DVCFileSystem"}


def test_importing_it_loads_no_fsspec() -> None:
    code = "import sys, tiffin.api; print(sorted({'fsspec', 'asyncio', 'subprocess'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_large_directory_is_found_at_once(tmp_path: Path) -> None:
    # 50,000 names take 0.1 s of a processor; a fifth of them must not take that long on a busy machine either.
    data = tmp_path / "data"
    for folder in range(10):
        (data / str(folder)).mkdir(parents=True)
        for name in range(1000):
            (data / str(folder) / str(name)).touch()
    assert main(["--cd", str(tmp_path), "init", "-q", "--no-scm"]) == 0
    assert main(["--cd", str(tmp_path), "add", "-q", "data"]) == 0
    fs = tiffin.api.DVCFileSystem(tmp_path)
    start = time.process_time()
    assert len(fs.find("data")) == 10_000
    assert time.process_time() - start < 0.5

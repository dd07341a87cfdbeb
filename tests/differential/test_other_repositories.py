"""`import`, `update`, `get`, `list` and `du` on a repository that both twins read."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.peer.tools import Tool
from tests.peer.twins import TwinRepos

DATES = {"GIT_AUTHOR_DATE": "2024-01-02T03:04:05 +0000", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05 +0000"}
URL = "../../source"


class Source:
    """The other repository."""

    def __init__(self, root: Path, tool: Tool) -> None:
        self.root = root
        self._tool = tool

    def write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).unlink(missing_ok=True)
            (self.root / path).write_text(text)

    def dvc(self, *argv: str, cwd: str = ".") -> None:
        result = self._tool.run(list(argv), self.root / cwd, DATES)
        assert result.code == 0, result

    def git(self, *argv: str) -> None:
        environ = {**os.environ, **DATES}
        subprocess.run(["git", *argv], cwd=self.root, check=True, capture_output=True, env=environ)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)


@pytest.fixture(scope="module")
def _seed_source(their_tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = Source(tmp_path_factory.mktemp("source"), their_tool)
    source.git("init", "-q", "-b", "main")
    source.dvc("init", "-q")
    source.write({"data/x": "1", "data/sub/y": "2", "data/sub/deep/z": "3", "data/ä b": "4", "file": "f"})
    source.write({"run.sh": "#!", "plain.txt": "plain", "folder/in git": "g", ".dvcignore": "hidden\n", "hidden": "h"})
    (source.root / "run.sh").chmod(0o755)
    source.dvc("add", "-q", "data", "file", "run.sh")
    source.commit("first")
    source.git("tag", "v1")
    source.write({"data/new": "new", "file": "changed", "plain.txt": "changed"})
    source.dvc("add", "-q", "data", "file")
    source.commit("second")
    return source.root


@pytest.fixture
def source(_seed_source: Path, their_tool: Tool, tmp_path: Path) -> Source:
    shutil.copytree(_seed_source, tmp_path / "source", symlinks=True)
    return Source(tmp_path / "source", their_tool)


PATHS = ["data", "data/sub", "data/sub/y", "run.sh", "plain.txt", "folder"]


def test_import(twins: TwinRepos, source: Source) -> None:
    for path in PATHS:
        twins.both("import", URL, path, "-o", path.replace("/", "_"), state=False)
    twins.compare()
    twins.both("import", URL, "data", "-o", "old", "--rev", "v1")
    twins.both("import", URL, "file")
    twins.write("file", "edited here")
    twins.both("commit", "-f", "file.dvc")
    twins.swap()


def test_import_into_a_directory_and_over_something(twins: TwinRepos, source: Source) -> None:
    twins.write("there/already", "a")
    twins.both("import", URL, "data", "-o", "there")
    twins.both("import", URL, "file", "-o", "there")
    twins.both("import", URL, "file", "-o", "there", code=1)
    twins.both("import", URL, "file", "-o", "there", "-f", "--rev", "v1")


def test_import_that_is_only_written_down(twins: TwinRepos, source: Source) -> None:
    twins.both("import", URL, "file", "--no-exec")
    twins.both("import", URL, "data", "--no-download", "--rev", "v1")
    twins.both("import", URL, "file", "--no-exec", "--no-download", "-o", "x", code=254)
    twins.both("status", "--json")


def test_a_partial_import_is_pulled(twins: TwinRepos, source: Source) -> None:
    for path in ("data", "file", "plain.txt"):
        twins.both("import", URL, path, "--no-download")
    # DVC keeps what it fetched by name in a place of its own; ours are objects.
    twins.both("fetch", but=("store",))
    assert [(side.repo / ".dvc/cache/fs").exists() for side in twins.sides] == [True, False]
    twins.both("pull", but=("store",))
    twins.both("status", "--json", but=("store",))
    twins.both("commit", "-f", "data.dvc", "file.dvc", but=("store",))
    twins.both("status", "--json", but=("store",))


def test_imports_are_fetched_from_where_they_came_from(twins: TwinRepos, source: Source) -> None:
    twins.both("remote", "add", "-q", "-d", "store", "../remote")
    twins.both("import", URL, "data", "--rev", "v1")
    twins.both("import", URL, "folder")
    twins.both("push")
    twins.both("status", "-c", "--json")
    twins.remove(".dvc/cache", "data", "folder")
    # DVC stores listings of the directories inside of the one that was imported, which nothing names.
    twins.both("pull", but=("store",))
    twins.both("status", "--json", but=("store",))


def test_status_and_update(twins: TwinRepos, source: Source) -> None:
    for path in ("data", "data/sub", "file", "folder"):
        twins.both("import", URL, path, "-o", path.replace("/", "_"))
    twins.both("import", URL, "file", "-o", "fixed", "--rev", "v1")
    source.write({"data/newer": "newer", "data/x": "other", "file": "third", "folder/more": "m"})
    source.dvc("add", "-q", "data", "file")
    source.commit("third")
    twins.both("status", "--json")
    twins.both("status", "--json", "--no-updates", state=False)
    twins.both("update", "data.dvc", "folder")
    twins.both("update", "fixed.dvc", "--rev", "main")
    twins.both("update", "data_sub.dvc", "--no-download")
    twins.both("status", "--json")
    twins.both("update", "-R", ".")


def test_what_update_refuses(twins: TwinRepos, source: Source) -> None:
    twins.both("import", URL, "file")
    twins.both("update", "nonsense", code=1)
    twins.both("update", "file.dvc", "--to-remote", code=1)
    twins.both("update", "file.dvc", "-r", "store", code=1)
    twins.both("update", "file.dvc", "--to-remote", "--no-download", code=1)
    twins.both("update", "file.dvc", "--rev", "nope", code=1)


def test_imports_of_imports(twins: TwinRepos, source: Source, their_tool: Tool, tmp_path: Path) -> None:
    middle = Source(tmp_path / "middle", their_tool)
    middle.root.mkdir()
    middle.git("init", "-q", "-b", "main")
    middle.dvc("init", "-q")
    middle.dvc("import", "-q", str(source.root), "data")
    middle.dvc("import", "-q", str(source.root), "file")
    middle.commit("imports")
    shutil.rmtree(middle.root / ".dvc" / "cache")
    shutil.rmtree(middle.root / "data")
    (middle.root / "file").unlink()
    twins.both("import", "../../middle", "data")
    twins.both("import", "../../middle", "file")
    twins.both("import", "../../middle", "data", "-o", "committed", "--rev", "main")
    twins.both("status", "--json")


@pytest.mark.parametrize(
    "argv",
    [
        ("import", URL, "nope"),
        ("import", URL, "file", "--rev", "nope"),
        ("import", "../../nowhere", "file"),
        ("get", URL, "nope"),
        ("get", URL, "file", "--rev", "nope"),
        ("get", "../../nowhere", "file"),
        ("get", URL, "file", "-o", "file.dvc"),
        ("get", URL, "plain.txt", "--show-url"),
        ("list", URL, "nope"),
        ("list", URL, "--rev", "nope"),
        ("list", "../../nowhere"),
        ("list", URL, "--tree", "--json"),
        ("du", URL, "nope"),
    ],
)
def test_what_is_not_there(twins: TwinRepos, source: Source, argv: tuple[str, ...]) -> None:
    twins.both(*argv, code=None, state=False)


def test_get(twins: TwinRepos, source: Source) -> None:
    for path in PATHS:
        twins.both("get", URL, path, "-o", path.replace("/", "_"), state=False)
    twins.both("get", URL, "data", "-o", "old", "--rev", "v1", state=False)
    twins.both("get", URL, "data", "-o", "old", "--rev", "v1")  # into it
    twins.both("get", URL, "plain.txt", code=1)
    twins.both("get", URL, "plain.txt", "-f", "--rev", "v1")


def test_get_of_everything(twins: TwinRepos, source: Source) -> None:
    twins.both("get", URL, ".", "-o", "all", "--rev", "v1")
    (source.root / "data" / "x").unlink()
    shutil.rmtree(source.root / "data" / "sub")
    twins.both("get", URL, "data")  # what is not on disk comes from the cache


def test_get_show_url(twins: TwinRepos, source: Source) -> None:
    twins.both("get", URL, "data", "--show-url", text=True, state=False)
    twins.both("get", URL, "data/sub/y", "--show-url", "--rev", "v1", text=True, state=False)
    source.dvc("remote", "add", "-d", "store", "../far")
    source.commit("a remote")
    twins.both("get", URL, "file", "--show-url", "--rev", "main", text=True, state=False)


def test_get_from_a_remote(twins: TwinRepos, source: Source) -> None:
    source.dvc("remote", "add", "-q", "-d", "store", "../far")
    source.dvc("push", "-q")
    source.commit("remotes")
    shutil.rmtree(source.root / ".dvc" / "cache")
    twins.both("get", URL, "data", "--rev", "main")


@pytest.mark.parametrize("rev", [(), ("--rev", "v1")])
@pytest.mark.parametrize(
    "argv",
    [(), ("-R",), ("-R", "-L", "2"), ("-R", "--dvc-only"), ("data",), ("file",)],
)
def test_list(twins: TwinRepos, source: Source, argv: tuple[str, ...], rev: tuple[str, ...]) -> None:
    twins.both("list", URL, *argv, *rev, "--json", state=False)


def test_list_as_people_see_it(twins: TwinRepos, source: Source) -> None:
    source.write({"large": "x" * 12345})
    twins.both("ls", URL, "-R", text=True, state=False)
    for how in ((), ("--size",), ("--size", "--show-hash")):
        twins.both("list", URL, "--show-hash", text=True, state=False)
        twins.both("list", URL, "--rev", "v1", "--tree", *how, text=True, state=False)
    twins.both("list", URL, "-T", "-L", "2", "--size", text=True, state=False)


def test_du(twins: TwinRepos, source: Source) -> None:
    for argv in ([], ["data"], ["file"], ["data/sub", "-s"], ["--rev", "v1"], ["data/sub", "--rev", "v1"]):
        twins.both("du", URL, *argv, text="lines", state=False)


def test_repositories_inside_of_one(twins: TwinRepos, source: Source, their_tool: Tool, tmp_path: Path) -> None:
    many = Source(tmp_path / "many", their_tool)
    many.root.mkdir()
    many.git("init", "-q", "-b", "main")
    many.write({"one/data/x": "1", "two/file": "2", "beside": "b"})
    for name, what in (("one", "data"), ("two", "file")):
        many.dvc("init", "-q", "--subdir", cwd=name)
        many.dvc("add", "-q", what, cwd=name)
    many.commit("two of them")
    for rev in ((), ("--rev", "main")):
        twins.both("list", "../../many", *rev, "--json")
        twins.both("list", "../../many", "one", *rev, "--json")
        twins.both("list", "../../many", "one/data", *rev, "--json")
    twins.both("import", "../../many", "one/data")
    twins.both("import", "../../many/two", "file")
    twins.both("get", "../../many", "two/file", "-o", "got", "--rev", "main")
    twins.both("status", "--json")


def test_artifacts(twins: TwinRepos, source: Source) -> None:
    source.write({"dvc.yaml": "artifacts:\n  model:\n    path: file\n    type: model\n"})
    source.write({"folder/dvc.yaml": "artifacts:\n  inner:\n    path: in git\n"})
    source.commit("artifacts")
    for tag in ("model@v0.9.0", "model@v0.10.0", "model#prod#1", "folder=inner@v1.0.0", "other@v9.0.0"):
        source.git("tag", "-a", tag, "-m", tag)
    source.git("tag", "model@v9.9.9")  # a light one: GTO does not count it
    source.write({"file": "after"})
    source.dvc("add", "-q", "file")
    source.commit("after")
    twins.both("artifacts", "get", URL, "model", "-o", "newest")
    twins.both("artifacts", "get", URL, "model", "-o", "version", "--rev", "v0.9.0")
    twins.both("artifacts", "get", URL, "model", "-o", "stage", "--stage", "prod")
    twins.both("artifacts", "get", URL, "folder:inner", "-o", "inner")
    twins.both("artifacts", "get", URL, "folder/dvc.yaml:inner", "-o", "inner2")
    twins.both("artifacts", "get", URL, "model", "--rev", "v7.0.0", code=None)
    twins.both("artifacts", "get", URL, "nothing", code=None)

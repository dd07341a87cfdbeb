"""`import-url`, `get-url`, `list-url`, and what `add`, `update`, `fetch` and `status` have to do with URLs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fs.server import Web, serving
from tests.peer.twins import TwinRepos


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with serving(tmp_path / "web") as server:
        server.write("f", b"one")
        yield server


@pytest.fixture
def twins(twins: TwinRepos) -> TwinRepos:
    """With data beside the repository of each."""
    twins.write("../outside/dir/a", "a")
    twins.write("../outside/dir/sub/b", "b")
    twins.write("../outside/file", "file")
    twins.write("../outside/run.sh", "#!", mode=0o755)
    return twins


def test_import_of_a_url(twins: TwinRepos, web: Web) -> None:
    twins.both("import-url", f"{web.url}/f")
    twins.both("import-url", f"{web.url}/f", "other")
    twins.write("folder/x", "x")
    twins.both("import-url", f"{web.url}/f", "folder")
    twins.both("status", "--json")
    twins.commit("imports")
    twins.remove("f", "other", ".dvc/cache")
    twins.both("status", "--json")
    twins.swap()


def test_a_server_without_etags(twins: TwinRepos, web: Web) -> None:
    web.etags = False
    twins.both("import-url", f"{web.url}/f")
    twins.both("import-url", "--no-download", f"{web.url}/f", "later")
    twins.swap()


@pytest.mark.parametrize("how", ["--no-exec", "--no-download"])
def test_import_without_data(twins: TwinRepos, web: Web, how: str) -> None:
    twins.both("import-url", how, f"{web.url}/f")
    twins.both("import-url", how, "../outside/dir", "d")
    twins.both("status", "--json")
    twins.swap()


def test_import_of_paths(twins: TwinRepos) -> None:
    twins.both("import-url", "../outside/dir")
    twins.both("import-url", "../outside/file", "renamed")
    twins.both("import-url", "../outside/run.sh")
    twins.write("inside", "in")
    twins.write("sub/.keep", "")
    twins.both("import-url", "inside", "sub/copy")
    twins.both("status", "--json")
    twins.both("push", code=None)
    twins.swap()


def test_an_absolute_path_stays_absolute(twins: TwinRepos, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a").write_text("a")
    twins.both("import-url", f"{tmp_path}/shared")
    twins.both("import-url", f"{tmp_path}/shared/a")
    twins.swap()


def test_what_is_below_a_remote(twins: TwinRepos, web: Web) -> None:
    twins.both("remote", "add", "near", "../outside")
    twins.both("remote", "add", "far", web.url)
    twins.both("import-url", "remote://near/dir")
    twins.both("import-url", "remote://far/f", "f")
    twins.both("get-url", "remote://near/file", "got")
    twins.both("get-url", "remote://far/f", "got-too")
    twins.both("status", "--json")
    twins.both("import-url", "remote://nowhere/f", code=1)


def test_update(twins: TwinRepos, web: Web) -> None:
    twins.both("import-url", f"{web.url}/f")
    twins.both("import-url", "../outside/dir")
    twins.both("update", "f.dvc", "dir.dvc")
    web.write("f", b"three")
    twins.write("../outside/dir/new", "new")
    twins.both("status", "--json")
    twins.both("update", "f.dvc", "dir.dvc")
    twins.both("status", "--json")
    web.write("f", b"five!")
    twins.both("update", "--no-download", "f.dvc")
    twins.both("status", "--json")
    twins.both("update", "f.dvc")
    twins.swap()


def test_update_into_the_remote(twins: TwinRepos, web: Web) -> None:
    twins.both("remote", "add", "-d", "store", "../store")
    twins.both("import-url", f"{web.url}/f")
    web.write("f", b"three")
    twins.both("update", "--to-remote", "f.dvc", but=_LEFT)
    twins.both("status", "--json", but=_LEFT)


def test_partial_imports_are_pulled(twins: TwinRepos, web: Web) -> None:
    twins.both("import-url", "--no-download", f"{web.url}/f")
    # Where the tools keep what belongs to no .dvc file is their own business.
    twins.both("fetch", but=("store",))
    twins.both("pull", but=("store",))
    twins.both("status", "--json", but=("store",))
    twins.both("pull", "f.dvc", but=("store",))


def test_an_import_that_is_not_frozen(twins: TwinRepos, web: Web) -> None:
    twins.both("import-url", f"{web.url}/f")
    twins.each(lambda repo: (repo / "f.dvc").write_text((repo / "f.dvc").read_text().replace("frozen: true\n", "")))
    twins.both("status", "--json")
    web.write("f", b"three")
    twins.both("status", "--json")
    twins.both("repro", "f.dvc")
    twins.both("status", "--json")
    (web.root / "f").unlink()
    twins.both("status", "--json")


def test_repro_downloads_what_was_left_at_the_url(twins: TwinRepos, web: Web) -> None:
    twins.both("import-url", "--no-download", f"{web.url}/f")
    twins.both("repro", "f.dvc")
    twins.both("status", "--json")


def test_urls_among_the_dependencies_of_a_stage(twins: TwinRepos, web: Web) -> None:
    twins.both("remote", "add", "far", web.url)
    web.write("g", b"g")
    twins.both("stage", "add", "-n", "s", "-d", f"{web.url}/f", "-d", "remote://far/g", "-o", "out", "echo x > out")
    twins.both("repro", but=("store",))
    for side in twins.sides:
        assert "checksum: '\"" in (side.repo / "dvc.lock").read_text()
    twins.both("status", "--json", state=False)
    web.write("f", b"three")
    twins.both("status", "--json", state=False)


_LEFT = ("beside",)


@pytest.mark.parametrize("target", ["../outside/dir", "../outside/file"])
def test_import_into_the_remote(twins: TwinRepos, web: Web, target: str) -> None:
    twins.both("remote", "add", "-d", "store", "../store")
    twins.both("import-url", "--to-remote", target, state=False)
    twins.both("import-url", "--to-remote", f"{web.url}/f", "-r", "store", state=False)
    _without_leftovers(twins)
    twins.compare()
    twins.both("pull")
    twins.both("status", "--json")


@pytest.mark.parametrize("source", ["../outside/dir", "../outside/run.sh", "inside", "URL"])
def test_add_into_the_remote(twins: TwinRepos, web: Web, source: str) -> None:
    twins.both("remote", "add", "-d", "store", "../store")
    twins.write("inside", "in")
    target = f"{web.url}/f" if source == "URL" else source
    ignored = "file .gitignore", "tree .gitignore"  # ours keeps the data out of Git before it is here
    twins.both("add", "--to-remote", target, state=False)
    twins.both("add", "--to-remote", target, "-o", "named", "-r", "store", state=False)
    _without_leftovers(twins)
    twins.compare(but=ignored)
    twins.both("pull", but=ignored)
    twins.both("status", "--json", but=ignored)


@pytest.mark.parametrize(
    "options", [["-r", "store"], ["--remote-jobs", "2"], ["--to-remote", "--no-commit"], ["--to-remote", "--glob"]]
)
def test_add_options_that_do_not_go_together(twins: TwinRepos, options: list[str]) -> None:
    twins.write("inside", "in")
    twins.both("add", *options, "inside", code=1)
    twins.both("add", "--to-remote", "inside", "nothing", code=1)


def test_add_out_of_a_url(twins: TwinRepos, web: Web) -> None:
    twins.both("add", f"{web.url}/f", "--out", "got", state=False)
    _without_leftovers(twins)
    twins.compare()
    twins.both("add", f"{web.url}/f", code=1)
    twins.both("status", "--json")


def _without_leftovers(twins: TwinRepos) -> None:
    """DVC leaves temporary files in cache and remote."""
    for side in twins.sides:
        for file in (*(side.home / "store").rglob("*.tmp"), *(side.repo / ".dvc" / "cache").rglob("*.tmp")):
            file.unlink()


def test_get_url(twins: TwinRepos, web: Web) -> None:
    twins.both("get-url", f"{web.url}/f")
    twins.both("get-url", f"{web.url}/f", code=1)
    twins.both("get-url", "-f", f"{web.url}/f")
    twins.both("get-url", "../outside/dir")
    twins.both("get-url", "../outside/run.sh", "dir")
    twins.both("get-url", "../outside/file", "sub")
    twins.both("get-url", "../outside", "all")  # with an executable file
    for absent in (f"{web.url}/nothing", "nothing", "remote://nothing/x"):
        twins.both("get-url", absent, code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("../outside",),
        ("../outside", "--size"),
        ("../outside/", "-R"),
        ("-R", "-L", "1", "../outside"),
        ("-R", "-L", "2", "../outside"),
        ("-T", "../outside"),
        ("-T", "-L", "1", "../outside"),
        ("-T", "-L", "2", "../outside"),
        ("../outside/file",),
        ("-T", "../outside/file"),
        ("-L", "0", "../outside"),
        ("../outside/nothing",),
    ],
)
def test_list_url(twins: TwinRepos, arguments: tuple[str, ...]) -> None:
    nothing = arguments[-1].endswith("nothing")
    # DVC's order is that of the file system, directories have a size, and a single path keeps its "..".
    other = "--size" in arguments or "0" in arguments or arguments == ("../outside/file",)
    twins.both("list-url", *arguments, code=255 if nothing else 0, text=not other and "lines")


def test_list_url_of_a_server(twins: TwinRepos, web: Web) -> None:
    twins.both("ls-url", f"{web.url}/f")
    twins.both("ls-url", "-T", f"{web.url}/f")
    twins.both("ls-url", f"{web.url}/nothing", code=255)


@pytest.mark.parametrize(
    "arguments",
    [
        ("../outside/nothing",),
        ("../outside/file", "{home}/elsewhere"),
        ("../outside/file", "-r", "store"),
        ("../outside/file", "--to-remote", "--no-exec"),
        ("../outside/file", "--to-remote"),
        ("odd://x/y",),
        ("../outside/dir", "tracked"),
    ],
)
def test_refusals(twins: TwinRepos, arguments: tuple[str, ...]) -> None:
    twins.write("tracked/a", "a")
    twins.both("add", "tracked")
    twins.both("import-url", *arguments, code=None if "--to-remote" in arguments else 1, state=False)
    twins.both("import-url", "--no-exec", "--no-download", "../outside/file", code=254)


def test_fetch_from_a_server(twins: TwinRepos, web: Web) -> None:
    for name in ("a", "b", "sub/ü"):
        twins.write(f"data/{name}", name)
    twins.write("file", "f")
    twins.both("remote", "add", "-d", "store", "../store")
    twins.both("add", "data", "file")
    twins.both("push")
    (web.root / "store").symlink_to(twins.ours.home / "store")
    twins.both("remote", "add", "-f", "-d", "store", f"{web.url}/store", state=False)
    twins.both("status", "-c", "--json")
    twins.remove(".dvc/cache", "data", "file")
    twins.both("status", "-c", "--json", state=False)
    twins.both("fetch")
    twins.both("checkout")
    twins.both("pull")
    twins.both("push")
    twins.remove(".dvc/cache", "data")
    twins.both("pull", "data/sub")


def test_push_to_a_server(twins: TwinRepos, web: Web) -> None:
    for name in ("a", "b"):
        twins.write(f"data/{name}", name)
    twins.both("add", "data")
    for side in twins.sides:
        twins.both("remote", "add", "-f", "-d", "store", f"{web.url}/{side.tool.module}", state=False)
        assert side.tool.run(["push"], side.repo, {}).code == 0
    theirs, ours = (
        {
            path.relative_to(web.root / side.tool.module): path.read_bytes()
            for path in _files(web.root / side.tool.module)
        }
        for side in twins.sides
    )
    assert ours == theirs
    assert len(ours) == 3


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]

"""Directory walks: what they find, what they follow, and what they refuse."""

import os
import re
import stat
import tempfile
from errno import EACCES, ELOOP, ENOENT, ENOTDIR
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native import twins
from tiffin._native import Ignore, find_metadirs, find_metafiles, is_temporary, scan, stat_files, temporary_name

names = st.sampled_from(["a", "a-b", "a0", "a.b", "b", "c d", "é", "x" * 200, "data.dvc", "dvc.yaml", ".hidden", "-"])
# A tree: a name to None for a file, or to a tree.
trees = st.recursive(
    st.dictionaries(names, st.none(), max_size=4),
    lambda below: st.dictionaries(names, st.none() | below, max_size=4),
    max_leaves=12,
)
Tree = dict[str, "Tree | None"]


def make(root: Path, tree: Tree) -> None:
    root.mkdir()
    for name, below in tree.items():
        if below is None:
            (root / name).write_text(name)
        else:
            make(root / name, below)


@given(trees)
def test_scan_finds_what_walk_finds_with_the_same_stats(tmp_path_factory: pytest.TempPathFactory, tree: Tree) -> None:
    root = tmp_path_factory.mktemp("scan") / "root"
    make(root, tree)
    table = scan(str(root))
    expected = twins.files_below(str(root))
    assert table.paths() == sorted(expected)
    for row, path in enumerate(table.paths()):
        info = expected[path]
        assert table.size(row) == info.st_size
        assert table.mode(row) == info.st_mode
        assert table.inode(row) == info.st_ino
        assert table.mtime_ns(row) == info.st_mtime_ns
        assert table.ctime_ns(row) == info.st_ctime_ns
    assert table.missing() == len(table)
    sums = table.folders()
    sizes = {path: info.st_size for path, info in expected.items()}
    assert {path: (files, size) for path, files, size in sums} == twins.folders(sizes)
    assert [path for path, _, _ in sums] == sorted((path for path, _, _ in sums), key=lambda path: f"{path}/")


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_a_directory_of_many_files_is_shared_out_and_comes_back_sorted(tmp_path: Path, threads: int) -> None:
    expected = []
    for directory in ("flat", "flat-2", "deep/er/still"):
        (tmp_path / directory).mkdir(parents=True)
        for number in range(2500):
            (tmp_path / directory / f"{number:x}").touch()
            expected.append(f"{directory}/{number:x}")
    seen: list[tuple[int, int]] = []
    table = scan(str(tmp_path), threads=threads, progress=lambda files, size: seen.append((files, size)))
    assert table.paths() == sorted(expected)
    assert seen[-1] == (7500, 0)


def test_names_that_are_not_utf8_come_through(tmp_path: Path) -> None:
    name = os.fsdecode(b"x\xe9")
    (tmp_path / name).touch()
    assert scan(str(tmp_path)).paths() == [name]
    assert stat_files(str(tmp_path), [name]).paths() == [name]


def test_links_to_files_and_directories_are_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b").write_text("bb")
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").symlink_to("../elsewhere/b")
    (root / "directory").symlink_to("../elsewhere")
    table = scan(str(root))
    assert table.paths() == ["directory/b", "file"]
    assert table.sizes() == [2, 2]
    assert scan(str(root), follow_directories=False).paths() == ["file"]
    assert stat_files(str(root), ["file", "directory/b"]).sizes() == [2, 2]
    assert stat_files(str(root), ["file", "directory/b"], follow=False).paths() == ["directory/b"]


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/broken").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError) as caught:
        scan(str(tmp_path))
    assert (caught.value.errno, caught.value.filename) == (ENOENT, str(tmp_path / "sub/broken"))


def test_a_link_around_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/up").symlink_to("..")
    with pytest.raises(OSError, match="Too many levels") as caught:
        scan(str(tmp_path))
    assert (caught.value.errno, caught.value.filename) == (ELOOP, str(tmp_path / "a/b/up"))
    (tmp_path / "a/b/up").unlink()
    (tmp_path / "a/b/self").symlink_to("self")
    with pytest.raises(OSError, match="Too many levels") as caught:
        scan(str(tmp_path))
    assert caught.value.filename == str(tmp_path / "a/b/self")


def test_one_directory_linked_twice_is_no_loop(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").touch()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("a")
    assert scan(str(tmp_path)).paths() == ["a/x", "b/x", "c/x"]


def test_scan_of_a_file_or_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        scan(str(tmp_path / "file"))
    assert (caught.value.errno, caught.value.filename) == (ENOTDIR, str(tmp_path / "file"))
    with pytest.raises(FileNotFoundError):
        scan(str(tmp_path / "nothing"))


def test_a_directory_that_may_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name, "closed")
        closed.mkdir(mode=0)
        Path(name).chmod(0o755)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may read everything
        try:
            with pytest.raises(PermissionError) as caught:
                scan(name)
        finally:
            os.seteuid(user)
    assert (caught.value.errno, caught.value.filename) == (EACCES, str(closed))


def test_only_regular_files_count(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert scan(str(tmp_path)).paths() == ["file"]
    assert stat_files(str(tmp_path), ["pipe", "file", "gone", "file/below", "."]).paths() == ["file"]


def test_an_exception_from_progress_ends_the_scan(tmp_path: Path) -> None:
    def refuse(files: int, size: int) -> None:
        raise LookupError(files, size)

    (tmp_path / "file").touch()
    with pytest.raises(LookupError):
        scan(str(tmp_path), progress=refuse)


def test_ignored_files_and_directories_are_left_out(tmp_path: Path) -> None:
    for name in ("keep.txt", "drop.log", "deep/drop.log", "deep/keep.txt", "deep/gone/x", ".git/HEAD", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    (tmp_path / ".dvcignore").write_text("*.log\n")
    (tmp_path / "deep/.dvcignore").write_text("/gone/\n")
    ignore = Ignore(str(tmp_path))
    assert scan(str(tmp_path), ignore=ignore).paths() == [".dvcignore", "deep/.dvcignore", "deep/keep.txt", "keep.txt"]
    assert scan(str(tmp_path / "deep"), ignore=ignore, under="deep").paths() == [".dvcignore", "keep.txt"]


def test_a_broken_link_that_is_ignored_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "broken.log").symlink_to("nowhere")
    (tmp_path / ".dvcignore").write_text("*.log\n")
    assert scan(str(tmp_path), ignore=Ignore(str(tmp_path))).paths() == [".dvcignore"]


def test_stat_of_named_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b").write_text("bb")
    (tmp_path / "a").symlink_to("sub/b")
    (tmp_path / "c").symlink_to("nowhere")
    table = stat_files(str(tmp_path), ["sub/b", "a", "c", "sub", "a"])
    assert table.paths() == ["a", "sub/b"]
    assert table.sizes() == [2, 2]
    assert stat.S_ISREG(table.mode(0))
    with pytest.raises(TypeError, match="one str"):
        stat_files(str(tmp_path), "abc")


@given(trees)
def test_metafiles_are_what_walk_finds(tmp_path_factory: pytest.TempPathFactory, tree: Tree) -> None:
    root = tmp_path_factory.mktemp("metafiles") / "root"
    make(root, tree)
    assert find_metafiles(str(root), Ignore(str(root)), git_ignore=False) == twins.metafiles(str(root))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "dvc.yaml",
        "data.dvc",
        "models/m.dvc",
        "ignored/x.dvc",
        "gitignored/y.dvc",
        "gitignored.dvc",
        "deep/er/dvc.yaml",
        "deep/secret.dvc",
        "excluded/z.dvc",
        "nested/.dvc/config",
        "nested/dvc.yaml",
        ".dvc/tmp/t.dvc",
        ".git/objects/o.dvc",
        "node/.hg/h.dvc",
        "dvc.lock",
        "x.dvc.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).touch()
    (tmp_path / ".dvcignore").write_text("ignored\n")
    (tmp_path / ".gitignore").write_text("/gitignored/\n/gitignored.dvc\n")
    (tmp_path / "deep/.gitignore").write_text("secret*\n")
    (tmp_path / ".git/info").mkdir()
    (tmp_path / ".git/info/exclude").write_text("excluded\n")
    (tmp_path / "link").symlink_to("models")
    (tmp_path / "linked.dvc").symlink_to("data.dvc")
    (tmp_path / "broken.dvc").symlink_to("nowhere")
    return tmp_path


def test_metafiles_keep_out_of_ignored_places(project: Path) -> None:
    kept = ["data.dvc", "deep/er/dvc.yaml", "dvc.yaml", "linked.dvc", "models/m.dvc"]
    hidden = ["deep/secret.dvc", "excluded/z.dvc", "gitignored.dvc", "gitignored/y.dvc"]
    root = str(project)
    assert find_metafiles(root, Ignore(root)) == kept
    assert find_metafiles(root, Ignore(root), git_ignore=False) == sorted(kept + hidden)


def test_metadirs_are_those_a_metafile_could_appear_in(project: Path) -> None:
    root = str(project)
    kept = ["", "deep", "deep/er", "models", "nested", "node"]
    assert sorted(find_metadirs(root, Ignore(root))) == kept
    assert find_metadirs(root, Ignore(root))[0] == ""
    assert sorted(find_metadirs(root, Ignore(root), git_ignore=False)) == sorted([*kept, "excluded", "gitignored"])


def test_git_rules_reach_from_above_the_project_and_into_linked_working_trees(tmp_path: Path) -> None:
    (tmp_path / "git/worktrees/w").mkdir(parents=True)
    (tmp_path / "git/worktrees/w/commondir").write_text("../..\n")
    (tmp_path / "git/info").mkdir()
    (tmp_path / "git/info/exclude").write_text("*.tmp.dvc\n")
    project = tmp_path / "tree/sub/project"
    project.mkdir(parents=True)
    (tmp_path / "tree/.git").write_text(f"gitdir: {tmp_path}/git/worktrees/w\n")
    (tmp_path / "tree/.gitignore").write_text("/sub/project/a.dvc\n")
    (tmp_path / "tree/sub/.gitignore").write_text("b.dvc\n")
    for name in ("a.dvc", "b.dvc", "c.dvc", "d.tmp.dvc"):
        (project / name).touch()
    assert find_metafiles(str(project), Ignore(str(project))) == ["c.dvc"]


# ---- what is no data


def temporary_twin(name: str) -> bool:
    """The grammar of posix.cpp: FNV-1a of what is before the sum."""
    found = re.fullmatch(r"(\.tiffin-.*)([0-9a-f]{8})\.tmp", name, re.DOTALL)
    if found is None:
        return False
    total = 2166136261
    for byte in os.fsencode(found[1]):
        total = (total ^ byte) * 16777619 % (1 << 32)
    return f"{total:08x}" == found[2]


@given(st.integers(0, 40), st.sampled_from("0f9-.tx"))
def test_a_name_with_any_other_character_is_no_temporary_one(place: int, character: str) -> None:
    name = temporary_name()
    assert is_temporary(name)
    assert temporary_twin(name)
    changed = name[:place] + character + name[place + 1 :]
    assert is_temporary(changed) == temporary_twin(changed) == (changed == name)


def test_temporary_names_are_all_different() -> None:
    assert len({temporary_name() for _ in range(1000)}) == 1000


def test_leftovers_are_no_files_and_are_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/file").touch()
    left = tmp_path / "sub" / temporary_name()
    left.touch()
    assert scan(str(tmp_path)).paths() == ["sub/file"]
    (tmp_path / "lost").symlink_to(f"/some/cache/files/md5/ab/{'0' * 30}")
    leftovers: list[str] = []
    assert scan(str(tmp_path), leftovers=leftovers).paths() == ["sub/file"]
    assert sorted(leftovers) == ["lost", f"sub/{left.name}"]
    with pytest.raises(FileNotFoundError):
        scan(str(tmp_path))


@pytest.mark.parametrize("text", ["nowhere", f"ab/{'0' * 30}", f"/ab/{'0' * 29}", f"/AB/{'0' * 30}", f"/ab/{'g' * 30}"])
def test_a_link_that_could_lead_to_no_object_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "link").symlink_to(text)
    with pytest.raises(FileNotFoundError):
        scan(str(tmp_path), leftovers=[])

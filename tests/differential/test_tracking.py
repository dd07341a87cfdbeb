"""`add`, `status`, `commit` and `checkout` of hand-tracked data."""

import pytest

from tests.peer.twins import TwinRepos

FILES: dict[str, str | bytes] = {
    "text": "hello\n",
    "crlf": "a\r\nb\r\n",
    "empty": "",
    "binary": bytes(range(256)),
    "with blank": "x",
    "ünï 数": "x",
    "quote'\"": "x",
    "[b]!#?*": "x",
    "-dash": "x",
}


@pytest.mark.parametrize("name", FILES)
def test_add_a_file(twins: TwinRepos, name: str) -> None:
    twins.write(name, FILES[name])
    twins.both("add", "--", name)
    twins.both("status", "--json")
    twins.both("add", "--", name)
    twins.swap()


def test_add_an_executable(twins: TwinRepos) -> None:
    twins.write("run.sh", "#!/bin/sh\n", mode=0o755)
    twins.both("add", "run.sh")
    twins.swap()


def test_add_many_targets(twins: TwinRepos) -> None:
    for name in ("b", "a", "sub/c", "x.csv"):
        twins.write(name, name)
    twins.both("add", "b", "a", "sub/c")
    twins.both("add", "--glob", "*.csv")
    twins.write("sub/d", "d")
    twins.both("add", "d", cwd="sub")
    twins.swap()


def _seed_directory(twins: TwinRepos) -> None:
    for name in ("b", "a", "sub/c", "sub/deep/d", "é/ü 数", "with 'quote\"", "same", "empty"):
        twins.write(f"data/{name}", "" if name == "empty" else name[:1])
    twins.each(lambda repo: (repo / "data" / "nothing").mkdir())


def test_add_a_directory(twins: TwinRepos) -> None:
    _seed_directory(twins)
    twins.write("data/script", "#!", mode=0o755)
    twins.both("add", "data")
    twins.both("status", "--json")
    twins.swap()
    twins.write("data/sub/new", "new")
    twins.both("status", "--json")
    twins.both("add", "data/sub/new")
    twins.both("status", "--json")
    twins.swap()


def test_links_inside_a_directory_are_followed(twins: TwinRepos) -> None:
    twins.write("outside", "o")
    twins.write("data/file", "f")
    twins.each(lambda repo: (repo / "data" / "link").symlink_to("../outside"))
    twins.both("add", "data", but=("tree data/link",))
    twins.swap()


def test_an_empty_directory(twins: TwinRepos) -> None:
    twins.each(lambda repo: (repo / "data").mkdir())
    twins.both("add", "data", code=None)


@pytest.mark.parametrize("change", ["edit", "new", "gone", "renamed"])
def test_status_and_commit_of_a_changed_directory(twins: TwinRepos, change: str) -> None:
    _seed_directory(twins)
    twins.both("add", "data")
    if change == "edit":
        twins.write("data/a", "longer than before")
    elif change == "new":
        twins.write("data/sub/new", "new")
    elif change == "gone":
        twins.remove("data/b")
    else:
        twins.each(lambda repo: (repo / "data" / "a").rename(repo / "data" / "z"))
    twins.both("status", "--json")
    twins.both("status", "-q", code=1)
    twins.both("commit", "-f")
    twins.both("status", "-q")
    twins.swap()


def test_status_of_what_is_not_there(twins: TwinRepos) -> None:
    twins.write("a", "1")
    twins.write("d/b", "2")
    twins.both("add", "a", "d")
    twins.remove("a", "d")
    twins.both("status", "--json")
    twins.both("checkout")
    twins.remove(".dvc/cache")
    twins.both("status", "--json")
    twins.remove("d")
    twins.both("status", "--json")
    twins.both("status", "--json", "a.dvc")
    twins.both("status", "nope", code=None)


def test_targets_that_cannot_be_added(twins: TwinRepos) -> None:
    twins.write("tracked", "by git")
    twins.commit("tracked")
    twins.write("x", "1")
    twins.both("add", "x")
    for targets in (["nope"], ["tracked"], ["x.dvc"], [".dvc"], ["../outside"]):
        twins.both("add", *targets, code=None)
    twins.write("d/a", "1")
    twins.both("add", "d")
    twins.both("add", "d/nope", code=None)


def test_add_without_commit(twins: TwinRepos) -> None:
    twins.write("a", "1")
    twins.both("add", "--no-commit", "a")
    twins.both("status", "--json")
    twins.both("commit", "a.dvc")
    twins.both("status", "--json")


def test_add_to_another_place(twins: TwinRepos) -> None:
    twins.write("sub/keep", "")
    twins.each(lambda repo: (repo.parent / "outside.csv").write_text("far"))
    twins.both("add", "{home}/outside.csv", "-o", "sub/data.csv", state=False)
    twins.both("status", "--json", state=False)


def test_notes_in_dvc_files_stay(twins: TwinRepos) -> None:
    twins.write("a", "1")
    twins.both("add", "a")
    for side in twins.sides:
        file = side.repo / "a.dvc"
        file.write_text("# by the lab\n" + file.read_text() + "  desc: mine # here\nmeta:\n  owner: x\n")
    twins.both("status", "--json")
    twins.write("a", "22")
    twins.both("add", "a")
    twins.write("a", "333")
    twins.both("commit", "-f", "a.dvc")
    twins.swap()


def test_autostage(twins: TwinRepos) -> None:
    twins.both("config", "core.autostage", "true")
    twins.write("sub/a", "1")
    twins.write("d/b", "2")
    twins.both("add", "sub/a", "d")


def test_checkout_of_an_older_revision(twins: TwinRepos) -> None:
    _seed_directory(twins)
    twins.write("file", "1")
    twins.both("add", "data", "file")
    twins.commit("one")
    twins.write("data/a", "changed")
    twins.remove("data/sub/c")
    twins.write("data/fresh", "f")
    twins.write("file", "2")
    twins.both("add", "data", "file")
    twins.commit("two")
    twins.git("checkout", "-q", "HEAD~1")
    twins.both("status", "--json")
    twins.both("checkout")
    twins.swap()
    twins.git("checkout", "-q", "main")
    twins.both("checkout", "file.dvc")
    twins.both("checkout", "--summary", text=True)
    twins.both("checkout", "--summary", text=True)


def test_checkout_takes_care_of_what_was_never_saved(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("file", "1")
    twins.both("add", "data", "file")
    twins.write("data/a", "unsaved")
    twins.write("data/b", "unsaved")
    twins.write("file", "unsaved")
    twins.both("checkout", code=None)
    twins.both("checkout", "-f")
    twins.both("status", "--json")


def test_checkout_without_objects(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("file", "1")
    twins.both("add", "data", "file")
    twins.remove(".dvc/cache", "data", "file")
    twins.both("checkout", code=None)
    twins.both("checkout", "--allow-missing", code=None)


@pytest.mark.parametrize("kind", ["copy", "hardlink", "symlink"])
def test_relink(twins: TwinRepos, kind: str) -> None:
    twins.write("data/a", "1")
    twins.write("data/empty", "")
    twins.write("file", "1")
    twins.both("add", "data", "file")
    twins.both("config", "cache.type", kind)
    twins.both("checkout", "--relink")
    twins.both("status", "--json")
    twins.write("more", "2")
    twins.both("add", "more")
    twins.swap()


def test_files_stay_as_they_are_where_links_are_not_wanted(twins: TwinRepos) -> None:
    twins.both("config", "cache.type", "hardlink")
    twins.write("data/a", "1")
    twins.write("file", "2")
    twins.both("add", "data", "file", "--no-relink")
    twins.write("data/a", "changed")
    twins.both("commit", "-f", "--no-relink")


def test_a_moved_cache(twins: TwinRepos) -> None:
    twins.both("config", "cache.dir", "../../store")
    twins.write("data/a", "1")
    twins.both("add", "data")
    twins.remove("data")
    twins.both("checkout")


def test_a_store_shared_by_a_group(twins: TwinRepos) -> None:
    twins.both("config", "cache.shared", "group")
    twins.write("data/a", "1")
    twins.both("add", "data")


def test_a_legacy_file_keeps_its_kind_until_it_changes(twins: TwinRepos) -> None:
    twins.write("a", "x\r\ny\r\n")
    twins.write("a.dvc", "outs:\n- md5: 3b1ee9e6ee1ba4d6d1a2ab5ddb2a7a3b\n  size: 6\n  path: a\n")
    twins.both("status", "--json")
    twins.both("commit", "-f")
    twins.both("status", "--json")
    twins.write("a", "changed")
    twins.both("commit", "-f")
    twins.swap()


def test_broken_metadata_changes_nothing(twins: TwinRepos) -> None:
    twins.write("a", "1")
    for text in ("outs:\n- md5: [\n", "outs:\n- nope: 1\n", "outs: 3\n", "nope: 1\n"):
        twins.write("a.dvc", text)
        twins.both("status", code=None)
        twins.both("add", "a", code=None)
        twins.both("checkout", code=None)


def test_overlapping_outputs(twins: TwinRepos) -> None:
    twins.write("d/a", "1")
    twins.both("add", "d/a")
    twins.both("add", "d", code=None)
    twins.write("d.dvc", "outs:\n- path: d\n")
    # DVC's `status` writes the listing of a directory into the store.
    twins.both("status", code=None, state=False)

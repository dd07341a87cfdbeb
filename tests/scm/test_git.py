"""Git through its plumbing, in real repositories."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tiffin.errors import GitError
from tiffin.scm import Change, Git, add_worktree, find_git_root, remove_worktree


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


@pytest.fixture
def root(empty: Path) -> Path:
    """Two commits, a tag on the first, a branch on the second."""
    (empty / "a").write_text("1\n")
    (empty / "d").mkdir()
    (empty / "d" / "é *").write_text("x")
    git(empty, "add", ".")
    git(empty, "commit", "-q", "-m", "first\n\nwith a body")
    git(empty, "tag", "-a", "v1", "-m", "one")
    (empty / "a").write_text("2\n")
    git(empty, "commit", "-q", "-a", "-m", "second")
    git(empty, "branch", "other")
    return empty


def test_the_root_is_found_from_below(root: Path) -> None:
    assert find_git_root(root / "d") == str(root)
    assert find_git_root(root) == str(root)
    assert find_git_root("/") is None


def test_a_directory_that_happens_to_be_called_git_is_no_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert find_git_root(tmp_path) != str(tmp_path)


def test_a_worktree_is_a_root_of_its_own(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", str(tmp_path / "tree"), "other")
    assert find_git_root(tmp_path / "tree") == str(tmp_path / "tree")
    tree = Git(tmp_path / "tree")
    assert tree.active_branch() == "other"
    (tmp_path / "tree" / "a").write_text("3\n")
    commit = tree.commit_tree_from_workspace(["a"], tree.head(), "in a worktree")
    assert tree.read_blob(commit, "a") == b"3\n"


def test_an_empty_repository(empty: Path) -> None:
    repo = Git(empty)
    assert repo.head() is None
    assert repo.active_branch() == "main"
    assert repo.branches() == []
    assert repo.all_commits() == []
    assert repo.names([]) == {}
    assert not repo.is_tracked("a")
    with pytest.raises(GitError, match="unknown Git revision 'HEAD'"):
        repo.resolve_rev("HEAD")


def test_revisions(root: Path) -> None:
    repo = Git(root)
    second, first = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", "HEAD~1")
    assert repo.head() == second
    for name in ("HEAD", "main", "other", second, second[:7]):
        assert repo.resolve_rev(name) == second
    assert repo.resolve_rev("v1") == first
    assert repo.branches() == ["main", "other"]
    assert repo.tags() == ["v1"]
    assert repo.for_each_ref("refs/tags/") == {"refs/tags/v1": first}
    assert repo.all_commits() == [second, first]
    assert repo.first_parents("HEAD", 5) == [second, first]
    assert repo.first_parents("HEAD", 1) == [second]
    git(root, "checkout", "-q", "other")
    assert repo.names([first, second]) == {first: "v1", second: "other"}
    git(root, "checkout", "-q", "--detach")
    assert repo.active_branch() is None
    assert repo.names([second]) == {second: "main"}


@pytest.mark.parametrize("rev", ["nope", "", "-h", "HEAD:a", "HEAD~9"])
def test_unknown_revisions_are_named(root: Path, rev: str) -> None:
    with pytest.raises(GitError) as caught:
        Git(root).resolve_rev(rev)
    assert caught.value.message == f"unknown Git revision {rev!r}"


def test_blobs_and_trees(root: Path) -> None:
    repo = Git(root)
    assert repo.read_blob("v1", "a") == b"1\n"
    assert repo.read_blob("HEAD", "d/é *") == b"x"
    assert repo.read_blob("HEAD", "b") is None
    assert repo.read_blob("HEAD", "d") is None
    assert [entry.path for entry in repo.ls_tree("HEAD")] == ["a", "d/é *"]
    assert [(entry.mode, entry.path) for entry in repo.ls_tree("HEAD", "d")] == [("100644", "d/é *")]
    assert repo.ls_tree("HEAD", "d/é *")[0].path == "d/é *"
    assert repo.ls_tree("HEAD", "*") == []


def test_one_process_reads_many_objects(root: Path) -> None:
    with Git(root).objects() as objects:
        assert objects.blob("HEAD", "a") == b"2\n"
        assert objects.read("HEAD:nope") is None
        assert objects.blob("HEAD", "d") is None
        assert objects.read("with\nnewline") is None
        assert objects.commit("v1").message == "first\n\nwith a body\n"
        assert objects.blob("HEAD~1", "a") == b"1\n"
        with pytest.raises(GitError, match="no commit 'nope'"):
            objects.commit("nope")


def test_many_objects_are_read_ahead_and_giving_up_confuses_nobody(root: Path) -> None:
    bodies = [f"{number}\n" * number for number in range(1, 120)]
    for number, body in enumerate(bodies):
        (root / f"file{number}").write_text(body)
    git(root, "add", ".")
    ids = git(root, "rev-parse", *(f":file{number}" for number in range(len(bodies)))).split()
    with Git(root).objects() as objects:
        found = list(objects.read_many([*ids, "0" * 40]))
        assert [one.content.decode() for one in found[:-1] if one is not None] == bodies
        assert found[-1] is None
        assert list(objects.read_many([])) == []
        some = objects.read_many(ids)
        next(some)
        some.close()
        assert objects.blob("HEAD", "a") == b"2\n"


def test_a_commit_in_detail(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 -0330")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Ä")
    git(root, "commit", "-q", "--allow-empty", "-m", "dated")
    commit = Git(root).commit("HEAD")
    assert (commit.time, commit.offset, commit.author, commit.message) == (1700000000, -210, "Ada Ä", "dated\n")
    assert commit.id == git(root, "rev-parse", "HEAD")
    assert commit.parents == (git(root, "rev-parse", "HEAD~1"),)


def test_status_and_tracking(root: Path) -> None:
    repo = Git(root)
    assert repo.status() == []
    (root / "a").write_text("changed")
    (root / "new").mkdir()
    (root / "new" / "file").write_text("")
    (root / "d" / "é *").unlink()
    assert repo.status() == [Change("a", " ", "M"), Change("d/é *", " ", "D"), Change("new/", "?", "?")]
    assert repo.status(untracked="all")[-1] == Change("new/file", "?", "?")
    assert repo.status(untracked="no")[-1].path == "d/é *"
    repo.add(["a", root / "d" / "é *", "new"])
    assert repo.status() == [Change("a", "M", " "), Change("d/é *", "D", " "), Change("new/file", "A", " ")]
    assert repo.tracked(["new", "*"]) == ["new/file"]
    assert repo.is_tracked("new")
    assert not repo.is_tracked("d")


def test_add_refuses_ignored_paths_in_gits_words(root: Path) -> None:
    (root / ".gitignore").write_text("secret\n")
    (root / "secret").write_text("")
    repo = Git(root)
    with pytest.raises(GitError, match=r"git add: The following paths are ignored .*: secret"):
        repo.add(["secret"])
    repo.add(["secret"], force=True)
    assert repo.is_tracked("secret")


def test_paths_outside_are_refused(root: Path) -> None:
    with pytest.raises(GitError, match="outside of the Git repository"):
        Git(root).add(["../x"])


def test_ignored_paths(root: Path) -> None:
    (root / ".gitignore").write_text("*.csv\n!keep.csv\nbuild/\n/a\n")
    (root / "build").mkdir()
    repo = Git(root)
    asked = ["x.csv", "keep.csv", "build", "build/x", "a", str(root / "d" / "y.csv"), "."]
    assert repo.ignored(asked) == {"x.csv", "build", "build/x", "a", str(root / "d" / "y.csv")}
    assert repo.ignored([]) == set()


def test_a_commit_of_the_working_tree_leaves_the_users_index_alone(root: Path) -> None:
    repo = Git(root)
    (root / "a").write_text("staged")
    git(root, "add", "a")
    (root / "a").write_text("worked on")
    (root / "fresh").write_text("new")
    (root / "fresh").chmod(0o755)
    (root / "d" / "é *").unlink()
    before = (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "write-tree"))
    commit = repo.commit_tree_from_workspace(["a", "fresh", "d/é *"], "HEAD", "an experiment")
    assert (git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD"), git(root, "write-tree")) == before
    assert [(entry.mode, entry.path) for entry in repo.ls_tree(commit)] == [("100644", "a"), ("100755", "fresh")]
    assert repo.read_blob(commit, "a") == b"worked on"
    assert repo.commit(commit).message == "an experiment"
    assert repo.commit(commit).parents == (repo.head(),)
    assert not list((root / ".git").glob("tiffin-*"))


def test_a_first_commit_has_no_parent(empty: Path) -> None:
    repo = Git(empty)
    (empty / "a").write_text("1")
    commit = repo.commit_tree_from_workspace(["a"], None, "first")
    assert repo.commit(commit).parents == ()
    assert repo.head() is None


def test_whoever_git_does_not_know_can_still_save(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git(root, "config", "user.useConfigOnly", "true")
    commit = Git(root).commit_tree_from_workspace(["a"], "HEAD", "by nobody")
    assert Git(root).commit(commit).author == "tiffin"


def test_refs(root: Path) -> None:
    repo = Git(root)
    second, first = repo.all_commits()
    ref = "refs/exps/ab/cd/name"
    assert repo.get_ref(ref) is None
    repo.update_ref(ref, first, old="", message="made")
    assert repo.get_ref(ref) == first
    with pytest.raises(GitError, match="git update-ref: "):
        repo.update_ref(ref, second, old="")
    repo.update_ref(ref, second, old=first)
    assert repo.for_each_ref("refs/exps") == {ref: second}
    repo.delete_ref(ref, old=second)
    repo.delete_ref(ref)
    assert repo.for_each_ref("refs/exps") == {}


def test_refs_change_together_or_not_at_all(root: Path) -> None:
    repo = Git(root)
    second, first = repo.all_commits()
    repo.update_refs({"refs/exps/a": first, "refs/exps/b": second})
    repo.update_refs({"refs/exps/a": None, "refs/exps/b": first})
    assert repo.for_each_ref("refs/exps") == {"refs/exps/b": first}
    with pytest.raises(GitError):
        repo.update_refs({"refs/exps/c": first, "refs/exps/d": "f" * 40})
    assert repo.for_each_ref("refs/exps") == {"refs/exps/b": first}
    repo.update_refs({})


def test_a_reflog_can_be_read_and_thinned_out(root: Path) -> None:
    repo = Git(root)
    second, first = repo.all_commits()
    ref = "refs/exps/celery/stash"
    assert repo.reflog(ref) == []
    for commit, message in ((first, "one"), (second, "two"), (first, "three")):
        repo.update_ref(ref, commit, message=message)
    assert repo.reflog(ref) == [(first, "three"), (second, "two"), (first, "one")]
    repo.drop_from_reflog(ref, [0, 2])
    assert repo.reflog(ref) == [(second, "two")]
    assert repo.get_ref(ref) == second
    repo.drop_from_reflog(ref, [0])
    assert repo.get_ref(ref) is None
    repo.drop_from_reflog(ref, [])


def test_a_tree_can_say_something_else_than_the_files(root: Path) -> None:
    repo = Git(root)
    (root / "a").write_text("3\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    before = repo.index()
    tree = repo.write_tree_from_workspace(["a"], "HEAD", contents={"run.sh": b"ls\n", "new/é *": b"n"})
    listed = git(root, "ls-tree", "-r", "-z", tree).split("\0")
    assert [line.split("\t")[1] for line in listed[:-1]] == ["a", "d/é *", "new/é *", "run.sh"]
    assert [line.split(" ")[0] for line in listed[:-1]] == ["100644", "100644", "100644", "100755"]
    assert git(root, "cat-file", "-p", f"{tree}:a") == "3"
    assert git(root, "cat-file", "-p", f"{tree}:run.sh") == "ls"
    assert repo.index() == before
    assert not (root / "new").exists()


def test_a_second_working_tree(root: Path, tmp_path: Path) -> None:
    repo = Git(root)
    second, first = repo.all_commits()
    (root / ".git/hooks").mkdir(exist_ok=True)
    (root / ".git/hooks/post-checkout").write_text("#!/bin/sh\ntouch hooked\n")
    (root / ".git/hooks/post-checkout").chmod(0o755)
    place = tmp_path / "second"
    add_worktree(repo, os.fspath(place), first, second)
    apart = Git(place, foreign=True)
    assert (apart.head(), apart.active_branch()) == (first, None)
    assert (place / "a").read_text() == "2\n"
    assert [change.path for change in apart.status()] == ["a"]
    assert not (place / "hooked").exists()
    (place / "left").write_text("behind")
    remove_worktree(repo, os.fspath(place))
    remove_worktree(repo, os.fspath(place))
    assert not place.exists()
    assert len(git(root, "worktree", "list").splitlines()) == 1


def test_a_missing_git_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(GitError, match="the program git was not found"):
        Git(root).head()
    with pytest.raises(GitError, match="the program git was not found"):
        Git(root).objects().read("HEAD")


def test_outside_of_a_repository_git_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git rev-parse: not a git repository"):
        Git(tmp_path).git_dir()
    with pytest.raises(GitError, match="no directory"):
        Git(tmp_path / "gone").head()


def test_the_callers_git_environment_holds(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    assert Git(tmp_path).head() == git(root, "rev-parse", "HEAD")


def test_importing_starts_no_process() -> None:
    code = "import sys, tiffin.scm; sys.exit('subprocess' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_trees_are_compared(root: Path) -> None:
    repo = Git(root)
    (root / "d" / "é *").unlink()
    (root / "new").write_text("x")
    (root / "new").chmod(0o755)
    (root / "link").symlink_to("a")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "third")
    assert repo.diff_trees("v1", "HEAD") == {"a": "100644", "d/é *": None, "link": "120000", "new": "100755"}
    assert repo.diff_trees("HEAD", "HEAD") == {}


def test_files_of_a_revision_are_written_elsewhere_as_a_checkout_would(root: Path, tmp_path: Path) -> None:
    (root / ".gitattributes").write_text("*.crlf text eol=crlf\n")
    (root / "x.crlf").write_text("1\n2\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("a")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "third")
    before = git(root, "status", "--porcelain"), git(root, "ls-files", "--stage")
    Git(root).write_files("HEAD", ["x.crlf", "run", "link", "d/é *"], str(tmp_path / "new"))
    assert (tmp_path / "new/x.crlf").read_bytes() == b"1\r\n2\r\n"
    assert os.access(tmp_path / "new/run", os.X_OK)
    assert (tmp_path / "new/link").readlink() == Path("a")
    assert (tmp_path / "new/d/é *").read_text() == "x"
    assert not (tmp_path / "new/a").exists()
    assert (git(root, "status", "--porcelain"), git(root, "ls-files", "--stage")) == before
    assert not list((root / ".git").glob("tiffin-index*"))


def test_what_is_staged_has_a_tree(root: Path) -> None:
    (root / "a").write_text("staged\n")
    git(root, "add", "a")
    (root / "a").write_text("later\n")
    repo = Git(root)
    tree = repo.write_tree_of_index()
    assert git(root, "show", f"{tree}:a") == "staged"
    assert git(root, "show", f"{repo.write_tree_from_workspace(['a'], tree)}:a") == "later"


def test_a_tree_in_which_a_file_becomes_a_directory_and_the_reverse(root: Path) -> None:
    git(root, "rm", "-q", "-r", "a", "d")
    (root / "d").write_text("a file\n")
    (root / "a").mkdir()
    (root / "a" / "b").write_text("x")
    tree = Git(root).write_tree_from_workspace(["a", "a/b", "d", "d/é *"], "HEAD")
    assert git(root, "ls-tree", "-r", "--name-only", tree).split() == ["a/b", "d"]


def test_untracked_files_that_are_ignored(root: Path) -> None:
    (root / ".gitignore").write_text("*.log\n")
    (root / "d" / "x.log").write_text("")
    (root / "d" / "y").write_text("")
    assert Git(root).untracked(["d"]) == ["d/y"]
    assert Git(root).untracked(["d"], ignored=True) == ["d/x.log", "d/y"]


def test_a_symbolic_ref_goes_alone(root: Path) -> None:
    git(root, "symbolic-ref", "refs/x/now", "refs/heads/other")
    repo = Git(root)
    assert repo.symbolic_target("refs/x/now") == "refs/heads/other"
    assert repo.symbolic_target("refs/heads/other") is None
    assert repo.symbolic_target("refs/x/none") is None
    repo.delete_ref("refs/x/now")
    assert repo.get_ref("refs/x/now") is None
    assert repo.branches() == ["main", "other"]


def test_names_that_branches_may_have(root: Path) -> None:
    repo = Git(root)
    assert [name for name in ("a", "a/b", "a b", "-a", "a..b", "", "@{-1}", "HEAD") if repo.is_branch_name(name)] == [
        "a",
        "a/b",
    ]

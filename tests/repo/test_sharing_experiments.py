"""`exp push` and `exp pull`: what goes when, and what is said when it cannot."""

from pathlib import Path

import pytest

from tests.repo.conftest import Answer, Sandbox

PIPELINE = """\
stages:
  train:
    cmd: cp params.yaml model
    params: [lr]
    outs: [model]
"""


@pytest.fixture
def shared(sandbox: Sandbox) -> Sandbox:
    """Two experiments of one commit; a Git remote `origin` at ../hub.git, and a default remote at ../store."""
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("params.yaml", "lr: 1\n")
    sandbox.tiffin("repro", "-q")
    sandbox.tiffin("remote", "add", "-q", "-d", "store", "../store")
    sandbox.commit("first")
    sandbox.tiffin("exp", "run", "-q", "-n", "one", "-S", "lr=2")
    sandbox.tiffin("exp", "run", "-q", "-n", "two", "-S", "lr=3")
    sandbox.git("init", "-q", "--bare", "../hub.git")
    sandbox.git("remote", "add", "origin", "../hub.git")
    sandbox.git("push", "-q", "origin", "HEAD")
    return sandbox


def _there(box: Sandbox, place: str = "../hub.git") -> dict[str, str]:
    """The experiments of a Git repository, and their commits."""
    lines = box.git("ls-remote", place, "refs/exps/*").splitlines()
    return {ref.rpartition("/")[2]: commit for commit, ref in (line.split("\t") for line in lines)}


def _stored(box: Sandbox) -> list[str]:
    return box.objects("../store/files/md5") if box.exists("../store") else []


def _hook(box: Sandbox, path: str, script: str) -> None:
    box.write(path, f"#!/bin/sh\n{script}").chmod(0o755)


def _error(answer: Answer) -> str:
    return answer.err.partition("ERROR: ")[2]


def _rerun(box: Sandbox, name: str, rate: int) -> None:
    box.tiffin("exp", "run", "-q", "-f", "-n", name, "-S", f"lr={rate}")


def test_what_is_said(shared: Sandbox):
    assert shared.tiffin("exp", "push", "origin", "one").out == (
        "Pushed experiment one to Git remote 'origin'.\n1 file pushed\n"
    )
    assert shared.tiffin("exp", "push", "origin", "--no-cache").out == (
        "Up to date with Git remote 'origin': experiment one.\n"
        "Pushed experiment two to Git remote 'origin'.\n"
        "Their data stays here; without --no-cache it goes along.\n"
    )
    shared.git("clone", "-q", "../hub.git", "../clone")
    assert shared.tiffin("exp", "pull", "origin", "--no-cache", cd="../clone").out == (
        "Pulled experiments one and two from Git remote 'origin'.\n"
        "Their data was left out; without --no-cache it comes along.\n"
    )
    shared.tiffin("push", "-q")
    assert shared.tiffin("exp", "pull", "origin", cd="../clone").out == (
        "Up to date with Git remote 'origin': experiments one and two.\n2 files fetched\n"
    )
    shared.commit("second")
    assert shared.tiffin("exp", "push", "origin").out == "No experiments to push.\n"
    assert shared.tiffin("exp", "pull", "origin").out == "No experiments to pull.\n"


def test_a_push_of_data_that_fails_leaves_no_ref(shared: Sandbox):
    shared.write("../store", "a file is no remote")
    assert "store" in _error(shared.tiffin("exp", "push", "origin", "-A", code=255))
    assert _there(shared) == {}


def test_without_a_remote_no_experiment_is_pushed(shared: Sandbox):
    shared.tiffin("remote", "remove", "store")
    assert _error(shared.tiffin("exp", "push", "origin", code=255)) == (
        "no remote was named and there is no default one\nhint: set a default with `tiffin remote default NAME`, "
        "or name one with `-r NAME`; --no-cache does without the data\n"
    )
    assert _there(shared) == {}
    shared.tiffin("exp", "push", "origin", "--no-cache")
    assert set(_there(shared)) == {"one", "two"}


def test_without_a_remote_experiments_are_pulled_and_their_data_is_missed(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    shared.git("clone", "-q", "../hub.git", "../clone")
    shared.tiffin("remote", "remove", "store", cd="../clone")
    answer = shared.tiffin("exp", "pull", "origin", code=251, cd="../clone")
    assert answer.out == "Pulled experiments one and two from Git remote 'origin'.\n"
    assert _error(answer).startswith("no remote was named and there is no default one\nhint: ")
    assert _error(answer).endswith("; --no-cache does without the data\n")
    assert set(_there(shared, "../clone")) == {"one", "two"}


def test_experiments_whose_data_is_lost_are_not_pushed(shared: Sandbox):
    (lost,) = shared.git("show", f"{_there(shared, '.')['one']}:dvc.lock").split("md5: ")[1].split()[:1]
    (shared.root / f".dvc/cache/files/md5/{lost[:2]}/{lost[2:]}").unlink()
    assert _error(shared.tiffin("exp", "push", "origin", code=255)) == (
        f"neither the cache nor the remote has 1 object(s) of these experiments: {lost}; no experiment was pushed\n"
        "hint: push them from the repository that has them; --no-cache does without the data\n"
    )
    assert _there(shared) == {}
    shared.tiffin("exp", "push", "origin", "two")
    assert set(_there(shared)) == {"two"}


def test_only_the_data_of_these_experiments_goes_along(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "one")
    assert len(_stored(shared)) == 1
    before = _there(shared)
    _rerun(shared, "one", 4)
    shared.tiffin("exp", "push", "-q", "origin", "one")
    assert len(_stored(shared)) == 1
    assert _there(shared) == before


def test_the_settings_of_the_work_tree_count(shared: Sandbox):
    shared.tiffin("remote", "add", "-q", "-d", "other", "../other")
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    assert len(shared.objects("../other/files/md5")) == 2
    assert _stored(shared) == []


def test_what_differs_stays_until_forced(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    old = _there(shared)["two"]
    _rerun(shared, "two", 5)
    answer = shared.tiffin("exp", "push", "origin", "two")
    assert answer.err == (
        "WARNING: Git remote 'origin' has another experiment two, which stays\n"
        "hint: replace what is there with -f, or run yours under another name\n"
    )
    assert _there(shared)["two"] == old
    new = _there(shared, ".")["two"]
    answer = shared.tiffin("exp", "pull", "origin", "two")
    assert answer.err == (
        "WARNING: Git remote 'origin' has another experiment two; the one here stays\n"
        "hint: replace what is here with -f, or rename it first\n"
    )
    assert _there(shared, ".")["two"] == new
    shared.tiffin("exp", "push", "-q", "-f", "origin", "two")
    assert _there(shared)["two"] == new
    _rerun(shared, "two", 6)
    shared.tiffin("exp", "pull", "-q", "-f", "origin", "two")
    assert _there(shared, ".")["two"] == new


def test_an_experiment_that_went_on_is_no_other_one(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    ref = shared.git("for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip()
    more = shared.git("commit-tree", f"{ref}^{{tree}}", "-p", ref, "-m", "more").strip()
    shared.git("update-ref", ref, more)
    assert shared.tiffin("exp", "push", "origin", "one").err == ""
    assert _there(shared)["one"] == more


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("push", "nope", "one"),
            "there is no Git remote 'nope' (known: origin)\nhint: give the name of one, a URL or a path; `git remote",
        ),
        (
            ("pull", "../nope"),
            "there is no Git remote '../nope' (known: origin)\nhint: give the name of one, a URL or a path\n",
        ),
        (("push", "--", "--upload-pack=touch x"), "'--upload-pack=touch x' is no Git remote\nhint: give"),
        (("push", "origin", "nope"), "no experiment 'nope' here (known: one, two)\n"),
        (("pull", "origin", "nope"), "no experiment 'nope' at Git remote 'origin' (there is none at all)\n"),
        (("push", "origin", "refs/exps/nope", "x"), "no experiment 'refs/exps/nope' or 'x' here (known: one, two)\n"),
        (("push", "origin", "--rev", "nope"), "unknown Git revision 'nope'\n"),
        (("push", "../store"), "cannot read Git remote '../store': "),
        (("pull", "http://127.0.0.1:1/x"), "cannot read Git remote 'http://127.0.0.1:1/x': unable to access "),
    ],
    ids=str,
)
def test_what_cannot_be_shared_is_told(shared: Sandbox, arguments: tuple[str, ...], message: str):
    (shared.root / "../store").mkdir()
    assert _error(shared.tiffin("exp", *arguments, code=255)).startswith(message)


def test_two_experiments_of_one_name(shared: Sandbox):
    first = shared.git("rev-parse", "HEAD").strip()
    shared.commit("second")
    _rerun(shared, "one", 7)
    shared.tiffin("exp", "push", "-q", "origin", "one")
    shared.git("commit", "-q", "--allow-empty", "-m", "third")
    said = _error(shared.tiffin("exp", "push", "origin", "one", code=255))
    ref = f"refs/exps/{first[:2]}/{first[2:]}/one"
    assert said.startswith("2 experiments are called 'one'\nhint: say which: refs/exps/")
    assert ref in said
    assert shared.tiffin("exp", "push", "origin", ref, "-q").out == ""
    assert len(shared.git("ls-remote", "../hub.git", "refs/exps/*/one").splitlines()) == 2


def test_a_hook_that_refuses_is_heard(shared: Sandbox):
    _hook(shared, "../hub.git/hooks/update", 'case $1 in */one) echo "ask Ann first"; exit 1;; esac\n')
    answer = shared.tiffin("exp", "push", "origin", code=255)
    assert answer.out == "Pushed experiment two to Git remote 'origin'.\n2 files pushed\n"
    assert _error(answer) == (
        "Git remote 'origin' refused experiment one: 'one': hook declined; it says: ask Ann first\n"
        "hint: try once more if somebody was faster; otherwise ask who keeps the repository\n"
    )
    _hook(shared, ".git/hooks/pre-push", 'echo "not on Fridays" >&2; exit 1\n')
    said = _error(shared.tiffin("exp", "push", "origin", "one", code=255))
    assert said.startswith("cannot push to Git remote 'origin': not on Fridays\n")


def test_what_somebody_else_pushed_meanwhile_is_not_replaced(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    _rerun(shared, "one", 8)
    there = Path(shared.root / "../hub.git").resolve()
    ref = shared.git("for-each-ref", "--format=%(refname)", "refs/exps/*/*/one").strip()
    _hook(shared, ".git/hooks/pre-push", f"GIT_DIR='{there}' git update-ref {ref} {_there(shared)['two']}\n")
    said = _error(shared.tiffin("exp", "push", "-f", "origin", "one", code=255))
    assert said.startswith("Git remote 'origin' refused experiment one: 'one': failed to update ref; it says: ")
    assert _there(shared)["one"] == _there(shared)["two"]


def test_our_own_hook_has_nothing_to_push(shared: Sandbox, monkeypatch: pytest.MonkeyPatch):
    _hook(shared, ".git/hooks/pre-push", "echo $TIFFIN_DATA_PUSHED > ../hook\n")
    shared.tiffin("exp", "push", "-q", "origin", "one")
    assert shared.read("../hook") == "1\n"
    monkeypatch.setenv("TIFFIN_DATA_PUSHED", "1")
    shared.tiffin("git-hook", "pre-push")
    assert len(_stored(shared)) == 1
    monkeypatch.delenv("TIFFIN_DATA_PUSHED")
    shared.tiffin("git-hook", "pre-push")
    assert len(_stored(shared)) == 2


def test_a_path_counts_from_where_one_stands(shared: Sandbox):
    (shared.root / "sub").mkdir()
    shared.tiffin("exp", "push", "-q", "../../hub.git", "one", cd="sub")
    assert set(_there(shared)) == {"one"}
    shared.tiffin("exp", "pull", "-q", "../../hub.git", cd="sub")


def test_refspecs_of_the_user_replace_nothing_here(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    _rerun(shared, "one", 8)
    new = _there(shared, ".")["one"]
    shared.git("config", "--add", "remote.origin.fetch", "+refs/exps/*:refs/exps/*")
    shared.tiffin("exp", "pull", "-q", "origin", "-A")
    assert _there(shared, ".")["one"] == new


def test_the_workspace_is_not_touched(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    shared.git("checkout", "-q", "--force", "HEAD")
    for ref in shared.git("for-each-ref", "--format=%(refname)", "refs/exps").split():
        shared.git("update-ref", "-d", ref)
    questions = (("status", "--short"), ("for-each-ref", "refs/heads", "refs/remotes"))
    before = [shared.git(*question) for question in questions]
    shared.tiffin("exp", "pull", "-q", "origin")
    assert set(_there(shared, ".")) == {"one", "two"}
    assert [shared.git(*question) for question in questions] == before


def test_what_is_elsewhere_is_listed_and_removed(shared: Sandbox):
    shared.tiffin("exp", "push", "-q", "origin", "-A")
    there = _there(shared)
    assert shared.tiffin("exp", "list", "origin").out == shared.tiffin("exp", "list").out
    assert shared.tiffin("exp", "list", "../hub.git", "--sha-only").out.split() == list(there.values())
    assert shared.tiffin("exp", "remove", "-g", "origin", "two").out == "Removed experiments: 'two'\n"
    assert shared.tiffin("exp", "list", "origin", "--name-only").out == "one\n"
    assert set(_there(shared, ".")) == {"one", "two"}
    assert len(_stored(shared)) == 2
    assert _error(shared.tiffin("exp", "remove", "-g", "origin", "two", code=255)) == (
        "no experiment 'two' at Git remote 'origin' (known: one)\n"
    )
    _hook(shared, "../hub.git/hooks/update", "exit 1\n")
    answer = shared.tiffin("exp", "remove", "-g", "origin", "-A", code=255)
    assert answer.out == ""
    assert _error(answer).startswith("Git remote 'origin' refused experiment one: 'one': hook declined\n")

"""Names of experiments, and the refs that hold them."""

import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiffin.errors import ExperimentError
from tiffin.experiments import check_name, experiments_by_baseline, find_experiment, random_name, ref_name
from tiffin.scm import Git


def test_a_random_name_is_an_adjective_and_a_noun_git_takes():
    for seed in range(50):
        name = random_name(Random(seed).randrange, ())
        check_name(name)
        assert len(name.split("-")) == 2


def test_a_taken_name_is_not_given_again():
    first = random_name(Random(0).randrange, ())
    assert random_name(Random(0).randrange, {first}) != first


@given(st.text(alphabet=st.sampled_from('ab.@{}~^:?*[\\/ -_~\t\x7f"é'), max_size=6))
def test_a_name_that_passes_is_one_git_takes(name):
    try:
        check_name(name)
    except ExperimentError:
        return
    done = subprocess.run(["git", "check-ref-format", ref_name("0" * 40, name)], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["", "a/b", "a..b", "a b", "-a", ".a", "a.lock", "a~1", "@"])
def test_other_names_are_refused(name):
    with pytest.raises(ExperimentError, match="cannot name an experiment"):
        check_name(name)


@pytest.fixture
def git(tmp_path: Path) -> Git:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    return Git(tmp_path)


def test_bookkeeping_of_dvc_is_no_experiment(git: Git):
    head = git.resolve_rev("HEAD")
    for ref in (
        "refs/exps/exec/EXEC_HEAD",
        "refs/exps/apply/stash",
        "refs/exps/celery/failed",
        "refs/exps/stash",
        "refs/exps/temp/one/two",
        f"refs/exps/{head[:2]}/{head[2:]}/mine",
    ):
        git.update_ref(ref, head)
    assert experiments_by_baseline(git) == {head: {"mine": head}}


def test_of_two_experiments_with_one_name_that_of_head_is_meant():
    known = {"a" * 40: {"x": "1", "y": "2"}, "b" * 40: {"x": "3"}}
    assert find_experiment(known, "y", "c" * 40) == "2"
    assert find_experiment(known, "x", "b" * 40) == "3"
    assert find_experiment(known, "x", "c" * 40) is None
    assert find_experiment(known, "z", None) is None

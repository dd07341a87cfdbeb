"""What a run leaves to versioning: artifacts and images that are tracked, and the run as an experiment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tiffin.errors import LiveError, TransferError
from tiffin.formats import yaml
from tiffin.live import Live


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """A repository in Git, with one commit."""
    monkeypatch.chdir(tmp_path)
    _git("init", "-q")
    Path(".dvc").mkdir()
    Path(".dvc/config").touch()
    Path(".dvc/.gitignore").write_text("/tmp\n/cache\n")
    Path("model.pt").write_text("a model")
    Path("data").mkdir()
    Path("data/raw.csv").write_text("1,2")
    _git("add", ".dvc")
    _git("commit", "-q", "-m", "first")


def _artifacts() -> dict[str, object]:
    found: dict[str, object] = yaml.load(Path("dvc.yaml").read_text(), "dvc.yaml")["artifacts"]
    return found


def _experiments() -> list[str]:
    return sorted(ref.rpartition("/")[2] for ref in _git("for-each-ref", "--format=%(refname)", "refs/exps/").split())


def _outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a folder that is in no repository."""
    folder = tmp_path.parent / f"{tmp_path.name}-outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("model.pt").write_text("a model")


# Artifacts


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"path": 5}, "artifact 5 cannot be logged: it is not a path", "give a string or a pathlib.Path"),
        (
            {"path": "other.pt"},
            "artifact 'other.pt' cannot be logged: nothing is there",
            "log it once it is written; the path counts from '{here}'",
        ),
        (
            {"path": "model.pt", "name": "my model!"},
            "'my model!' cannot name an artifact",
            "use letters, digits, '-', '_' and '/', with a letter or digit at both ends",
        ),
        (
            {"path": "model.pt", "labels": "one"},
            "artifact '{here}/model.pt' cannot be logged: its labels should be a list of texts, not 'one'",
            "DVC could not read the dvc.yaml",
        ),
        (
            {"path": "model.pt", "desc": 5},
            "artifact '{here}/model.pt' cannot be logged: its desc should be text, not 5",
            "DVC could not read the dvc.yaml",
        ),
    ],
)
def test_what_cannot_be_an_artifact_is_refused_before_anything_is_tracked(arguments, message, hint):
    with pytest.raises(LiveError) as caught:
        Live().log_artifact(**arguments)
    here = str(Path.cwd())
    assert caught.value.message == message.replace("{here}", here)
    assert caught.value.hint == hint.replace("{here}", here)
    assert not Path("model.pt.dvc").exists()


def test_metadata_that_yaml_cannot_hold_is_refused():
    with pytest.raises(LiveError, match="cannot be logged: "):
        Live().log_artifact("model.pt", meta={"loss": object()})


@pytest.mark.parametrize("name", ["a", "a-b_c/d", "A9", "0/1"])
def test_names_that_artifacts_can_have(name):
    with Live() as live:
        live.log_artifact("model.pt", name=name, cache=False)
    assert _artifacts() == {name: {"path": "model.pt"}}
    assert not Path("model.pt.dvc").exists()


@pytest.mark.parametrize("name", ["-a", "a_", "a.b", "a b", "é", "a\n", "/a"])
def test_names_that_artifacts_cannot_have(name):
    with pytest.raises(LiveError, match="cannot name an artifact"):
        Live().log_artifact("model.pt", name=name)
    assert not Path("model.pt.dvc").exists()


def test_a_file_whose_name_cannot_name_an_artifact_is_tracked_with_a_warning():
    Path("model.v2.pt").write_text("2")
    with pytest.warns(
        UserWarning, match=r"Live does not describe artifact .* 'model.v2' cannot name .* give it a name"
    ):
        Live().log_artifact("model.v2.pt", type="model")
    assert Path("model.v2.pt.dvc").exists()


def test_outside_of_a_repository_an_artifact_is_a_warning(tmp_path, monkeypatch):
    _outside(tmp_path, monkeypatch)
    with Live() as live, pytest.warns(UserWarning, match="Live cannot log artifact") as caught:
        live.log_artifact("model.pt", type="model", copy=True)
    assert str(caught[0].message) == (
        "Live cannot log artifact 'model.pt': this is not in a repository (hint: make one with `tiffin init`)"
    )
    assert caught[0].filename == __file__
    assert not Path("dvclive/artifacts").exists()


def test_an_artifact_outside_of_the_repository_is_a_warning_unless_it_is_copied(tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}.bin"
    outside.write_text("far")
    with pytest.warns(UserWarning, match=r"Live cannot track .* not below .* copy it there with copy=True"):
        Live().log_artifact(outside)
    Live().log_artifact(outside, copy=True)
    assert Path("dvclive/artifacts", f"{outside.name}.dvc").exists()


def test_what_add_refuses_is_a_warning_and_the_run_goes_on():
    _git("add", "model.pt")
    with Live() as live:
        with pytest.warns(
            UserWarning, match=r"Live cannot track 'model.pt': .* already tracked by Git \(hint: take it"
        ):
            live.log_artifact("model.pt", type="model")
        live.log_metric("loss", 1)
    assert _artifacts() == {"model": {"path": "model.pt", "type": "model"}}
    assert Path("dvclive/metrics.json").exists()


def test_a_program_that_cannot_be_started_is_a_warning(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.warns(UserWarning, match="Live cannot track 'model.pt': .*/nowhere/python"):
        Live().log_artifact("model.pt")


def test_a_copy_is_not_copied_onto_itself():
    with Live() as live:
        live.log_artifact("model.pt", copy=True)
        live.log_artifact("dvclive/artifacts/model.pt", copy=True)
    assert Path("dvclive/artifacts/model.pt").read_text() == "a model"


def test_a_folder_is_not_copied_into_itself():
    with pytest.raises(LiveError, match=r"cannot be copied into .* which lies in it") as caught:
        Live().log_artifact(".", copy=True, name="all")
    assert caught.value.hint == "log it without copy=True"
    assert not Path("dvclive/artifacts").exists()


def test_a_copy_replaces_the_one_before_and_stays_if_it_cannot():
    Path("dvclive/artifacts").mkdir(parents=True)
    Path("dvclive/artifacts/data").write_text("a file")
    live = Live()
    live.log_artifact("data", copy=True, cache=False)
    assert Path("dvclive/artifacts/data/raw.csv").read_text() == "1,2"
    Path("data/broken").symlink_to("nowhere")
    with pytest.raises(TransferError, match=r"artifact .*data' cannot be copied into ") as caught:
        live.log_artifact("data", copy=True, cache=False)
    assert caught.value.hint == "without copy=True it is tracked where it is"
    assert [path.name for path in Path("dvclive/artifacts").rglob("*")] == ["data", "raw.csv"]


def test_a_resumed_run_keeps_the_artifacts_of_its_first_part():
    with Live() as live:
        live.log_artifact("model.pt", copy=True, cache=False, type="model")
        live.log_artifact("data", copy=True, cache=False, type="dataset")
    Path("dvclive/artifacts/model.pt").unlink()
    with Live(resume=True) as live:
        live.log_artifact("model.pt", cache=False, name="second")
    assert _artifacts() == {
        "second": {"path": "model.pt"},
        "data": {"path": "dvclive/artifacts/data", "type": "dataset"},
    }


def test_metadata_is_that_of_the_call():
    meta = {"epochs": [1]}
    with Live() as live:
        live.log_artifact("model.pt", meta=meta, cache=False)
        meta["epochs"].append(2)
    assert _artifacts() == {"model": {"path": "model.pt", "meta": {"epochs": [1]}}}


def test_a_script_that_changes_its_directory_is_followed():
    live = Live()
    os.chdir("data")
    live.log_artifact("raw.csv", type="dataset", copy=True)
    live.log_artifact("raw.csv", name="original")
    live.end()
    os.chdir("..")
    assert _artifacts() == {
        "raw": {"path": "dvclive/artifacts/raw.csv", "type": "dataset"},
        "original": {"path": "data/raw.csv"},
    }
    assert Path("data/raw.csv.dvc").exists()


def test_a_path_by_way_of_a_link_is_one_of_the_repository(tmp_path):
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(tmp_path)
    with Live() as live:
        live.log_artifact(link / "model.pt", type="model")
    assert _artifacts() == {"model": {"path": "model.pt", "type": "model"}}
    assert Path("model.pt.dvc").exists()


def test_in_a_pipeline_outputs_are_left_to_it_and_for_others_there_is_a_warning(monkeypatch):
    Path("dvc.yaml").write_text("stages:\n  train:\n    cmd: python train.py\n    outs: [model.pt]\n")
    monkeypatch.setenv("DVC_ROOT", str(Path.cwd()))
    live = Live()
    live.log_artifact("model.pt", type="model")
    assert not Path("model.pt.dvc").exists()
    text = r"'data' is tracked by 'data.dvc', and not by the pipeline.*\(hint: {}add it to the stage's outs\)"
    with pytest.warns(UserWarning, match=text.format("")):
        live.log_artifact("data")
    with pytest.warns(UserWarning, match=text.format("`tiffin remove data.dvc`, and ")):
        live.log_artifact("data")
    monkeypatch.delenv("DVC_ROOT")
    with pytest.warns(UserWarning, match=r"Live cannot track 'model.pt': 'model.pt' is written by stage 'train'"):
        Live().log_artifact("model.pt")


# Images


@pytest.mark.parametrize("link", [Path.hardlink_to, Path.symlink_to])
def test_an_image_is_never_written_through_a_link_into_the_cache(link):
    np = pytest.importorskip("numpy")
    pytest.importorskip("PIL.Image")
    cached = Path("cached.png").absolute()
    cached.write_text("an object")
    Path("dvclive/plots/images").mkdir(parents=True)
    link(Path("dvclive/plots/images/a.png"), cached)
    Live(resume=True).log_image("a.png", np.zeros((2, 2, 3), dtype=np.uint8))
    assert cached.read_text() == "an object"
    assert Path("dvclive/plots/images/a.png").read_bytes().startswith(b"\x89PNG")


def test_images_without_a_repository_are_a_warning(tmp_path, monkeypatch):
    np = pytest.importorskip("numpy")
    pytest.importorskip("PIL.Image")
    _outside(tmp_path, monkeypatch)
    live = Live(cache_images=True)
    live.log_image("a.png", np.zeros((2, 2, 3), dtype=np.uint8))
    with pytest.warns(UserWarning, match=r"Live cannot track 'dvclive/plots/images': this is not in a repository"):
        live.end()
    assert Path("dvclive/plots/images/a.png").exists()


# Experiments


def test_no_experiment_is_saved_unless_it_is_asked_for():
    with Live() as live:
        live.log_metric("loss", 1)
        live.save_dvc_exp()
    assert _experiments() == []


def test_a_name_alone_asks_for_no_experiment_and_says_so():
    with pytest.warns(UserWarning, match="Live saves no experiment") as caught:
        Live(exp_name="one").end()
    assert str(caught[0].message) == (
        "Live saves no experiment, in spite of exp_name='one' (hint: ask for one with save_dvc_exp=True)"
    )
    assert _experiments() == []


def test_vs_code_is_told_of_a_run_that_will_be_an_experiment():
    signal = Path(".dvc/tmp/exps/run/DVCLIVE_ONLY")
    live = Live(save_dvc_exp=True, exp_name="one")
    assert json.loads(signal.read_text()) == {"exp_name": "one", "pid": os.getpid()}
    Path(".gitignore").write_text("/model.pt\n/data\n")
    with pytest.warns(UserWarning, match="not in the experiment, as Git does not know it: '.gitignore'"):
        live.end()
    assert not signal.exists()
    assert _experiments() == ["one"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("one", "experiment 'one' of this commit exists already"), ("a b", "'a b' cannot name an experiment")],
)
def test_a_name_that_cannot_be_had_is_replaced_with_a_warning(name, text):
    Path(".git/info/exclude").write_text("*.pt\n/data\n")
    _git("update-ref", f"refs/exps/{_git('rev-parse', 'HEAD')[:2]}/{_git('rev-parse', 'HEAD')[2:40]}/one", "HEAD")
    with pytest.warns(UserWarning, match=f"{text}: this run will be experiment '[a-z]+-[a-z]+'"):
        live = Live(save_dvc_exp=True, exp_name=name)
    live.end()
    first, second = sorted(_experiments(), key="one".__ne__)
    assert first == "one"
    assert "-" in second


def test_a_run_that_fails_is_an_experiment_too():
    Path(".git/info/exclude").write_text("*.pt\n/data\n")
    with pytest.raises(ZeroDivisionError), Live(save_dvc_exp=True, exp_name="failed") as live:
        live.log_metric("loss", 1 / 0)
    assert _experiments() == ["failed"]


def test_saved_before_the_end_it_is_saved_again_under_its_name():
    Path(".git/info/exclude").write_text("*.pt\n/data\n")
    with Live(save_dvc_exp=True) as live:
        live.log_metric("loss", 1)
        live.sync()
        live.save_dvc_exp()
        (name,) = _experiments()
        live.log_metric("loss", 2)
    assert _experiments() == [name]
    ref = _git("for-each-ref", "--format=%(refname)", "refs/exps/").strip()
    assert json.loads(_git("show", f"{ref}:dvclive/metrics.json")) == {"loss": 2}


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"DVC_ROOT": "."}, r"Live saves no experiment while `repro` runs \(hint: run .* `tiffin exp run`\)"),
        ({"DVC_ROOT": ".", "DVC_EXP_BASELINE_REV": "1234", "DVC_EXP_NAME": "other"}, None),
    ],
    ids=["repro", "exp run"],
)
def test_inside_a_pipeline_no_experiment_is_saved(variables, text, monkeypatch, recwarn):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if text is None:
        live = Live(save_dvc_exp=True, exp_name="one")
    else:
        with pytest.warns(UserWarning, match=text):
            live = Live(save_dvc_exp=True, exp_name="one")
    live.end()
    assert _experiments() == []
    assert not recwarn.list


def test_without_a_repository_without_git_and_without_commits_saving_is_a_warning(tmp_path, monkeypatch):
    text = "Live cannot save an experiment: "
    _outside(tmp_path, monkeypatch)
    for found in ("this is not in a repository", "is not in a Git repository", "there is none yet"):
        with pytest.warns(UserWarning, match=f"{text}.*{found}"):
            live = Live(save_dvc_exp=True)
        live.log_metric("loss", 1)
        live.end()
        assert Path("dvclive/metrics.json").exists()
        if found.startswith("this"):
            Path(".dvc").mkdir()
        else:
            _git("init", "-q")
            assert _experiments() == []


def test_an_experiment_that_cannot_be_saved_is_a_warning_and_the_files_stay():
    live = Live(save_dvc_exp=True, exp_name="one")
    live.log_metric("loss", 1)
    Path("broken.dvc").write_text("outs: [\n")
    with pytest.warns(UserWarning, match=r"Live cannot save experiment 'one': broken\.dvc"):
        live.end()
    assert json.loads(Path("dvclive/metrics.json").read_text()) == {"loss": 1}
    assert not Path(".dvc/tmp/exps/run/DVCLIVE_ONLY").exists()

"""What `exp run` says where Hydra cannot compose the parameters."""

import sys

import pytest
from inline_snapshot import snapshot


@pytest.fixture
def project(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: echo\n    params: [lr]\n")
    sandbox.write("params.yaml", "lr: 1\n")
    sandbox.tiffin("config", "hydra.enabled", "true")
    sandbox.commit()
    return sandbox


def test_the_directory_has_to_be_there(project):
    error = project.tiffin("exp", "run", code=251).err.replace(str(project.root), "ROOT")
    assert error == snapshot("""\
ERROR: the setting hydra.enabled asks for configurations below 'ROOT/conf', which does not exist
hint: make it, name another with hydra.config_dir, or turn hydra.enabled off
""")


def test_what_cannot_be_composed_changes_nothing(project):
    project.write("conf/config.yaml", "lr: 2\n")
    assert project.tiffin("exp", "run", "-S", "db=large", code=255).err == snapshot(
        "ERROR: Hydra cannot compose 'config': Could not override 'db'.\n"
    )
    assert project.tiffin("exp", "run", "-S", "lr=${nowhere}", code=255).err == snapshot(
        "ERROR: Hydra cannot compose 'config': Interpolation key 'nowhere' not found\n"
    )
    assert project.read("params.yaml") == "lr: 1\n"


def test_without_the_library_it_says_what_to_install(project, monkeypatch):
    project.write("conf/config.yaml", "lr: 2\n")
    monkeypatch.setitem(sys.modules, "hydra", None)
    assert project.tiffin("exp", "run", code=251).err == snapshot("""\
ERROR: the setting hydra.enabled asks for Hydra, which is not installed
hint: install it: pip install 'tiffin[hydra]', or turn the setting off
""")


def test_other_files_are_changed_as_ever(project):
    project.write("conf/config.yaml", "lr: 2\n")
    project.write("other.yaml", "a: 1 # kept\n")
    project.commit()
    project.tiffin("exp", "run", "-S", "other.yaml:a=5", "-S", "lr=7")
    assert project.read("other.yaml") == "a: 5 # kept\n"
    assert project.read("params.yaml") == "lr: 7\n"


def test_a_group_without_the_setting_says_how_to_turn_it_on(project):
    project.tiffin("config", "hydra.enabled", "false")
    assert project.tiffin("exp", "run", "-S", "db/small=large", code=255).err == snapshot("""\
ERROR: cannot set 'db/small=large': groups of configurations are Hydra's own
hint: turn on its composition: tiffin config hydra.enabled true
""")

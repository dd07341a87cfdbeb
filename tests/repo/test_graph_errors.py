"""Broken pipelines: each has its own error and text, and changes nothing."""

import pytest
from inline_snapshot import snapshot

CASES = {
    "cycle": "stages:\n  a: {cmd: x, deps: [b1], outs: [a1]}\n  b: {cmd: x, deps: [a1], outs: [b1]}\n",
    "overlap": "stages:\n  a: {cmd: x, outs: [dir]}\n  b: {cmd: x, outs: [dir/file]}\n",
    "twice": "stages:\n  a: {cmd: x, outs: [one]}\n  b: {cmd: x, outs: [one]}\n",
    "outside": "stages:\n  a: {cmd: x, outs: [../one]}\n",
    "unknown key": "stages:\n  a:\n    cmd: x\n    dep: [b]\n",
    "broken yaml": "stages:\n  a:\n    cmd: [x\n",
    "no cmd": "stages:\n  a:\n    deps: [b]\n",
    "template": "stages:\n  a:\n    cmd: echo ${model.dpth}\n",
}


def message(sandbox, name):
    sandbox.write("params.yaml", "model: {depth: 3}\n")
    sandbox.write("dvc.yaml", CASES[name])
    before = sandbox.tree(".dvc/cache") if sandbox.exists(".dvc/cache") else {}
    answer = sandbox.tiffin("repro", code=255)
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert (sandbox.tree(".dvc/cache") if sandbox.exists(".dvc/cache") else {}) == before
    assert not sandbox.exists("dvc.lock")
    return answer.err


def test_cycle(sandbox):
    assert message(sandbox, "cycle") == snapshot(
        """\
ERROR: the pipeline has a cycle: 'a' → 'b' → 'a'
hint: a stage cannot depend, directly or through others, on its own output
"""
    )


def test_overlapping_outputs(sandbox):
    assert message(sandbox, "overlap") == snapshot(
        """\
ERROR: output 'dir/file' of stage 'b' lies inside 'dir' of stage 'a'
hint: track the directory as a whole, or its parts one by one, not both
"""
    )


def test_one_output_of_two_stages(sandbox):
    assert message(sandbox, "twice") == snapshot(
        "ERROR: output 'one' is specified in two places: stage 'a' and stage 'b'\n"
    )


def test_output_outside(sandbox):
    assert message(sandbox, "outside") == snapshot(
        """\
ERROR: output '../one' in 'dvc.yaml' lies outside the repository
hint: outputs must be files or directories below the repository's root
"""
    )


@pytest.mark.parametrize("name", ["unknown key", "broken yaml", "no cmd", "template"])
def test_format_errors_name_the_file(sandbox, name):
    assert message(sandbox, name).startswith("ERROR: dvc.yaml")


def test_unknown_stage_has_a_suggestion(sandbox):
    sandbox.write("dvc.yaml", "stages:\n  train: {cmd: x, outs: [model]}\n")
    assert sandbox.tiffin("repro", "trian", code=255).err == snapshot(
        """\
ERROR: 'trian' is neither an output nor a stage of this project
hint: did you mean 'train'?
"""
    )


def test_no_pipeline(sandbox):
    assert sandbox.tiffin("repro", code=255).err == snapshot("""\
ERROR: 'dvc.yaml' does not exist
hint: `tiffin stage add` writes a first stage
""")

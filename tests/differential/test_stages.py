"""`stage add`: the bytes of dvc.yaml."""

import pytest

from tests.peer.twins import TwinRepos

FLAGS = {
    "plain": (),
    "deps": ("-d", "b", "-d", "a"),
    "params": ("-p", "lr,model.depth", "-p", "other.yaml:x,y", "-p", "whole.json:"),
    "outs": ("-o", "out", "-O", "raw", "--outs-persist", "kept", "--outs-persist-no-cache", "kept.raw"),
    "metrics": ("-m", "m.json", "-M", "raw.json"),
    "plots": ("--plots", "p.csv", "--plots-no-cache", "raw.csv"),
    "wdir": ("-w", "sub", "-d", "b"),
    "flags": ("--always-changed", "--desc", "what: it does"),
    "same twice": ("-d", "a", "-d", "a"),
}


@pytest.mark.parametrize("kind", FLAGS)
def test_stage_add(twins: TwinRepos, kind: str) -> None:
    twins.write("sub/keep", "")
    code = 255 if kind == "same twice" else 0
    twins.both("stage", "add", "-n", "one", *FLAGS[kind], "echo", "hello", "two words", code=code)
    twins.both("stage", "add", "-n", "one", *FLAGS[kind], "echo", code=None)
    twins.both("stage", "add", "-f", "-n", "one", "echo 'changed'")
    twins.both("stage", "add", "-n", "two", "-d", "out", "-o", "sub/x", "echo > sub/x")


def test_a_file_that_people_wrote(twins: TwinRepos) -> None:
    twins.write(
        "dvc.yaml",
        "# the pipeline\nvars:\n  - lr: 1 # rate\n\nstages:\n  # first\n  one:\n    cmd: >-\n      echo\n      hello\n"
        '    deps: [a, b]\n    outs:\n      - c:\n          cache: false\n\n  two:\n    cmd: "echo ${lr}"\n',
    )
    twins.both("stage", "add", "-n", "three", "-d", "c", "-o", "d", "cp c d")
    twins.both("stage", "add", "-f", "-n", "one", "-d", "a", "-o", "c", "cp a c")


LONG = "python train.py --input data/raw.csv --output models/model.pkl --verbose --learning-rate 0.001 --epochs 100"


@pytest.mark.parametrize(
    "command", [LONG, "echo: x", "a # b", "'quoted'", "echo 'é'", "true", "1", "- x", "a\nb", "x\ty"]
)
def test_commands_that_need_quoting(twins: TwinRepos, command: str) -> None:
    twins.both("stage", "add", "-n", "s", command, code=None)
    twins.both("status", "--json", code=None)


def test_run_at_once(twins: TwinRepos) -> None:
    twins.both("stage", "add", "-n", "s", "-o", "out", "--run", "echo 1 > out")
    twins.swap()


def test_in_a_subdirectory(twins: TwinRepos) -> None:
    twins.write("sub/a", "1")
    twins.both("stage", "add", "-n", "s", "-d", "a", "-o", "b", "cp a b", cwd="sub")
    twins.both("repro", cwd="sub")
    twins.both("status", "--json")
    twins.both("status", "--json", cwd="sub")


WRONG = {
    "bad name": ("-n", "a@b", "echo"),
    "dot": ("-n", "a.b", "echo"),
    "no name": ("echo",),
    "no command": ("-n", "s"),
    "same out": ("-n", "s", "-o", "x", "-o", "x", "echo"),
    "out is dep": ("-n", "s", "-d", "x", "-o", "x", "echo"),
    "outside": ("-n", "s", "-o", "../x", "echo"),
    "nested": ("-n", "s", "-o", "x", "-o", "x/y", "echo"),
    "taken": ("-n", "s", "-o", "data", "echo"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_refused(twins: TwinRepos, kind: str) -> None:
    twins.write("data", "1")
    twins.both("add", "data")
    twins.both("stage", "add", *WRONG[kind], code=None)


def test_stage_list(twins: TwinRepos) -> None:
    twins.both("stage", "add", "-n", "b", "-d", "a", "-o", "c", "cp a c")
    twins.both("stage", "add", "-n", "a", "--desc", "first", "echo")
    for flags in ((), ("--name-only",), ("--all",)):
        twins.both("stage", "list", *flags, text=True)


def test_dag(twins: TwinRepos) -> None:
    twins.both("dag", code=None)
    twins.write("data", "1")
    twins.both("add", "data")
    twins.both("stage", "add", "-n", "one", "-d", "data", "-o", "a", "cp data a")
    twins.both("stage", "add", "-n", "two", "-d", "a", "-o", "b", "cp a b")
    twins.both("stage", "add", "-n", "alone", "-o", "c", "echo > c")
    for flags in ((), ("--dot",), ("--mermaid",), ("--md",), ("--outs",), ("--full",), ("one",), ("two", "--md")):
        twins.both("dag", *flags, text="--dot" in flags or "--md" in flags or "--mermaid" in flags, code=None)


def test_dag_of_groups(twins: TwinRepos) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n"
        "  a: {foreach: [x, y], do: {cmd: x, deps: [in], outs: ['a-${item}']}}\n"
        "  b: {matrix: {k: [x, y]}, cmd: x, deps: ['a-${item.k}'], outs: ['b-${item.k}']}\n"
        "  c: {cmd: x, deps: [b-x, b-y]}\n",
    )
    twins.both("dag", "--mermaid", "--collapse-foreach-matrix", text=True)
    twins.both("dag", "--mermaid", "--collapse-foreach-matrix", "b@x", text=True)
    twins.both("dag", "--mermaid", "--full", "a@x", text=True)
    twins.both("dag", "--mermaid", "--outs", text=True)
    twins.both("dag", "--outs", "--collapse-foreach-matrix", code=255)


TEMPLATES = {
    "params": "stages:\n  s:\n    cmd: echo ${lr} ${model.depth} ${names[1]}\n    outs: [${file}]\n",
    "escape": "stages:\n  s:\n    cmd: echo \\${lr}\n",
    "foreach list": "stages:\n  s:\n    foreach: [a, b]\n    do:\n      cmd: echo ${item}\n",
    "foreach map": "stages:\n  s:\n    foreach: {x: {v: 1}, y: {v: 2}}\n    do:\n      cmd: echo ${key} ${item.v}\n",
    "foreach params": "stages:\n  s:\n    foreach: ${names}\n    do:\n      cmd: echo ${item}\n",
    "foreach maps": "stages:\n  s:\n    foreach:\n    - {v: 1}\n    - {v: 2}\n    do:\n      cmd: echo ${item.v}\n",
    "matrix": "stages:\n  s:\n    matrix:\n      a: [1, 2]\n      b: [{c: x}, y]\n    cmd: echo ${item.a} ${key}\n",
    "map in cmd": "stages:\n  s:\n    cmd: python x.py ${model}\n",
    "vars": "vars:\n- extra.yaml\n- k: v\nstages:\n  s:\n    vars: [{local: 2}]\n    cmd: echo ${k} ${e} ${local}\n",
    "missing": "stages:\n  s:\n    cmd: echo ${nope}\n",
    "redefined": "vars:\n- lr: 2\nstages:\n  s:\n    cmd: echo ${lr}\n",
    "map in string": "stages:\n  s:\n    cmd: echo\n    wdir: x${model}\n",
    "flow": "stages:\n  s:\n    cmd: echo\n    deps: [${model}]\n",
    "unclosed": "stages:\n  s:\n    cmd: echo ${lr\n",
    "both": "stages:\n  s:\n    foreach: [a]\n    matrix: {x: [1]}\n    cmd: echo\n",
}


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates(twins: TwinRepos, kind: str) -> None:
    twins.write(
        "params.yaml", "lr: 0.1\nmodel: {depth: 3, on: true, off: false, list: [1, a b]}\nnames: [p, q]\nfile: f\n"
    )
    twins.write("extra.yaml", "e: 5\n")
    twins.write("dvc.yaml", TEMPLATES[kind])
    twins.both("stage", "list", "--name-only", text=True, code=None)
    twins.both("status", "--json", code=None)
    twins.both("repro", "--dry", code=None)
    if kind not in ("params", "vars"):
        return
    twins.write("f", "")
    twins.both("repro", code=None)


BROKEN = {
    "yaml": "stages: [\n",
    "duplicate": "stages:\n  s:\n    cmd: a\n  s:\n    cmd: b\n",
    "unknown key": "stages:\n  s:\n    cmd: a\n    nope: 1\n",
    "unknown top": "nope: 1\n",
    "no cmd": "stages:\n  s:\n    deps: [a]\n",
    "wrong type": "stages: 3\n",
    "cycle": "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n",
    "overlap": "stages:\n  a:\n    cmd: x\n    outs: [d]\n  b:\n    cmd: x\n    outs: [d/e]\n",
    "same out": "stages:\n  a:\n    cmd: x\n    outs: [d]\n  b:\n    cmd: x\n    outs: [d]\n",
    "empty": "",
    "no stages": "stages:\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_pipelines_change_nothing(twins: TwinRepos, kind: str) -> None:
    twins.both("remote", "add", "-d", "store", "../remote")
    twins.write("dvc.yaml", BROKEN[kind])
    for argv in (("status",), ("repro",), ("stage", "add", "-n", "new", "echo"), ("dag",), ("push",)):
        twins.both(*argv, code=None)


def test_freeze(twins: TwinRepos) -> None:
    twins.write("data", "1")
    twins.both("add", "data")
    stages = (
        "# kept\nstages:\n  one:  # first\n    cmd: echo\n    deps: [data]\n  two:\n    cmd: echo ${lr}\n  three:\n"
    )
    twins.write("dvc.yaml", f"vars:\n- lr: 1\n{stages}    cmd: echo\n    frozen: false\n")
    twins.both("repro")
    for target in ("one", "data.dvc", "three"):
        twins.both("freeze", target)
        twins.both("freeze", target)
    twins.write("data", "2")
    twins.both("status", "--json")
    twins.both("repro")
    twins.both("unfreeze", "one", "data.dvc", "three")
    twins.both("unfreeze", "one")
    twins.both("status", "--json")
    twins.both("repro")


@pytest.mark.parametrize("target", ["data", "nothing", "nothing.dvc", "two"])
def test_freeze_what_is_refused(twins: TwinRepos, target: str) -> None:
    twins.write("data", "1")
    twins.both("add", "data")
    twins.write("dvc.yaml", "vars:\n- lr: 1\nstages:\n  two:\n    cmd: echo ${lr}\n")
    twins.both("freeze", target, code=1)

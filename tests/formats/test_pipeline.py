"""dvc.yaml against DVC's own resolver: the same stages, names and values, and errors that say where."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiffin.errors import FormatError, SchemaError, StageNotFound, TemplateError
from tiffin.formats import params, pipeline, template, yaml
from tiffin.formats.values import DependencyEntry, OutputEntry, ParamsEntry, StageEntry

PARAMS = """
name: resnet
lr: 1e-3
deep: true
none:
layers: [16, 32]
flags: [true, false]
models:
  a: {lr: 0.1, tags: [x, y]}
  b: {lr: 0.2, tags: [z]}
runs:
- {n: 1, where: {dir: one}}
- {n: 2, where: {dir: two}}
sizes: [small, big]
train:
  epochs: 10
  fast: true
  slow: false
  title: "a b's"
  opt: {eps: 1.0e-8, betas: [0.9, 0.99]}
  empty: {}
  nothing:
data: {raw: data/raw, 1: number}
"""
VARS = "lr2: 5\nextra: {x: 1, y: {z: deep}}\nmodels: {c: {lr: 0.3}}\n"
PIPELINES = {
    "plain": """
stages:
  a:
    cmd: [echo one, 'echo \\${HOME}']
    wdir: sub
    deps: [x, ./y]
    params: [lr, train.epochs, other.yaml: [k, k], whole.yaml: , params2.json: [a]]
    outs: [o, {p: {cache: false}}, {p: {persist: true, desc: text, labels: [l]}}]
    metrics: [{m.json: {cache: false}}]
    plots: [{l.csv: {x: step, y: loss, template: t, cache: false}}, dir]
    frozen: true
    always_changed: true
    desc: about
    meta: {x: [1]}
""",
    "expressions": """
stages:
  ${name}-not-resolved-in-names:
    cmd: python a.py ${name} ${lr} ${deep} ${none} ${layers[1]} ${layers.0} ${runs[1].where.dir} \\${name} ${ name }
    deps: ['${data.raw}/x', '${models.a.tags[0]}']
    outs: ['${name}.pt': {cache: false, desc: "${name} and ${lr}"}]
    params: ['${name}', 'f-${name}.yaml': ['${lr}']]
    wdir: ${runs[0].where.dir}
    meta: {'${name}': [{x: '${deep}'}]}
""",
    "flags": """
stages:
  a: {cmd: 'python a.py ${train}'}
  b: {cmd: ['x ${train.opt} ${models}', 'y ${lr}']}
""",
    "vars": """
vars:
- vars.yaml:extra,lr2
- local: {deep: {er: 1}, list: [1, {k: v}]}
- more: 3
stages:
  a:
    cmd: echo ${extra.y.z} ${lr2} ${local.deep.er} ${local.list[1].k} ${own} ${sub.b} ${more}
    wdir: sub
    vars: [{own: here}, sub.yaml]
  b: {cmd: 'echo ${lr}'}
metrics: ['${name}.json', plain.json]
params: [a.yaml]
plots: ['${name}', {x.csv: {x: step, y: {'${name}.csv': loss}}}, {e: }]
artifacts:
  m: {path: '${name}.pt', type: '${name}', labels: ['${name}'], meta: {'${name}': '${layers}'}}
  '${name}-n': {path: x}
datasets: [{name: '${name}', type: url, url: 'http://${name}'}]
""",
    "foreach list": """
stages:
  a: {foreach: [x, 2, true, 1.5, null, x], do: {cmd: 'echo ${item}', outs: ['${item}.txt']}}
  b: {foreach: ['${name}', {k: '${lr}'}], do: {cmd: 'echo ${item}'}}
  c: {foreach: '${flags}', do: {cmd: 'echo ${item}'}}
  d: {foreach: '${runs}', do: {cmd: 'echo ${item.n} ${item.where.dir}', vars: [{q: 1}], wdir: '${item.where.dir}'}}
  e: {foreach: ['${name}', '${deep}'], do: {cmd: 'echo ${item}'}}
""",
    "foreach map": """
stages:
  a: {foreach: '${models}', do: {cmd: 'echo ${key} ${item.lr}', deps: ['${item.tags[0]}']}}
  b: {foreach: '${models}', do: {cmd: 'echo ${key} ${item.lr} ${item}'}}
  c: {foreach: {x: 1, 2: '${name}', z: {y: [1]}}, do: {cmd: 'echo ${key} ${item}'}}
  d: {foreach: '${data}', do: {cmd: 'echo ${key}'}}
""",
    "matrix": """
stages:
  a:
    matrix: {size: '${sizes}', n: [1, true, null], run: '${runs}', m: '${models}'}
    cmd: echo ${item.size} ${item.n} ${item.run.n} ${item.run.where.dir} ${key} ${item.m}
    outs: ['${key}']
  b: {matrix: {f: '${flags}', g: [[1], {a: 2}]}, cmd: 'echo ${item.f} ${item.g}'}
  c: {matrix: {f: ['${name}', '${deep}']}, cmd: 'echo ${item.f}'}
""",
}
FILES = {"params.yaml": PARAMS, "vars.yaml": VARS, "sub/sub.yaml": "sub: {b: 2}\n", "text.txt": "x", "list.yaml": "[1]"}


def reader(files: dict[str, str]) -> Callable[[str], Any]:
    def read(path: str) -> Any:
        if path not in files:
            raise FileNotFoundError(path)
        return params.load(files[path], path)

    return read


def ours(text: str, files: dict[str, str] = FILES, flags: template.Flags | None = None) -> pipeline.PipelineFile:
    return pipeline.parse(text, "dvc.yaml", read=reader(files), flags=flags)


def theirs(text: str, files: dict[str, str] = FILES, **config: str) -> Any:
    """DVC's resolver for a dvc.yaml in the current directory."""
    from types import SimpleNamespace

    from dvc.fs import LocalFileSystem
    from dvc.parsing import DataResolver

    for path, body in files.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(body)
    fs = LocalFileSystem()
    return DataResolver(SimpleNamespace(fs=fs, config={"parsing": config}), "", yaml.load(text, "dvc.yaml"))


def fields_of(entry: StageEntry, resolved: dict[str, Any]) -> None:
    """Our entry holds what DVC resolved."""
    cmd = resolved["cmd"]
    assert entry.cmd == (cmd if isinstance(cmd, str) else tuple(cmd))
    assert entry.wdir == resolved.get("wdir", ".")
    assert [dep.path for dep in entry.deps] == resolved.get("deps", [])
    assert entry.meta == resolved.get("meta")
    assert entry.desc == resolved.get("desc")
    assert entry.frozen == resolved.get("frozen", False)


@pytest.mark.parametrize("name", PIPELINES)
def test_stages_are_those_of_dvc(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvc.parsing import ResolveError

    monkeypatch.chdir(tmp_path)
    resolver, file = theirs(PIPELINES[name]), ours(PIPELINES[name])
    assert file.stage_names() == list(dict.fromkeys(resolver.get_keys()))
    for stage in file.stage_names():
        try:
            resolved = resolver.resolve_one(stage)[stage]
        except ResolveError:
            with pytest.raises((TemplateError, SchemaError)):
                file.stage(stage)
            continue
        fields_of(file.stage(stage), resolved)
        tracked = {path: values for path, values in resolver.tracked_vars[stage].items() if values}
        assert file.tracked(stage) == tracked
    assert file.metrics == resolver.resolve_metrics()
    assert file.params == resolver.resolve_params()
    assert file.plots == resolver.resolve_plots()
    assert file.artifacts == resolver.resolve_artifacts()
    assert file.datasets == resolver.resolve_datasets()


@pytest.mark.parametrize("bool_mode", ["store_true", "boolean_optional"])
@pytest.mark.parametrize("list_mode", ["nargs", "append"])
def test_maps_become_flags_as_in_dvc(
    bool_mode: Any, list_mode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PIPELINES["flags"]
    file = ours(text, flags=template.Flags(bool_mode, list_mode))
    resolver = theirs(text, bool=bool_mode, list=list_mode)
    for stage in file.stage_names():
        fields_of(file.stage(stage), resolver.resolve_one(stage)[stage])


def test_every_field_becomes_an_entry() -> None:
    assert ours(PIPELINES["plain"]).stage("a") == StageEntry(
        name="a",
        cmd=("echo one", "echo ${HOME}"),
        wdir="sub",
        deps=(DependencyEntry("x"), DependencyEntry("./y")),
        params=(
            ParamsEntry("params.yaml", ("lr", "train.epochs")),
            ParamsEntry("other.yaml", ("k",)),
            ParamsEntry("whole.yaml", None),
            ParamsEntry("params2.json", ("a",)),
        ),
        outs=(
            OutputEntry("o"),
            OutputEntry("p", cache=False, persist=True, annotations={"desc": "text", "labels": ["l"]}),
            OutputEntry("m.json", kind="metric", cache=False),
            OutputEntry("l.csv", kind="plot", cache=False, plot={"x": "step", "y": "loss", "template": "t"}),
            OutputEntry("dir", kind="plot"),
        ),
        frozen=True,
        always_changed=True,
        desc="about",
        meta={"x": [1]},
    )


def test_a_file_listed_whole_anywhere_is_whole() -> None:
    text = "stages:\n  a:\n    cmd: x\n    params: [lr, f.yaml: [a], g.yaml: [b], 'f.yaml': , params.yaml: ]\n"
    expected = (ParamsEntry("f.yaml", None), ParamsEntry("g.yaml", ("b",)), ParamsEntry("params.yaml", None))
    assert ours(text).stage("a").params == expected


def test_groups_and_templating_are_known() -> None:
    file = ours(PIPELINES["foreach map"] + "  z: {cmd: plain}\n")
    assert file.groups == {
        "a": ["a@a", "a@b"],
        "b": ["b@a", "b@b"],
        "c": ["c@x", "c@2", "c@z"],
        "d": ["d@raw"],
    }
    assert file.is_templated("a@a")
    assert not file.is_templated("z")


def test_files_are_read_only_when_an_expression_needs_them() -> None:
    def read(path: str) -> Any:
        raise AssertionError(path)

    file = pipeline.parse("stages:\n  a: {cmd: 'echo \\${x}'}\n  b: {cmd: 'echo ${x}'}\n", "dvc.yaml", read=read)
    assert file.stage("a").cmd == "echo ${x}"
    with pytest.raises(AssertionError, match=r"params\.yaml"):
        file.stage("b")


def test_an_error_in_one_stage_leaves_the_others_usable() -> None:
    file = ours("stages:\n  a: {cmd: 'echo ${missing}'}\n  b: {cmd: 'echo ${lr}'}\n")
    assert file.stage("b").cmd == "echo 0.001"
    with pytest.raises(TemplateError):
        file.stage("a")


def test_a_loop_that_hides_a_parameter_warns() -> None:
    file = ours("stages:\n  a: {foreach: [1], do: {cmd: 'echo ${item}'}}\n", {"params.yaml": "item: 3\n"})
    assert file.stage("a@1").cmd == "echo 1"
    assert file.warnings == ["dvc.yaml: in the stages of 'a', the loop's own 'item' hides a parameter"]


ERRORS = {
    "unknown name": (
        "stages:\n  a:\n    cmd: echo ${trian.epochs}\n",
        "dvc.yaml:3:15: 'stages.a.cmd': no value for '${trian.epochs}'",
        "did you mean 'train.epochs'?",
    ),
    "nothing near": (
        "stages:\n  a:\n    cmd: echo ${qqqqqqqq}\n",
        "dvc.yaml:3:15: 'stages.a.cmd': no value for '${qqqqqqqq}'",
        "define it in params.yaml or under vars, or write '\\${qqqqqqqq}' for the text itself",
    ),
    "a map in a dep": (
        "stages:\n  a:\n    cmd: x\n    deps: ['${train}']\n",
        "dvc.yaml:4:13: 'stages.a.deps.0': '${train}' is a map, which cannot stand here",
        "name one of its values",
    ),
    "a list in a command": (
        "stages:\n  a:\n    cmd: x ${layers}\n",
        "dvc.yaml:3:12: 'stages.a.cmd': '${layers}' is a list, which cannot stand here",
        "name one of its values",
    ),
    "a list of maps as flags": (
        "stages:\n  a:\n    cmd: x ${v}\nvars: [{v: {l: [{a: 1}]}}]\n",
        "dvc.yaml:3:10: 'stages.a.cmd': 'l' is a list in a list or of maps, which cannot become flags",
        None,
    ),
    "bad grammar": (
        "stages:\n  a:\n    cmd: x ${a..b}\n",
        "dvc.yaml:3:12: 'stages.a.cmd': '${a..b}' is no expression",
        "write ${name}, ${a.b} or ${a[0]}, and \\${ for the text itself",
    ),
    "defined twice": (
        "vars:\n- lr: 1\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:2:3: 'vars.0': 'vars[0]' defines 'lr', which 'params.yaml' defines already",
        "give it another name in one of them",
    ),
    "twice below": (
        "vars:\n- train: {epochs: 1}\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:2:3: 'vars.0': 'vars[0]' defines 'train.epochs', which 'params.yaml' defines already",
        "give it another name in one of them",
    ),
    "partly, then whole": (
        "vars: ['vars.yaml:lr2', vars.yaml]\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:25: 'vars.1': 'vars.yaml' names a file of which keys are loaded already",
        "list the file once, with all its keys or whole",
    ),
    "whole, then partly": (
        "vars: ['params.yaml:lr']\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:8: 'vars.0': 'params.yaml:lr' names keys of a file that is loaded whole already",
        "remove the entry",
    ),
    "no such file": (
        "vars: [gone.yaml]\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:8: 'vars.0': 'gone.yaml' does not exist",
        "vars are files, or maps of names and values",
    ),
    "no such key": (
        "vars: ['vars.yaml:extr']\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:8: 'vars.0': no key 'extr' in 'vars.yaml'",
        "did you mean 'extra'?",
    ),
    "no map": (
        "vars: [list.yaml]\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:8: 'vars.0': 'list.yaml' should hold a map, found list",
        None,
    ),
    "expressions in vars": (
        "vars: [{a: '${lr}'}]\nstages:\n  a: {cmd: 'x ${lr}'}\n",
        "dvc.yaml:1:8: 'vars' may not hold ${...}",
        "vars give values to expressions, so they are plain",
    ),
    "the loop's own name": (
        "stages:\n  a:\n    foreach: [1]\n    do: {cmd: x, vars: [{item: 2}]}\n",
        "dvc.yaml:4:25: 'stages.a.do.vars.0': 'a@1.vars[0]' defines 'item', the loop's own name here",
        None,
    ),
    "foreach over text": (
        "stages:\n  a:\n    foreach: ${name}\n    do: {cmd: x}\n",
        "dvc.yaml:3:14: 'stages.a.foreach' should be a list or a map, found str",
        None,
    ),
    "resolved to the wrong kind": (
        "stages:\n  a:\n    cmd: x\n    deps: ['${lr}']\n",
        "dvc.yaml:4:12: 'stages.a.deps.0' should be text, found 0.001",
        "that is what the expression gives: write it into longer text, or put its value in quotes",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_resolved_says_where_and_what_to_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, message, hint = ERRORS[name]
    with pytest.raises(FormatError) as caught:
        ours(text).stages()
    assert str(caught.value) == message
    assert caught.value.hint == hint
    if name != "resolved to the wrong kind":  # DVC finds out later
        with pytest.raises(Exception, match="failed to"):
            theirs(text).resolve()


@pytest.mark.parametrize("name", PIPELINES)
def test_what_dvc_validates_is_accepted(name: str) -> None:
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA

    if "datasets" not in PIPELINES[name]:
        COMPILED_MULTI_STAGE_SCHEMA(yaml.load(PIPELINES[name], "dvc.yaml"))
    ours(PIPELINES[name])


def test_an_unknown_stage_names_one_like_it() -> None:
    file = ours("stages:\n  train: {cmd: x}\n  g: {foreach: [1], do: {cmd: x}}\n")
    with pytest.raises(StageNotFound, match=r"^no stage 'trian' in dvc\.yaml$") as caught:
        file.stage("trian")
    assert caught.value.hint == "did you mean 'train'?"
    for name in ("g", "g@2", "train@1", ""):
        with pytest.raises(StageNotFound):
            file.stage(name)


def test_an_empty_file_has_no_stages() -> None:
    assert ours("").stages() == {}
    assert ours("stages: {}\n").plots == []


names = st.sampled_from(["a", "b", "c", "d e", "0", "1"])
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), st.sampled_from(["x", "y z", ""])
)
contexts = st.dictionaries(
    names,
    st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=2))
    ),
    max_size=4,
)
steps = st.one_of(
    names.map("[{}]".format), names.map(".{}".format), st.sampled_from(["", " ", ".", "[", "]", "[-1]", ".-1"])
)
expressions = st.tuples(names, st.lists(steps, max_size=2).map("".join)).map("".join)
templates = st.lists(
    st.one_of(expressions.map("${{{}}}".format), st.sampled_from(["text ", "\\${a}", "${", "}", "$", "\\", "{", "\n"])),
    max_size=3,
).map("".join)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(contexts, templates, st.sampled_from(["cmd", "deps", None]))
def test_random_templates_resolve_as_in_dvc(values: dict[str, Any], text: str, field: str | None) -> None:
    from dvc.parsing import ResolveError
    from dvc.parsing.context import Context, ContextError
    from dvc.parsing.interpolate import ParseError

    context = template.Context(lambda _: values)
    context.add_default("params.yaml")
    try:
        expected = Context(values).resolve(text, key=field)
    except (ContextError, ParseError, ResolveError):
        with pytest.raises(template.Unresolved):
            template.resolve(text, context, field=field)
        return
    found = template.resolve(text, context, field=field)
    assert found == expected
    assert type(found) is type(expected)

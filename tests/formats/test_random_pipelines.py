"""Random pipelines with templates: the stages of DVC's resolver, or an error in both."""

from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiffin.errors import FormatError
from tiffin.formats import pipeline, yaml
from tiffin.formats.values import StageEntry

NAMES = st.sampled_from(["a", "b", "c", "item", "key"])
PRIMITIVES = st.one_of(st.booleans(), st.integers(0, 9), st.sampled_from(["x", "y z", "1.5", "true"]), st.none())
VALUES = st.recursive(
    PRIMITIVES,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=4,
)
CONTEXTS = st.dictionaries(NAMES, VALUES, max_size=4)
PATHS = st.tuples(NAMES, st.lists(st.sampled_from([".a", ".b", "[0]", "[1]", ".0"]), max_size=2)).map(
    lambda parts: parts[0] + "".join(parts[1])
)
TEXTS = st.lists(
    st.one_of(PATHS.map("${{{}}}".format), st.sampled_from(["run ", "-", "\\${a}", "$", "${", "}"])),
    min_size=1,
    max_size=3,
).map("".join)
FIELDS = {
    "cmd": st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=2)),
    "wdir": TEXTS,
    "deps": st.lists(TEXTS, max_size=2),
    "outs": st.lists(TEXTS, max_size=2),
    "vars": st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=2), max_size=2),
    "meta": st.dictionaries(NAMES, st.one_of(TEXTS, st.lists(TEXTS, max_size=2)), max_size=2),
}
BODIES = st.fixed_dictionaries({"cmd": FIELDS["cmd"]}, optional={k: v for k, v in FIELDS.items() if k != "cmd"})
LOOPS = st.one_of(PATHS.map("${{{}}}".format), st.lists(st.one_of(VALUES, TEXTS), max_size=3), CONTEXTS)
AXES = st.dictionaries(NAMES, st.one_of(PATHS.map("${{{}}}".format), st.lists(VALUES, max_size=2)), max_size=2)
STAGES = st.one_of(
    BODIES,
    st.fixed_dictionaries({"foreach": LOOPS, "do": BODIES}),
    st.tuples(AXES, BODIES).map(lambda pair: {"matrix": pair[0], **pair[1]}),
)
FILES = st.fixed_dictionaries(
    {"stages": st.dictionaries(st.sampled_from(["s", "t"]), STAGES, min_size=1, max_size=2)},
    optional={"vars": st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=2), max_size=2)},
)


class _NoFiles:
    """A file system in which params.yaml is the only file, and holds what it was given."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def exists(self, path: str) -> bool:
        return path == "params.yaml"

    def isdir(self, path: str) -> bool:
        return not path

    def join(self, *parts: str) -> str:
        import posixpath

        return posixpath.join(*parts)

    def normpath(self, path: str) -> str:
        import posixpath

        return posixpath.normpath(path)

    def open(self, *_: Any, **__: Any) -> Any:
        import io

        return io.StringIO(yaml.dump(self.values))


def their_stages(file: dict[str, Any], values: dict[str, Any]) -> dict[str, Any] | None:
    """None where DVC cannot read the file at all; a stage without a value where it cannot resolve it."""
    from dvc.exceptions import DvcException
    from dvc.parsing import DataResolver

    try:
        resolver = DataResolver(SimpleNamespace(fs=_NoFiles(values), config={}), "", file)
        names = list(dict.fromkeys(resolver.get_keys()))
    except (DvcException, TypeError, AttributeError, AssertionError):
        return None
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = resolver.resolve_one(name)[name]
        except (DvcException, TypeError, AttributeError, AssertionError):
            found[name] = None
    return found


def our_file(file: dict[str, Any], values: dict[str, Any]) -> pipeline.PipelineFile:
    def read(path: str) -> Any:
        if path != "params.yaml":
            raise FileNotFoundError(path)
        return values

    return pipeline.parse(yaml.dump(file), "dvc.yaml", read=read)


def as_resolved(entry: StageEntry) -> dict[str, Any]:
    return {
        "cmd": entry.cmd if isinstance(entry.cmd, str) else list(entry.cmd),
        "wdir": entry.wdir,
        "deps": [dep.path for dep in entry.deps],
        "outs": [out.path for out in entry.outs],
        "meta": entry.meta,
    }


def in_our_words(resolved: dict[str, Any]) -> dict[str, Any] | None:
    """A stage of DVC's resolver as tiffin would have it; None for values that DVC finds out about later."""
    paths = [*resolved.get("deps", []), *resolved.get("outs", [])]
    wdir = resolved.get("wdir", ".")
    cmd = resolved["cmd"]
    if not all(isinstance(text, str) for text in [*paths, wdir]) or not isinstance(cmd, str | list):
        return None
    if isinstance(cmd, list) and not all(isinstance(line, str) for line in cmd):
        return None
    outs = list(dict.fromkeys(resolved.get("outs", [])))
    deps = resolved.get("deps", [])
    return {"cmd": cmd, "wdir": wdir or ".", "deps": deps, "outs": outs, "meta": resolved.get("meta")}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, CONTEXTS)
def test_random_pipelines_resolve_as_in_dvc(file: dict[str, Any], values: dict[str, Any]) -> None:
    theirs = their_stages(file, values)
    try:
        ours = our_file(file, values)
        names = ours.stage_names()
    except FormatError:
        assert theirs is None or any(resolved is None for resolved in theirs.values())
        return
    if theirs is None:
        return  # DVC reads all at once; tiffin has other stages work
    assert names == list(theirs)
    for name, resolved in theirs.items():
        expected = None if resolved is None else in_our_words(resolved)
        try:
            found = as_resolved(ours.stage(name))
        except FormatError:
            assert expected is None
            continue
        if expected is not None:
            assert found == expected

"""Many small pipelines, read by DVC and by tiffin: the same stages with the same values, or an error in both.

The pipelines are in pipelines.txt.  DVC runs in this process, so that two hundred of them cost seconds.
"""

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tiffin.errors import FormatError
from tiffin.formats import params, pipeline
from tiffin.formats.values import OutputEntry, StageEntry

CORPUS = Path(__file__).with_name("pipelines.txt")
SECTIONS = ("params", "metrics", "plots", "artifacts", "datasets")

# Read otherwise on purpose, or where DVC does not say what it means.
DIFFERENT = {
    "cmd list int": "what is no text is run as text; DVC cannot run it",
    "cmd list nested": "as above",
    "cmd expr number": "refused; DVC cannot run it",
    "cmd expr map": "refused as the whole command; DVC cannot run it",
    "cmd map exact": "as above",
    "cmd map in list exact": "becomes flags, as within text; DVC cannot run it",
    "wdir abs": "the same place, which the comparison shows from the root",
    "wdir none": "refused",
    "params int key": "keys are text: DVC looks for the number and does not find it",
    "params nested list": "as above",
    "params zero": "refused",
    "matrix frozen": "a description is text; DVC keeps the type of an expression",
    "foreach do matrix": "refused; DVC ignores the matrix",
    "matrix str axis": "refused; DVC makes a stage of each letter",
    "matrix empty": "one stage without a name of its own; DVC cannot load it",
    "matrix axis key expr": "resolved; DVC fails with a TypeError",
    "vars toml": "values that no expression uses may be of any kind",
    "vars py": "as above",
    "vars py tuple": "a list that cannot be changed is a list",
    "vars py set": "values that no expression uses may be of any kind",
    "vars toml date unused": "as above",
    "vars yaml date unused": "as above",
    "stage name weird": "a name is a name; DVC takes it for a member of a group",
    "stage name at": "as above",
    "stage name empty": "as above",
    "metrics expr num": "refused",
    "foreach at": "a key is a key; DVC cannot find the stage it makes",
    "datasets map": "refused",
    "datasets noname": "refused",
    "params broken": "parameters that no stage uses are not read",
    "params list": "as above",
}


def cases() -> dict[str, dict[str, str]]:
    head, *blocks = re.split(r"^=== ", CORPUS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    base = files_of(head.partition("\n--- ")[2])
    found = {}
    for block in blocks:
        name, _, rest = block.partition("\n")
        text, *others = re.split(r"^--- ", rest, flags=re.MULTILINE)
        files = {**base, "dvc.yaml": text}
        for other in others:
            files |= files_of(other)
        found[name] = {path: body for path, body in files.items() if body.strip() != "(none)"}
    return found


def files_of(block: str) -> dict[str, str]:
    path, _, text = block.partition("\n")
    return {path: text}


CASES = cases()


@pytest.fixture(scope="module")
def dvc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A DVC repository without Git in the current directory."""
    from dvc.repo import Repo

    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(root / ".site"))
        patch.chdir(root)
        logging.getLogger("dvc").setLevel(logging.CRITICAL)
        with Repo.init(no_scm=True) as repo:
            yield repo


def attempt(read: Callable[..., Any], *arguments: Any) -> Any:
    """What read gives, or the error as text."""
    try:
        return read(*arguments)
    except Exception as error:  # noqa: BLE001 - DVC lets errors of all kinds through
        return f"{type(error).__name__}: {error}"


def theirs(repo: Any, files: dict[str, str]) -> Any:
    from dvc.dvcfile import load_file

    root = Path(repo.root_dir)
    for path in root.iterdir():
        if path.name not in (".dvc", ".dvcignore", ".site"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    repo._reset()
    file = load_file(repo, str(root / "dvc.yaml"))
    names = list(dict.fromkeys(file.stages))
    found = {name: attempt(lambda key: their_stage(file.stages[key], root), name) for name in names}
    return found | {f"#{section}": attempt(getattr, file, section) for section in SECTIONS}


def their_stage(stage: Any, root: Path) -> dict[str, Any]:
    from dvc.dependency import ParamsDependency

    return {
        "cmd": stage.cmd,
        "wdir": os.path.relpath(stage.wdir, root),
        "deps": [dep.def_path for dep in stage.deps if not isinstance(dep, ParamsDependency)],
        "params": [(dep.def_path, list(dict.fromkeys(dep.params))) for dep in stage.deps if hasattr(dep, "params")],
        "outs": [their_output(out) for out in stage.outs],
        "flags": (bool(stage.frozen), bool(stage.always_changed), stage.desc, stage.meta),
    }


def their_output(out: Any) -> tuple[Any, ...]:
    kind = "metric" if out.metric else "plot" if out.plot else "out"
    notes = {key: value for key, value in out.annot.to_dict().items() if value}
    plot = out.plot if isinstance(out.plot, dict) else {}
    return (out.def_path, kind, out.use_cache, out.persist, out.can_push, out.remote, notes, plot)


def ours(files: dict[str, str]) -> Any:
    def read(path: str) -> Any:
        if path not in files:
            raise FileNotFoundError(path)
        return params.load(files[path], path)

    file = pipeline.parse(files["dvc.yaml"], "dvc.yaml", read=read)
    found = {name: attempt(lambda key: our_stage(file.stage(key)), name) for name in file.stage_names()}
    return found | {f"#{section}": attempt(getattr, file, section) for section in SECTIONS}


def our_stage(entry: StageEntry) -> dict[str, Any]:
    return {
        "cmd": entry.cmd if isinstance(entry.cmd, str) else list(entry.cmd),
        "wdir": os.path.normpath(entry.wdir),
        "deps": [dep.path for dep in entry.deps],
        "params": [(listed.file, list(listed.keys or ())) for listed in entry.params],
        "outs": [our_output(out) for out in entry.outs],
        "flags": (entry.frozen, entry.always_changed, entry.desc, entry.meta),
    }


def our_output(out: OutputEntry) -> tuple[Any, ...]:
    notes, plot = dict(out.annotations), dict(out.plot)
    return (out.path, out.kind, out.cache, out.persist, out.push, out.remote, notes, plot)


def fails(found: Any) -> bool:
    return isinstance(found, str) or any(isinstance(value, str) for value in found.values())


def differences(their: Any, our: Any) -> list[str]:
    if isinstance(their, str) or isinstance(our, str):
        # Tiffin finds some errors earlier, and some only in the stage that has them.
        return [] if fails(their) and fails(our) else [f"theirs {their}", f"ours   {our}"]
    if list(their) != list(our):
        return [f"theirs {list(their)}", f"ours   {list(our)}"]
    pairs = [(name, their[name], our[name]) for name in their]
    return [
        f"{name}: theirs {theirs_is!r}, ours {ours_is!r}"
        for name, theirs_is, ours_is in pairs
        if theirs_is != ours_is and not (isinstance(theirs_is, str) and isinstance(ours_is, str))
    ]


@pytest.mark.parametrize("name", CASES)
def test_both_read_the_same(dvc: Any, name: str) -> None:
    files = CASES[name]
    found = differences(attempt(theirs, dvc, files), attempt(ours, files))
    if name in DIFFERENT:
        assert found, "no longer different: take it out of the list"
    else:
        assert not found, "\n".join(found)


def test_errors_are_ours() -> None:
    for name, files in CASES.items():
        try:
            found = ours(files)
        except FormatError:
            continue
        errors = [value for value in found.values() if isinstance(value, str)]
        assert all(re.match("(Template|Schema|Yaml)Error: ", error) for error in errors), (name, errors)

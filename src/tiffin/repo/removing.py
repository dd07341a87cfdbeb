"""Taking stages and data out of the project again: `remove`."""

from collections.abc import Iterable, Sequence

from tiffin.errors import StageInvalid, StageNotFound, UnsavedChanges
from tiffin.formats import edit, lock, yaml
from tiffin.fs import remove_quietly, write_inside
from tiffin.pipeline import Output, Stage, join, lock_path
from tiffin.repo._outputs import OutputLog
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["remove"]


def remove(
    repo: Repo, targets: Sequence[str], *, outs: bool = False, force: bool = False, git: GitSide | None = None
) -> list[Stage]:
    """Stop tracking what stages and .dvc files track; return them.

    A target is a .dvc file, a stage, a group of foreach or matrix stages, or a whole dvc.yaml.  The data stays in the
    workspace, as plain files of the user's, and in the cache.  outs: the data goes from the workspace; unless
    force, UnsavedChanges is raised if that would lose bytes that are stored nowhere else.  All targets are checked
    before anything goes, and a killed call can be repeated: metadata goes last.
    """
    git = git or GitSide(repo)
    # Live, in another process, edits dvc.yaml under the second lock.
    with repo.lock, repo.dvcyaml_lock:
        stages = {(stage.file, stage.name): stage for target in targets for stage in _named(repo, target)}
        edits = _edits(repo, stages.values())
        outputs = [out for stage in stages.values() for out in stage.outs]
        repo.refuse_in_use([out.path for out in outputs])
        if outs and not force:
            _refuse_to_lose(repo, git, outputs)
        for out in outputs:
            _let_go(repo, out, outs=outs)
        git.unignore([out.path for out in outputs])
        gone = {out.path for out in outputs}
        # What is tracked no more stays: `checkout` must not take it for a leftover.
        log = OutputLog(repo.state)
        log.save([path for path in log.load() if path not in gone])
        for file, text in edits.items():
            _write(repo, file, text)
        files = [stage.file for stage in stages.values() if stage.name is None]
        for file in files:
            remove_quietly(f"{repo.root}/{file}")
        git.changed([file for file, text in edits.items() if text])
        git.removed([*files, *(file for file, text in edits.items() if not text)])
        repo.reload()
        return list(stages.values())


def _named(repo: Repo, target: str) -> list[Stage]:
    """The stages of a target; unlike elsewhere, an output does not name the stage that writes it."""
    try:
        selections = repo.project.select(target, repo.directory)
    except StageNotFound as error:
        raise StageNotFound(error.message, hint=_hint(repo, target) or error.hint) from error
    stages = [selection.stage for selection in selections]
    if any(selection.path is not None for selection in selections):
        label = stages[0].seen_from(repo.directory)
        raise StageNotFound(f"'{target}' is an output, not a stage or .dvc file", hint=f"did you mean '{label}'?")
    return stages


def _hint(repo: Repo, target: str) -> str | None:
    file = f"{target}.dvc"
    return f"did you mean '{file}'?" if repo.project.source.read(join(repo.directory, file)) is not None else None


def _edits(repo: Repo, stages: Iterable[Stage]) -> dict[str, str]:
    """The dvc.lock and dvc.yaml files without the stages, in the order to write them; "" for one to remove."""
    names: dict[str, set[str]] = {}
    for stage in stages:
        if stage.name is not None:
            names.setdefault(stage.file, set()).add(stage.name)
    edits = {}
    for file, unwanted in names.items():
        pipeline = _pipeline_without(repo, file, unwanted)
        recorded = repo.project.source.read(lock_path(file))
        if recorded is not None:
            edits[lock_path(file)] = _lock_without(recorded.decode("utf-8"), lock_path(file), unwanted)
        edits[file] = pipeline
    return edits


def _pipeline_without(repo: Repo, file: str, names: set[str]) -> str:
    keys = set(names)
    for group, members in repo.project.pipeline_file(file).groups.items():
        if keys.isdisjoint(members):
            continue
        if not keys.issuperset(members):
            one = min(keys.intersection(members))
            raise StageInvalid(
                f"'{one}' is one of several stages that '{group}' in '{file}' makes",
                hint=f"remove all of them with `tiffin remove {group}`, or take this one out of '{file}'",
            )
        keys = keys.difference(members) | {group}
    text = (repo.project.source.read(file) or b"").decode("utf-8")
    for key in sorted(keys):
        text = edit.remove_stage(text, key, path=file)
    return text


def _lock_without(text: str, path: str, names: set[str]) -> str:
    entries = {name: entry for name, entry in lock.parse(text, path).items() if name not in names}
    other = set(yaml.load(text, path) or ()).difference(("schema", "stages"))
    return lock.dump(entries, text) if entries or other else ""


def _refuse_to_lose(repo: Repo, git: GitSide, outputs: Iterable[Output]) -> None:
    for out in outputs:
        safe = repo.workspace.saved(out.path) if out.entry.cache else not repo.workspace.exists(out.path)
        if not safe and not git.committed(out.path):
            raise UnsavedChanges(
                f"'{repo.shown(out.path)}' is stored nowhere else and would be lost",
                hint="keep it with `tiffin commit`, or give it up with --force",
            )


def _let_go(repo: Repo, out: Output, *, outs: bool) -> None:
    if outs:
        repo.workspace.remove(out.path)
    elif out.entry.cache and repo.workspace.exists(out.path):
        repo.workspace.unprotect(out.path)


def _write(repo: Repo, file: str, text: str) -> None:
    if text:
        write_inside(repo.root, file, text)
    else:
        remove_quietly(f"{repo.root}/{file}")

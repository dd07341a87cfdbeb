"""Running experiments: `exp run`.

Unlike DVC's, a run never stashes, resets or detaches anything: it works in the workspace as it is, and the
commit that keeps the result is made beside it, with an index of its own.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from random import SystemRandom
from typing import NamedTuple, Protocol

from tiffin.errors import ExperimentError, FormatError, GitError, MissingObjects, OverrideError
from tiffin.experiments import (
    check_name,
    checksum,
    experiments_by_baseline,
    files_of,
    folders_of,
    random_name,
    ref_name,
)
from tiffin.formats import LockEntry, params
from tiffin.formats.overrides import Override, parse_override, set_values, split_file
from tiffin.fs import write_inside
from tiffin.pipeline import Project, Source, Stage, checkout_output
from tiffin.repo._repo import Repo
from tiffin.repo.asked import recorded_outputs
from tiffin.repo.gitside import GitSide
from tiffin.repo.revisions import States
from tiffin.repo.running import Scope, Settings, Surroundings, Watcher, order, repro
from tiffin.scm import Git

__all__ = ["Listener", "Plan", "Ran", "run"]


class Plan(NamedTuple):
    """What to run as an experiment.

    overrides: changes of parameters ("train.lr=0.1"), files from where the user stands.  name: None for a random one.
    message: of the commit, None for DVC's.
    """

    scope: Scope
    settings: Settings
    surroundings: Surroundings
    overrides: Sequence[str] = ()
    name: str | None = None
    message: str | None = None
    hydra: bool = True  # whether Hydra composes params.yaml, where the settings ask for it


class Ran(NamedTuple):
    """The experiment's name, and its commit; None for a dry run."""

    name: str
    commit: str | None


class Listener(Watcher, Protocol):
    """What `run` tells beside what `repro` does."""

    def starting(self, name: str) -> None:
        """The experiment's name is settled."""
        ...

    def changing(self, path: str, name: str, old: object, new: object) -> None:
        """A parameter is about to be set; None: it is not there."""
        ...


class _Edit(NamedTuple):
    """A params file before (None: it is not there) and after the changes."""

    path: str
    old: bytes | None
    new: str


def run(repo: Repo, plan: Plan, listener: Listener) -> Ran:
    """Set parameters, reproduce, and keep the result as an experiment of the commit checked out.

    All is checked before a file is touched; a dry run touches none.  If a stage fails, the parameters stay as set
    and there is no experiment.  Branch, index and what else is in the work tree stay as they are.
    Raises GitError, ExperimentError, OverrideError, FormatError, GraphError, StageFailed.
    """
    git = States(repo).git
    head = _head(git)
    with repo.lock:
        name, old = _name(git, head, plan)
        edits = _edits(repo, plan)
        edited = Project(_Edited(repo.project.source, edits), repo.flags)
        _ = order(edited, repo.directory, plan.scope)
        listener.starting(name)
        for edit in edits:
            _announce(edit, listener)
        if plan.settings.dry:
            repo.project = edited
            repro(repo, plan.scope, plan.settings, listener, plan.surroundings)
            return Ran(name, None)
        for edit in edits:
            write_inside(repo.root, edit.path, edit.new)
        repo.reload()
        commit = _reproduce(repo, plan, listener, git, head, name)
        git.update_ref(ref_name(head, name), commit, old=old)
        return Ran(name, commit)


class _Edited:
    """A source in which some files say something else."""

    def __init__(self, source: Source, edits: Iterable[_Edit]) -> None:
        self._source = source
        self._texts = {edit.path: edit.new.encode() for edit in edits}

    def metafiles(self) -> list[str]:
        return self._source.metafiles()

    def read(self, path: str) -> bytes | None:
        return self._texts[path] if path in self._texts else self._source.read(path)


def _head(git: Git) -> str:
    head = git.head()
    if head is None:
        raise GitError(
            "an experiment starts from a commit, and there is none yet",
            hint="commit what you have: git add --all && git commit",
        )
    return head


def _name(git: Git, head: str, plan: Plan) -> tuple[str, str]:
    """The experiment's name, and the commit its ref has now, "" for none."""
    taken = experiments_by_baseline(git).get(head, {})
    if plan.name is None:
        return random_name(SystemRandom().randrange, taken), ""
    check_name(plan.name)
    if plan.name in taken and not plan.settings.force:
        raise ExperimentError(
            f"experiment '{plan.name}' of this commit exists already", hint="choose another name, or replace it with -f"
        )
    return plan.name, taken.get(plan.name, "")


def _edits(repo: Repo, plan: Plan) -> list[_Edit]:
    by_file: dict[str, list[Override]] = {}
    composed = repo.inside(params.DEFAULT_FILE) if plan.hydra and repo.config.flag("hydra.enabled") else None
    for_hydra: list[str] = []
    for text in plan.overrides:
        file, change = split_file(text)
        if repo.inside(file) == composed:
            for_hydra.append(change)
        else:
            by_file.setdefault(repo.inside(file), []).append(parse_override(text))
    edits = [_edit(repo, path, changes) for path, changes in by_file.items()]
    if composed is None:
        return edits
    from tiffin.repo._composing import compose  # noqa: PLC0415 - few projects have their parameters composed

    return [_Edit(composed, repo.project.source.read(composed), compose(repo, for_hydra)), *edits]


def _edit(repo: Repo, path: str, changes: Sequence[Override]) -> _Edit:
    old = repo.project.source.read(path)
    if old is None and all(change.op in ("set", "delete") for change in changes):
        raise OverrideError(
            f"cannot set '{changes[0].name}': there is no '{repo.shown(path)}'",
            hint=f"to make the file, write '{changes[0].file}:+{changes[0].text.removeprefix(f'{changes[0].file}:')}'",
        )
    return _Edit(path, old, set_values((old or b"").decode("utf-8"), path, changes))


def _announce(edit: _Edit, listener: Listener) -> None:
    old = params.flatten(params.load(edit.old or b"", edit.path))
    new = params.flatten(params.load(edit.new, edit.path))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            listener.changing(edit.path, name, old.get(name), new.get(name))


def _reproduce(repo: Repo, plan: Plan, listener: Listener, git: Git, head: str, name: str) -> str:
    """Reproduce, and give the commit of the result."""
    side = GitSide(repo)
    index = git.index()
    _check_out_absent(repo, plan.scope)
    variables = {"DVC_EXP_NAME": name, "DVC_EXP_BASELINE_REV": head}
    try:
        done = repro(repo, plan.scope, plan.settings, listener, plan.surroundings, variables=variables, git=side)
        entries = _recorded(repo, done.reproduced)
        message = plan.message or f"dvc: commit experiment {checksum(entries)}"
        return _commit(git, head, _paths(repo, plan.scope, side), message)
    finally:
        _restore_index(repo, git, index)


def _commit(git: Git, head: str, files: Sequence[str], message: str) -> str:
    """Commit all that changed in files Git knows, and those of `files` that it does not know yet."""
    changed = [change.path for change in git.status(untracked="no")]
    return git.commit_tree_from_workspace(dict.fromkeys([*changed, *git.untracked(files)]), head, message)


def _paths(repo: Repo, scope: Scope, side: GitSide) -> list[str]:
    """What the commit holds beside what Git knows, as absolute paths."""
    visited = [repo.project.graph.stages[number] for number in order(repo.project, repo.directory, scope)]
    return [os.path.join(repo.root, path) for path in (*side.files, *files_of(repo.project, visited))]


def _restore_index(repo: Repo, git: Git, before: Mapping[str, str]) -> None:
    """Undo what `Live` put into the index for DVC's sake.  What the user staged meanwhile, elsewhere, stays."""
    repo.reload()
    try:
        own = [*files_of(repo.project, repo.project.stages), *folders_of(repo.project)]
    except FormatError:
        return  # the run left a dvc.yaml that says nothing: what is whose is not known
    after = git.index()
    absolute = [os.path.relpath(os.path.join(repo.root, path), git.root).replace(os.sep, "/") for path in own]
    changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    git.restore_index({path: before.get(path) for path in changed if _at_or_below(path, absolute)})


def _at_or_below(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _recorded(repo: Repo, stages: Iterable[Stage]) -> dict[str, LockEntry]:
    found = {}
    for stage in stages:
        if stage.name is not None:
            found[stage.name] = repo.project.lock_entries(stage.file)[stage.name]
    return found


def _check_out_absent(repo: Repo, scope: Scope) -> None:
    """Bring back outputs that are not there: after a fresh clone a run needs its data, and nothing can be lost."""
    for output, _ in recorded_outputs(repo, repo.project, scope.targets, with_deps=True):
        if output.recorded is None or repo.workspace.exists(output.path):
            continue
        try:
            checkout_output(repo.workspace, output, output.recorded)
        except MissingObjects:
            continue  # the run makes it, or says what it lacks

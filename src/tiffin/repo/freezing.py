"""Stages that are left as they are: `freeze`, `unfreeze`."""

from collections.abc import Sequence

from tiffin.errors import StageInvalid
from tiffin.formats import dvcfile, edit
from tiffin.fs import write_inside
from tiffin.pipeline import Stage
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide

__all__ = ["freeze"]


def freeze(repo: Repo, targets: Sequence[str], *, frozen: bool = True, git: GitSide | None = None) -> list[Stage]:
    """Say in dvc.yaml and .dvc files that stages are frozen, or that they are not; return the stages.

    A frozen stage is not run, and changes of what it depends on do not count.  All targets are checked before any file
    is written.  Raises StageNotFound, and StageInvalid for a stage that a template or a group makes.
    """
    git = git or GitSide(repo)
    # Live, in another process, edits dvc.yaml under the second lock.
    with repo.lock, repo.dvcyaml_lock:
        stages = repo.project.select_stages(targets, repo.directory)
        texts: dict[str, str] = {}
        for stage in stages:
            old = texts.get(stage.file) or (repo.project.source.read(stage.file) or b"").decode("utf-8")
            texts[stage.file] = _changed(repo, stage, old, frozen=frozen)
        for file, text in texts.items():
            write_inside(repo.root, file, text)
        git.changed(texts)
        repo.reload()
        return stages


def _changed(repo: Repo, stage: Stage, text: str, *, frozen: bool) -> str:
    if stage.dvc_file is not None:
        return dvcfile.dump(stage.dvc_file._replace(frozen=frozen), text)
    name = stage.name or ""
    if repo.project.pipeline_file(stage.file).is_templated(name):
        word = "frozen: true" if frozen else "frozen: false"
        raise StageInvalid(
            f"{stage.label} is made from a template, which cannot be changed for it",
            hint=f"write `{word}` into '{repo.shown(stage.file)}' yourself",
        )
    return edit.set_frozen(text, name, frozen=frozen, path=stage.file)

"""How the plots of stages are drawn, as their dvc.yaml says: `plots modify`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tiffin.errors import PlotError, StageInvalid, StageNotFound
from tiffin.formats.plot_edit import PLOT_PROPERTIES, set_plot
from tiffin.fs import write_inside
from tiffin.pipeline import Output, Stage
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.plotting import PlotTemplates

__all__ = ["plots_modify"]


def plots_modify(repo: Repo, target: str, properties: Mapping[str, Any], unset: Sequence[str] | None = None) -> Stage:
    """Set and unset properties of an output, which becomes a plot if it is none; the stage it belongs to.

    Raises StageNotFound for an unknown output, PlotError for an unknown template or a property that is not set, and
    StageInvalid for a stage that a template makes.
    """
    if properties.get("template"):
        PlotTemplates(repo).get(properties["template"])
    with repo.lock, repo.dvcyaml_lock:
        stage, out = _output(repo, target)
        if stage.name is None or stage.dvc_file is not None:
            raise PlotError(
                f"'{target}' is tracked by '{repo.shown(stage.file)}', which cannot say how it is drawn",
                hint=f"list it under `plots` in dvc.yaml: `- {target}: {{x: ..., y: ...}}`",
            )
        if repo.project.pipeline_file(stage.file).is_templated(stage.name):
            raise StageInvalid(
                f"{stage.label} is made from a template, which cannot be changed for it",
                hint=f"write the properties into '{repo.shown(stage.file)}' yourself",
            )
        new = _changed(target, out, properties, unset)
        old = (repo.project.source.read(stage.file) or b"").decode("utf-8")
        text = set_plot(old, stage.name, out.entry.path, new, path=stage.file)
        if text != old:
            write_inside(repo.root, stage.file, text)
            GitSide(repo).changed([stage.file])
            repo.reload()
        return stage


def _output(repo: Repo, target: str) -> tuple[Stage, Output]:
    path = repo.inside(target)
    for stage in repo.project.stages:
        for out in stage.outs:
            if out.path == path:
                return stage, out
    raise StageNotFound(
        f"no stage has an output '{target}'", hint="what is only listed under `plots` in dvc.yaml is changed there"
    )


def _changed(target: str, out: Output, properties: Mapping[str, Any], unset: Sequence[str] | None) -> dict[str, Any]:
    own = dict(out.entry.plot)
    if unset is not None and out.entry.kind != "plot":
        raise PlotError(f"'{target}' is not a plot", hint="`tiffin plots modify` with a property makes it one")
    absent = [name for name in unset or () if name not in own]
    if absent:
        known = f"it has: {', '.join(own)}" if own else "it has none"
        raise PlotError(f"'{target}' has no property {', '.join(map(repr, absent))} ({known})")
    for name in unset or ():
        own.pop(name, None)
    return {**own, **{name: properties[name] for name in PLOT_PROPERTIES if name in properties}}

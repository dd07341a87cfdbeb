"""Plots as programs read them: see docs/formats/plots.md."""

from typing import Any

from tiffin.experiments import failure_of
from tiffin.plots import Plot, fill
from tiffin.repo.plotting import Gathered, PlotTemplates, write_images

__all__ = ["as_json"]


def as_json(found: Gathered, templates: PlotTemplates, out: str, *, split: bool) -> dict[str, Any]:
    """DVC's answer.  Images are written to `out`, as the programs that ask expect."""
    images = [image for plot in found.plots for image in plot.images]
    urls = write_images(images, out) if images else {}
    data: dict[str, list[dict[str, Any]]] = {}
    errors: list[dict[str, Any]] = []
    for plot in found.plots:
        if plot.kind == "image":
            data[plot.name] = [
                {"type": "image", "revisions": [image.revision], "url": urls[image]} for image in plot.images
            ]
        else:
            data[plot.name] = _vega_json(plot, templates, split=split)
        for failed in plot.failures:
            source = {} if failed.source is None else {"source": failed.source}
            errors.append({"name": plot.name, "rev": failed.revision, **source, **_error_json(failed.error)})
    errors += [{"rev": revision, **_error_json(error)} for revision, error in found.failures.items()]
    return {key: value for key, value in (("errors", errors), ("data", data)) if value}


def _vega_json(plot: Plot, templates: PlotTemplates, *, split: bool) -> list[dict[str, Any]]:
    if not plot.points:
        return []
    filled = fill(plot, templates.get(plot.template), split=split)
    entry = {"type": "vega", "revisions": list(plot.revisions), "content": filled.content}
    return [{**entry, "anchor_definitions": filled.apart} if split else entry]


def _error_json(error: Exception) -> dict[str, str]:
    failure = failure_of(error)
    return {"type": failure.kind, "msg": failure.message}

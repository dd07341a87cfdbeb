"""How `plots show` and `plots diff` answer: with a page, with files, in the terminal, or with JSON."""

import json
import os
import sys
from collections.abc import Callable
from shutil import get_terminal_size
from urllib.parse import quote

from tiffin.cli._plot_flags import HasPlotFlags, properties_of
from tiffin.cli._plots_json import as_json
from tiffin.cli._ui import Ui
from tiffin.errors import PlotError, UsageError
from tiffin.plots import fill
from tiffin.repo import Repo
from tiffin.repo.plotting import Gathered, PlotRequest, PlotTemplates

__all__ = ["respond"]

_MOST_TOLD = 10


def respond(ui: Ui, repo: Repo, options: HasPlotFlags, gather: Callable[[PlotRequest], Gathered]) -> int:
    """Gather the plots and show them as was asked; the exit code."""
    _check(options)
    answers = options.json or options.show_vega
    found = gather(PlotRequest(options.targets, properties_of(options), once=not answers))
    templates = PlotTemplates(repo)
    if options.show_vega:
        return _show_vega(ui, found, templates)
    out = os.path.abspath(
        os.path.join(ui.context.directory, options.out or repo.config.text("plots.out_dir") or "dvc_plots")
    )
    if options.json:
        ui.json(as_json(found, templates, out, split=options.split))
        return 0
    _tell(ui, options, found)
    if not found.plots:
        return 0
    if options.terminal:
        _sketch(ui, found, templates)
        return 0
    # Late: an answer in JSON needs nothing that draws.
    from tiffin.repo.plot_files import write_page, write_pictures  # noqa: PLC0415

    if options.svg or options.png:
        for path in write_pictures(found, templates, out, svg=options.svg, png=options.png):
            ui.write(os.path.relpath(path, ui.context.directory))
        return 0
    page = write_page(repo, found, templates, out, options.html_template)
    ui.write(f"file://{quote(os.path.realpath(page))}")
    return _open(ui, repo, page, wanted=options.open)


def _tell(ui: Ui, options: HasPlotFlags, found: Gathered) -> None:
    """Say what is missing from the plots."""
    for revision, error in found.failures.items():
        ui.warning(f"the plots of '{revision}' cannot be told: {error}", getattr(error, "hint", None))
    failures = [(plot, failed) for plot in found.plots for failed in plot.failures]
    for plot, failed in failures[:_MOST_TOLD]:
        ui.warning(f"'{plot.name}' in '{failed.revision}': {failed.reason}", failed.hint)
    if len(failures) > _MOST_TOLD:
        ui.warning(f"{len(failures) - _MOST_TOLD} more are missing, which the page names")
    empty = [plot.name for plot in found.plots if not (plot.points or plot.images or plot.failures)]
    if empty:
        ui.warning(f"no data points in {', '.join(map(repr, empty[:_MOST_TOLD]))}{' ...' * (len(empty) > _MOST_TOLD)}")
    if not (found.plots or found.failures):
        asked = f"nothing is called {' or '.join(map(repr, options.targets))}" if options.targets else "none is defined"
        ui.warning(f"no plots: {asked}", "list data files or images under `plots` in dvc.yaml, or name them")


def _sketch(ui: Ui, found: Gathered, templates: PlotTemplates) -> None:
    from tiffin.plots.drawing import as_text  # noqa: PLC0415 - as above

    color = sys.stdout.isatty() and "NO_COLOR" not in ui.context.environment
    for plot in found.plots:
        if plot.kind == "image":
            ui.write(f"{plot.name}: {len(plot.images)} image(s), which the page shows")
            continue
        try:
            sketch = as_text(plot, templates.get(plot.template), get_terminal_size().columns - 1, color=color)
        except PlotError as error:
            ui.warning(f"'{plot.name}': {error.message}", error.hint)
            continue
        if sketch:
            ui.table(f"{sketch}\n")


def _open(ui: Ui, repo: Repo, page: str, *, wanted: bool) -> int:
    always = repo.config.flag("plots.auto_open")
    if not (wanted or always):
        return 0
    if not always:
        ui.status("To have it opened every time: tiffin config plots.auto_open true")
    import webbrowser  # noqa: PLC0415 - seldom asked for

    if webbrowser.open(f"file://{quote(os.path.realpath(page))}"):
        return 0
    ui.error("the browser could not be started", "open the page yourself")
    return 1


def _check(options: HasPlotFlags) -> None:
    if not options.show_vega:
        return
    wrong = None
    if len(options.targets) != 1:
        wrong = UsageError("--show-vega wants one target", hint="name the plot that is meant")
    elif options.json:
        wrong = UsageError("--show-vega and --json exclude each other", hint="leave one out")
    if wrong is not None:
        wrong.exit_code = 1
        raise wrong


def _show_vega(ui: Ui, found: Gathered, templates: PlotTemplates) -> int:
    plot = next((plot for plot in found.plots if plot.kind == "vega"), None)
    if plot is not None:
        ui.answer(json.dumps(fill(plot, templates.get(plot.template)).content, indent=2, default=str))
    return 0

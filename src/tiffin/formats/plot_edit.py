"""How an output of a stage is drawn, written into a dvc.yaml that people edit."""

from collections.abc import Mapping, Sequence
from typing import Any

from tiffin.formats import yaml
from tiffin.formats._update import rewrite, update

__all__ = ["PLOT_PROPERTIES", "set_plot"]

PLOT_PROPERTIES = ("template", "x", "y", "x_label", "y_label", "title", "header")


def set_plot(text: str, name: str, output: str, properties: Mapping[str, Any], *, path: str = "dvc.yaml") -> str:
    """Make an output of the stage `name` a plot with exactly these properties.

    output: as written in the file.  An output or metric moves to the plots, to its place by name; text is given back
    where it says so already.
    """

    def change(file: Any) -> None:
        stage = file["stages"][name]
        flags = {**_taken_out(stage, "outs", output), **_taken_out(stage, "metrics", output)}
        plots = stage.setdefault("plots", [])
        known = [_path_of(entry) for entry in plots]
        if output not in known:
            at = next((index for index, other in enumerate(known) if other > output), len(known))
            plots.insert(at, _entry(output, {**flags, **properties}))
            return
        at = known.index(output)
        old, new = _flags_of(plots[at], output), _with(plots[at], output, properties)
        if old and new:
            update(plots[at][output], new)
        elif old or new:
            plots[at] = _entry(output, new)

    entries = yaml.load(text, path)["stages"][name].get("plots") or ()
    written = [entry for entry in entries if _path_of(entry) == output]
    if written and _flags_of(written[0], output) == _with(written[0], output, properties):
        return text
    return rewrite(text, path, change)


def _taken_out(stage: Any, section: str, output: str) -> dict[str, Any]:
    """Remove an output from a section, and the section if it was the last; its flags."""
    entries: Sequence[Any] = stage.get(section) or ()
    at = next((index for index, entry in enumerate(entries) if _path_of(entry) == output), None)
    if at is None:
        return {}
    flags = _flags_of(entries[at], output)
    if len(entries) == 1:
        del stage[section]
    else:
        del stage[section][at]
    return flags


def _path_of(entry: Any) -> str:
    return str(next(iter(entry))) if isinstance(entry, Mapping) else str(entry)


def _flags_of(entry: Any, output: str) -> dict[str, Any]:
    return dict(entry[output] or {}) if isinstance(entry, Mapping) else {}


def _with(entry: Any, output: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in _flags_of(entry, output).items() if key not in PLOT_PROPERTIES}
    return {**kept, **properties}


def _entry(output: str, flags: Mapping[str, Any]) -> Any:
    return {output: dict(flags)} if flags else output

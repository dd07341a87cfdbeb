"""Templates: Vega-Lite specifications with places for what a plot fills in.

    anchor := <DVC_METRIC_NAME>     as a whole value it becomes any JSON, inside a longer text only text

A place is named DATA, TITLE, X, Y, X_LABEL, Y_LABEL (every plot fills these), or one of the optional ones.
"""

from collections.abc import Mapping
from typing import Any

from tiffin.errors import PlotError

__all__ = ["Template", "anchor", "read_template"]


def anchor(name: str) -> str:
    """The text that stands for a value in a template."""
    return f"<DVC_METRIC_{name.upper()}>"


class Template:
    """A specification with anchors."""

    def __init__(self, name: str, content: Mapping[str, Any], *, builtin: bool = False) -> None:
        self.name = name
        self.content = content
        self.builtin = builtin
        self._whole = frozenset(_whole_texts(content))

    def has(self, name: str) -> bool:
        """Whether an anchor stands somewhere as a whole value."""
        return anchor(name) in self._whole

    def filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The specification with values for anchors; anchors without one stay."""
        content: dict[str, Any] = _filled(self.content, {anchor(name): value for name, value in values.items()})
        return content


def read_template(text: str | bytes, name: str) -> Template:
    """A template that a person wrote.  Raises PlotError."""
    import json  # noqa: PLC0415 - most plots use a built-in one

    try:
        content = json.loads(text)
    except ValueError as error:
        raise PlotError(f"the plot template '{name}' is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise PlotError(f"the plot template '{name}' should be a JSON object, found {type(content).__name__}")
    return Template(name, content)


def _whole_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for child in children for text in _whole_texts(child)]


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _filled_text(child, values) if isinstance(child, str) else _filled(child, values)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [_filled(child, values) for child in value]
    return values.get(value, value) if isinstance(value, str) else value


def _filled_text(text: str, values: Mapping[str, Any]) -> Any:
    if text in values:
        return values[text]
    for name, value in values.items():
        if isinstance(value, str):
            text = text.replace(name, value)
    return text

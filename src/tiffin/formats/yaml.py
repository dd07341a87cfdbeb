"""YAML 1.2 as DVC reads and writes it: ruamel's meaning, ruamel's bytes, a hundredth of the time.

The common part of the language is read and written by our own code; whatever lies outside it,
errors included, goes to ruamel, which is imported only then.
"""

from typing import Any

from tiffin.errors import YamlError
from tiffin.formats._yaml_read import Unsure, read
from tiffin.formats._yaml_write import write

__all__ = ["decode", "dump", "load"]


def load(text: str | bytes, path: str) -> Any:
    """Read one YAML document as plain values; an empty one is None.

    path: the name for errors.  Raises YamlError with line and column.
    """
    if isinstance(text, bytes):
        text = decode(text, path)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return read(text)
    except RecursionError as error:
        raise YamlError("nested too deeply", path=path) from error  # for ruamel too, which needs seconds to say so
    except Unsure:
        from tiffin.formats import _yaml_ruamel  # noqa: PLC0415 - slow to import, seldom needed

        return _yaml_ruamel.load(text, path)


def dump(value: Any) -> str:
    """Write value in block style, byte for byte as DVC's dumper does."""
    try:
        return write(value)
    except Unsure:
        from tiffin.formats import _yaml_ruamel  # noqa: PLC0415 - slow to import, seldom needed

        return _yaml_ruamel.dump(value)


def decode(text: bytes, path: str) -> str:
    """The text of a file.  Raises YamlError with the place of the first byte that is no UTF-8."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        from tiffin.formats._places import undecodable  # noqa: PLC0415 - needed for errors only

        line, column = undecodable(text, error)
        raise YamlError(
            "not valid UTF-8", path=path, line=line, column=column, hint="save the file as UTF-8"
        ) from error

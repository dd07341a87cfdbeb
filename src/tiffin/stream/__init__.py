"""Data on its way to a model: files of any size, in blocks of whole lines."""

from tiffin.stream._formats import FORMATS, format_of
from tiffin.stream._source import opened

__all__ = ["FORMATS", "format_of", "opened"]

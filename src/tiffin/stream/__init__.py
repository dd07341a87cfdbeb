"""Data on its way to a model: files of any size, in blocks of whole lines."""

from tiffin.stream._cache import Cache
from tiffin.stream._formats import FORMATS, format_of
from tiffin.stream._size import text_size
from tiffin.stream._source import opened, parsed

__all__ = ["FORMATS", "Cache", "format_of", "opened", "parsed", "text_size"]

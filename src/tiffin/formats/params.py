"""Parameter and metrics files: reading, looking up, flattening, changing.  See docs/formats/params.md."""

from tiffin.formats._overrides import Override, parse_override, set_values
from tiffin.formats._params import DEFAULT_FILE, flatten, get, load, load_metrics

__all__ = [
    "DEFAULT_FILE",
    "Override",
    "flatten",
    "get",
    "load",
    "load_metrics",
    "parse_override",
    "set_values",
]

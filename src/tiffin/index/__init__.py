"""What the workspace holds against what it should hold: look, store, check out.

The index remembers the hash of every file with the stat fields it was taken under, as columns on
disk (docs/formats/index-file.md), so that an unchanged file costs one stat.
"""

from tiffin.index._complete import CompleteListings
from tiffin.index._known import parents
from tiffin.index._recorded import look_as_recorded, store_as_recorded
from tiffin.index._state import IndexState
from tiffin.index._workspace import Difference, Seen, Workspace

__all__ = [
    "CompleteListings",
    "Difference",
    "IndexState",
    "Seen",
    "Workspace",
    "look_as_recorded",
    "parents",
    "store_as_recorded",
]

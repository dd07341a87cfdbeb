"""The content-addressed store: objects by the MD5 of their bytes, directories as manifests.

store  := objects at <2 hex>/<30 hex>, mode 0444
.dir   := a manifest object at <2 hex>/<30 hex>.dir (docs/formats/dir-manifest.md)
"""

from tiffin.objects._store import (
    DIR_SUFFIX,
    ObjectStore,
    Progress,
    Stored,
    file_ids,
    is_dir,
    listing,
    listing_id,
    outcome_text,
)
from tiffin.objects._transfer import Closure, Transferred, closure, transfer

__all__ = [
    "DIR_SUFFIX",
    "Closure",
    "ObjectStore",
    "Progress",
    "Stored",
    "Transferred",
    "closure",
    "file_ids",
    "is_dir",
    "listing",
    "listing_id",
    "outcome_text",
    "transfer",
]

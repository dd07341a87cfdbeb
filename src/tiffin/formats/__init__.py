"""Read and write the metadata files: .dvc, dvc.lock, dvc.yaml, params and metrics.

Text in, values out and back; no project knowledge, no disk access.  The work is in the submodules
`yaml`, `dvcfile`, `lock`, `pipeline`, `template`, `params` and `edit`; the values they share are here.
"""

from tiffin.formats._values import (
    Content,
    DependencyEntry,
    DvcFile,
    LockEntry,
    LockItem,
    OutputEntry,
    ParamsEntry,
    StageEntry,
)

__all__ = ["Content", "DependencyEntry", "DvcFile", "LockEntry", "LockItem", "OutputEntry", "ParamsEntry", "StageEntry"]

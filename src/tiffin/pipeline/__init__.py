"""Stages, the graph they form, and what changed.

Running them is in `reproduction`, writing down what ran in `recording`: most commands need neither.
"""

from tiffin.pipeline._bits import checkout_output, executables_now
from tiffin.pipeline._graph import Graph
from tiffin.pipeline._project import Project, Selection, executable_path, lock_path, stage_params
from tiffin.pipeline._source import Source, WorkspaceSource, is_metafile
from tiffin.pipeline._stage import Dependency, Output, Stage, from_dvc_file, is_dataset, join, relative
from tiffin.pipeline._status import NOT_IN_CACHE, Changes, changes, looked_at, output_state, same

__all__ = [
    "NOT_IN_CACHE",
    "Changes",
    "Dependency",
    "Graph",
    "Output",
    "Project",
    "Selection",
    "Source",
    "Stage",
    "WorkspaceSource",
    "changes",
    "checkout_output",
    "executable_path",
    "executables_now",
    "from_dvc_file",
    "is_dataset",
    "is_metafile",
    "join",
    "lock_path",
    "looked_at",
    "output_state",
    "relative",
    "same",
    "stage_params",
]

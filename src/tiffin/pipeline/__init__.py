"""Stages, the graph they form, what changed, and running them."""

from tiffin.pipeline._graph import Graph
from tiffin.pipeline._project import Project, Selection, lock_path, stage_params
from tiffin.pipeline._source import Source, WorkspaceSource, is_metafile
from tiffin.pipeline._stage import Dependency, Output, Stage, join, relative
from tiffin.pipeline._status import Changes, changes, looked_at, output_state

__all__ = [
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
    "is_metafile",
    "join",
    "lock_path",
    "looked_at",
    "output_state",
    "relative",
    "stage_params",
]

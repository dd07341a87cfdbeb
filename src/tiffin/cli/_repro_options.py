"""The options that `repro` and `exp run` share: which stages, and how they are run."""

from typing import Annotated

from tiffin.cli._options import Argument, Flag

__all__ = [
    "AllPipelines",
    "AllowMissing",
    "Downstream",
    "ForceDownstream",
    "IgnoreErrors",
    "Interactive",
    "KeepGoing",
    "Pipeline",
    "Pull",
    "Recursive",
    "SingleItem",
    "Targets",
]

Targets = Annotated[list[str], Argument("stages or dvc.yaml files (default: ./dvc.yaml)", optional=True)]
Interactive = Annotated[bool, Flag("ask before each stage", ("-i", "--interactive"))]
SingleItem = Annotated[bool, Flag("only the targets, not what they depend on", ("-s", "--single-item"))]
Pipeline = Annotated[bool, Flag("the whole pipelines the targets belong to", ("-p", "--pipeline"))]
AllPipelines = Annotated[bool, Flag("every stage of the repository", ("-P", "--all-pipelines"))]
Recursive = Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))]
Downstream = Annotated[bool, Flag("the targets and what depends on them")]
ForceDownstream = Annotated[bool, Flag("run what depends on a stage that ran, changed or not")]
Pull = Annotated[bool, Flag("get missing data from the remote first")]
AllowMissing = Annotated[bool, Flag("data that is missing does not count as changed")]
KeepGoing = Annotated[bool, Flag("after a failure, go on with what does not depend on it", ("-k", "--keep-going"))]
IgnoreErrors = Annotated[bool, Flag("after a failure, go on with everything")]

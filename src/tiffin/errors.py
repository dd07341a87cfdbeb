"""Every exception a caller of tiffin may catch.

TiffinError                      exit code 255
├── UsageError                   254  the command line cannot be understood
├── NotARepository               253  no .dvc directory here or above
├── ConfigError                  251  a setting is unknown, ill-typed or out of bounds
│   ├── RemoteMissing                 a remote was named that the configuration does not know
│   └── NoRemote                      a remote is needed, none was named and there is no default
├── TargetError                  1    `add` and its like: a target cannot be taken
├── RulesInside                       tracked data hold a .dvcignore file of their own
├── FormatError                       a file does not follow its format
│   ├── YamlError                     the YAML itself is broken: file, line, column
│   ├── SchemaError                   valid YAML, but an unknown key or a wrong type
│   └── TemplateError                 a ${...} expression cannot be resolved
├── GraphError                        the stages do not form a pipeline
│   ├── CycleFound
│   ├── OverlappingOutputs
│   ├── DuplicateStage
│   ├── StageInvalid
│   └── StageNotFound
├── MissingDependency                 a stage needs a file that is not there
├── MissingParameter                  a stage needs a parameter that is not there
├── OverrideError                     `exp run -S` asks for a change that cannot be understood or made
├── StageFailed                       a stage's command ended with a non-zero exit code
├── MissingObjects                    the store lacks objects that were asked for
├── CorruptObject                     an object's bytes do not match its id
├── ScopeUnreadable                   `gc` cannot tell what is in use, so nothing was removed
├── UnsavedChanges                    going on would remove data that is nowhere else
├── LockHeld                          another process holds the repository
├── ExperimentError                   an experiment cannot be named or found as asked
├── ScaffoldError                     a new project cannot be made as asked
├── LiveError                         a value, name or plot that `Live` cannot log
├── PlotError                         a plot cannot be drawn from its data, or with its template
├── TrainingError                     a model cannot be learned from the data as asked
├── GitError                          git is missing, or refused
└── TransferError                     bytes could not be written or read
    └── TransferInterrupted           ... this time: another attempt may work
"""

__all__ = [
    "ConfigError",
    "CorruptObject",
    "CycleFound",
    "DuplicateStage",
    "ExperimentError",
    "FormatError",
    "GitError",
    "GraphError",
    "LiveError",
    "LockHeld",
    "MissingDependency",
    "MissingObjects",
    "MissingParameter",
    "NoRemote",
    "NotARepository",
    "OverlappingOutputs",
    "OverrideError",
    "PlotError",
    "RemoteMissing",
    "RulesInside",
    "ScaffoldError",
    "SchemaError",
    "ScopeUnreadable",
    "StageFailed",
    "StageInvalid",
    "StageNotFound",
    "TargetError",
    "TemplateError",
    "TiffinError",
    "TrainingError",
    "TransferError",
    "TransferInterrupted",
    "UnsavedChanges",
    "UsageError",
    "YamlError",
]


class TiffinError(Exception):
    """What was asked and what was found; `hint` says how to go on.

    Raised as a subclass.  `exit_code` is what the command line answers.
    """

    exit_code = 255

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TiffinError):
    """The command line cannot be understood."""

    exit_code = 254


class NotARepository(TiffinError):
    """There is no .dvc directory here or above."""

    exit_code = 253


class ConfigError(TiffinError):
    """A setting is unknown, ill-typed or out of bounds."""

    exit_code = 251


class RemoteMissing(ConfigError):
    """A remote was named that the configuration does not know."""


class NoRemote(ConfigError):
    """A remote is needed, none was named and there is no default."""


class TargetError(TiffinError):
    """A target of `add`, `commit` and the like cannot be taken."""

    exit_code = 1


class RulesInside(TiffinError):
    """Tracked data hold a .dvcignore file of their own."""


class FormatError(TiffinError):
    """A file does not follow its format.

    path is as the user knows it; line and column count from 1, or are None where unknown.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = path if line is None else f"{path}:{line}" if column is None else f"{path}:{line}:{column}"
        super().__init__(f"{place}: {message}", hint=hint)
        self.path = path
        self.line = line
        self.column = column


class YamlError(FormatError):
    """The YAML itself is broken."""


class SchemaError(FormatError):
    """Valid YAML, but an unknown key or a value of the wrong type."""


class TemplateError(FormatError):
    """A ${...} expression cannot be resolved."""


class GraphError(TiffinError):
    """The stages do not form a pipeline."""


class CycleFound(GraphError):
    """Stages depend on each other in a circle."""


class OverlappingOutputs(GraphError):
    """Two stages write the same path, or one inside the other's."""


class DuplicateStage(GraphError):
    """A stage of that name is already there."""


class StageInvalid(GraphError):
    """A stage cannot be added as it was described."""


class StageNotFound(GraphError):
    """No stage or output answers to that name."""


class MissingDependency(TiffinError):
    """A stage needs a file that is not there."""


class MissingParameter(TiffinError):
    """A stage needs a parameter that is not there."""


class OverrideError(TiffinError):
    """A change of a parameter cannot be understood, or cannot be made."""


class StageFailed(TiffinError):
    """A stage's command ended with a non-zero exit code."""


class MissingObjects(TiffinError):
    """The store lacks objects that were asked for."""


class CorruptObject(TiffinError):
    """An object's bytes do not match its id."""


class ScopeUnreadable(TiffinError):
    """What is in use cannot be told, so nothing may be removed."""


class UnsavedChanges(TiffinError):
    """Going on would remove data that is stored nowhere else."""


class LockHeld(TiffinError):
    """Another process holds the repository."""


class ExperimentError(TiffinError):
    """An experiment cannot be named or found as asked."""


class ScaffoldError(TiffinError):
    """A new project cannot be made as asked."""


class LiveError(TiffinError):
    """A value, name or plot that `Live` cannot log."""


class PlotError(TiffinError):
    """A plot cannot be drawn from its data, or with its template.

    kind: the name of DVC's exception, which its JSON answers give.
    """

    def __init__(self, message: str, *, kind: str = "DvcException", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class TrainingError(TiffinError):
    """A model cannot be learned from the data as asked."""


class GitError(TiffinError):
    """Git is missing, or refused what was asked."""


class TransferError(TiffinError):
    """Bytes could not be read or written."""


class TransferInterrupted(TransferError):
    """A connection broke or a server was busy: another attempt may work."""

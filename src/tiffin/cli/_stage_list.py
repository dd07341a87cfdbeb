"""The command `tiffin stage list`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.pipeline import Stage

__all__ = ["Options", "run"]

WIDTH = 80


class Options(NamedTuple):
    """List the stages, with what they are for."""

    targets: Annotated[list[str], Argument("dvc.yaml or .dvc files, or stages (default: ./dvc.yaml)", optional=True)]
    all: Annotated[bool, Flag("every stage of the repository")] = False
    recursive: Annotated[bool, Flag("targets are directories", ("-R", "--recursive"))] = False
    name_only: Annotated[bool, Flag("names only", ("--name-only", "--names-only"))] = False
    fail: Annotated[bool, Flag("accepted for DVC's sake: a file that cannot be read always fails")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    if options.all:
        stages = list(repo.project.stages)
    else:
        stages = repo.project.select_stages(
            options.targets or ["dvc.yaml"], repo.directory, recursive=options.recursive
        )
    rows = [(stage.seen_from(repo.directory), "" if options.name_only else _description(stage)) for stage in stages]
    width = max((len(name) for name, _ in rows), default=0)
    for name, description in rows:
        ui.answer(f"{name:<{width}}  {description}".rstrip())
    return 0


def _description(stage: Stage) -> str:
    first = next((line.strip() for line in (stage.desc or "").splitlines() if line.strip()), None)
    text = first or _generated(stage)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _generated(stage: Stage) -> str:
    data = [out.entry.path for out in stage.outs if out.entry.kind == "out"]
    reports = [out.entry.path for out in stage.outs if out.entry.kind != "out"]
    deps = [*(dep.entry.path for dep in stage.deps), *(entry.file for entry in stage.params)]
    if not stage.outs:
        return f"Depends on {', '.join(deps)}" if deps else "No outputs or dependencies"
    parts = [f"Outputs {', '.join(data)}"] if data else []
    return "; ".join([*parts, *([f"Reports {', '.join(reports)}"] if reports else [])])

"""The command `tiffin exp exec-run`, which a worker of the queue calls in a working tree of its own."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from tiffin.cli._auto_push import auto_push
from tiffin.cli._options import Flag
from tiffin.cli._repro import fetcher, printer
from tiffin.cli._surroundings import jobs_of, surroundings
from tiffin.cli._ui import Ui
from tiffin.errors import ExperimentError
from tiffin.experiments.queue import RUNNING, RunFiles
from tiffin.repo import Repo
from tiffin.repo.apart import copy_into, run_in, take_options
from tiffin.repo.experimenting import Plan
from tiffin.repo.queueing import Stash
from tiffin.repo.running import Scope, Settings

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Run an experiment in the working tree that a worker made for it.  The queue's workers call this."""

    infofile: Annotated[str | None, Flag("the file that says where", metavar="FILE")] = None
    copy_paths: Annotated[
        list[str], Flag("copy what Git does not have from here", ("-C", "--copy-paths"), metavar="PATH")
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    message: Annotated[str | None, Flag("the message of the commit", ("-m", "--message"), metavar="TEXT")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    files = RunFiles(os.path.dirname(os.path.realpath(options.infofile or "")))
    execution = files.execution()
    if options.infofile is None or execution is None:
        raise ExperimentError(
            f"'{options.infofile}' does not say where to run an experiment", hint="`tiffin queue start` calls this"
        )
    apart = Repo.open(
        os.path.join(execution.root_dir, execution.wdir or "."), ui.context.environment, wait_for_lock=True
    )
    copy_into(apart, ui.context.directory, options.copy_paths)
    asked = take_options(apart)
    plan = _plan(apart, asked, options.message)
    files.write_execution(execution._replace(status=RUNNING))
    stash = Stash("", execution.baseline_rev, execution.name or "")
    ui.write(f"Reproducing experiment '{stash.name}'")
    root = asked.get("run_env", {}).get("DVC_ROOT", apart.root)
    kept = run_in(apart, plan, printer(apart, ui, plan.settings), stash, str(root))
    files.write_execution(
        execution._replace(
            status=RUNNING, result_hash=kept.checksum, result_ref=kept.ref, result_force=plan.settings.force
        )
    )
    auto_push(apart, ui, kept.ref.rpartition("/")[2])
    return 0


def _plan(apart: Repo, asked: Mapping[str, Any], message: str | None) -> Plan:
    """What was asked for, in DVC's words."""
    targets = asked.get("targets") or []
    scope = Scope(
        [targets] if isinstance(targets, str) else [str(target) for target in targets],
        single=bool(asked.get("single_item")),
        pipeline=bool(asked.get("pipeline")),
        all_pipelines=bool(asked.get("all_pipelines")),
        downstream=bool(asked.get("downstream")),
        recursive=bool(asked.get("recursive")),
        glob=bool(asked.get("glob")),
    )
    settings = Settings(
        force=bool(asked.get("force")),
        force_downstream=bool(asked.get("force_downstream")),
        allow_missing=bool(asked.get("allow_missing")),
        on_error=asked["on_error"] if asked.get("on_error") in ("fail", "keep-going", "ignore") else "fail",
        fetch=fetcher(apart) if asked.get("pull") else None,
        jobs=jobs_of(apart),
    )
    return Plan(scope, settings, surroundings(apart), message=message)

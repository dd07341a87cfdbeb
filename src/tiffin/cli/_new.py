"""The command `tiffin new`."""

import os
import sys
from typing import Annotated, NamedTuple

from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.scaffold import TEMPLATES, Consent, Wish, new_project

__all__ = ["Options", "run"]

DEFAULT = "data-science"
SHORT = 7


class Options(NamedTuple):
    """Make a new project: code, parameters, a pipeline that runs, tests, Git with a first commit, and a remote.

    Templates that tiffin brings: data-science, flights, ctr.  Others are taken from a path or URL, if they are
    templates of cookiecutter or copier (`pip install 'tiffin[templates]'`); gh:OWNER/NAME is short for a URL of GitHub.
    What such a template would run (hooks, tasks, extensions) is only run with --trust.  Nothing is overwritten.
    """

    name: Annotated[str, Argument("the project's directory: a new or an empty one")]
    template: Annotated[
        str, Flag(f"a template by name, path or URL (default: {DEFAULT})", ("-t", "--template"), metavar="TEMPLATE")
    ] = DEFAULT
    remote: Annotated[
        str | None,
        Flag(
            "where `push` will put data: a directory or URL (default: NAME-storage beside the project)", metavar="URL"
        ),
    ] = None
    subdir: Annotated[bool, Flag("make the project a part of the Git repository it lies in; nothing is committed")] = (
        False
    )
    set: Annotated[
        list[str], Flag("the answer to a question of the template", ("-s", "--set"), metavar="NAME=VALUE")
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    defaults: Annotated[bool, Flag("ask nothing: what is not --set is as the template has it")] = False
    rev: Annotated[str | None, Flag("a branch, tag or commit of the template's repository", metavar="REV")] = None
    folder: Annotated[str | None, Flag("where in its repository the template is", metavar="PATH")] = None
    trust: Annotated[bool, Flag("run the programs that the template brings")] = False
    skip_hooks: Annotated[bool, Flag("do without the programs that the template brings")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    here = ui.context.directory
    wish = Wish(
        place=os.path.abspath(os.path.join(here, options.name)),
        template=options.template,
        cwd=here,
        remote=options.remote,
        inside=options.subdir,
        rev=options.rev,
        folder=options.folder,
        answers=_answers(options.set),
        asks=not options.defaults and sys.stdin.isatty(),
        consent=_consent(options),
    )
    made = new_project(wish)
    commit = f", in Git as {made.commit[:SHORT]}" if made.commit else ""
    ui.status(f"Made '{options.name}' from the template '{options.template}': {made.files} files{commit}.")
    if options.template in TEMPLATES:
        steps = [f"cd {options.name}", *_requirements(made.place), "tiffin repro", "tiffin metrics show", "tiffin push"]
        ui.status("\nGo on with\n\n\t" + "\n\t".join(steps) + "\n\nREADME.md tells the rest.")
    return 0


def _requirements(place: str) -> list[str]:
    """The line that installs what the stages stand on, if they do on anything but the tests' own needs."""
    with open(f"{place}/requirements.txt", encoding="utf-8") as file:
        needs = [line for line in file if not line.startswith(("#", "pytest"))]
    return ["pip install -r requirements.txt"] if needs else []


def _answers(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--set: found '{name}{equals}'", hint="write --set NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _consent(options: Options) -> Consent:
    if options.trust and options.skip_hooks:
        raise UsageError("--trust and --skip-hooks were both given", hint="choose one")
    return "run" if options.trust else "skip" if options.skip_hooks else "refuse"

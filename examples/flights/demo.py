"""The whole workflow once, from an empty directory to a verified restore.

    python demo.py [--with COMMAND] [--into DIRECTORY]

Copies this example into a new project, runs it, compares an experiment, pushes, deletes data, models and cache,
pulls, and compares the hash of every file.  Any command that fails ends the demo with that command's exit code.
"""

__all__ = ["file_hashes", "main", "summary_hash"]

import argparse
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent
DEFAULT_PLACE = EXAMPLE.parent.parent / "scratch" / "demo"

# The demo works only in a directory that carries this file, and holds a lock on it.
MARK = ".made-by-the-flights-demo"

# What a run in the example's own directory leaves behind is not part of it, nor is this file.
NOT_COPIED = {"data", "models", "dvclive", "logs", "temp", ".dvc", ".git", "dvc.lock", "demo.py"}

# Everything else is compared: Git's and the tool's own files, the remote and the logs are not the user's data.
# The report says when it was made; it is drawn from the files beside it, which are compared.
NOT_COMPARED = {".git", ".dvc", "temp", "logs", "__pycache__", "report.html"}


class CommandFailed(Exception):
    """A command of the demo ended with another exit code than 0."""

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"`{command}` ended with exit code {code}")
        self.code = code


class Shell:
    """Runs commands in one directory, each shown before its own output."""

    def __init__(self, directory: Path, tool: str) -> None:
        self.directory = directory
        self.tool = shlex.split(tool)
        # The stages call `python`: let it be the one that runs this demo.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.environment = {**os.environ, "PATH": path}
        # Set inside a pipeline or a Git hook, these would point to another repository.
        for name in ("DVC_ROOT", "DVC_STAGE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            self.environment.pop(name, None)

    def run(self, *command: str) -> None:
        """Run one program; raises CommandFailed."""
        shown = shlex.join([Path(command[0]).name, *command[1:]])
        print(f"\n$ {shown}", flush=True)
        process = subprocess.Popen(command, cwd=self.directory, env=self.environment)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # Ctrl-C reached the command too: let it tidy up before the demo ends.
            process.wait()
            raise
        if code:
            raise CommandFailed(shown, code if code > 0 else 128 - code)

    def tiffin(self, *arguments: str) -> None:
        """Run one command of the tool."""
        self.run(*self.tool, *arguments)


def say(text: str) -> None:
    """One line of the story between the commands."""
    print(f"\n# {text}", flush=True)


def file_hashes(root: Path) -> dict[str, str]:
    """SHA-256 of every file of the project by its path, in the order of the paths."""
    return {path.relative_to(root).as_posix(): _sha256(path) for path in sorted(_files(root))}


def summary_hash(hashes: dict[str, str]) -> str:
    """One SHA-256 over all paths and hashes: equal only if every file is equal and none is missing or new."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in hashes.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_COMPARED]
        yield from (Path(directory, name) for name in names if name not in NOT_COMPARED)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def claimed(place: Path) -> Iterator[None]:
    """`place` made and held: no other demo takes it, and nobody's own directory becomes one."""
    mark = place / MARK
    if place.exists() and any(place.iterdir()) and not mark.exists():
        raise SystemExit(f"{place} is not empty and was not made by this demo; choose another with --into")
    place.mkdir(parents=True, exist_ok=True)
    with mark.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"another demo is running in {place}; choose another place with --into") from None
        yield


def make_project(place: Path) -> Path:
    """A copy of the example in `place`/flights; the one of an earlier demo is removed first."""
    project = place / "flights"
    if project.exists():
        shutil.rmtree(project)
    shutil.copytree(EXAMPLE, project, ignore=_not_copied)
    return project


def _not_copied(directory: str, names: list[str]) -> set[str]:
    """Names to leave out; src/data is code, so only the data at the top is."""
    left_out = NOT_COPIED if Path(directory) == EXAMPLE else {"__pycache__"}
    return left_out.intersection(names)


def start(shell: Shell) -> None:
    """A Git repository with the tool in it, and the article's remote: a directory."""
    say("A new project: Git for the code, the tool beside it for data and models.")
    shell.run("git", "init", "--quiet", "--initial-branch=main")
    shell.run("git", "config", "user.name", "Flights Demo")
    shell.run("git", "config", "user.email", "demo@example.com")
    shell.tiffin("init", "--quiet")
    shell.run("mkdir", "temp")
    shell.tiffin("remote", "add", "-d", "my_remote", "temp/")
    _commit(shell, "Start the flights project")


def reproduce(shell: Shell) -> None:
    """All four stages for the first time."""
    say("Fetch the data, prepare them, train, test.")
    shell.tiffin("repro")
    _commit(shell, "First model: depth 8")
    shell.tiffin("push")
    shell.tiffin("metrics", "show")


def experiment(shell: Shell) -> None:
    """One parameter changed, the result beside the old one."""
    say("An experiment: deeper trees.  Only the stages that depend on it run.")
    shell.tiffin("exp", "run", "-S", "train_model.max_depth=12")
    shell.tiffin("exp", "show", "--no-pager", "--only-changed", "--drop", ".*(accuracy|precision|recall|/)")
    shell.tiffin("params", "diff")
    shell.tiffin("metrics", "diff")
    _commit(shell, "Deeper trees: better on the validation months")


def lose_and_restore(shell: Shell, project: Path) -> dict[str, str]:
    """Push, delete, pull; return the hashes of the files that were there before and are there again.

    Raises CommandFailed (code 1) when a file is missing, new or different.
    """
    say("What is new into the remote; then data, models and cache are deleted.")
    shell.tiffin("push")
    before = file_hashes(project)
    shell.run("git", "clean", "-fdXq", "data", "models", "dvclive/params.yaml", "dvclive/plots")
    shell.run("rm", "-rf", ".dvc/cache")
    left = file_hashes(project)
    print(f"{len(before) - len(left)} of {len(before)} files are gone")
    shell.tiffin("pull")
    after = file_hashes(project)
    say(f"Before: {len(before)} files, SHA-256 over all {summary_hash(before)}")
    print(f"# After:  {len(after)} files, SHA-256 over all {summary_hash(after)}", flush=True)
    if len(left) == len(before) or before != after:
        differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        raise CommandFailed(f"compare: {len(differing)} files differ ({', '.join(differing[:5])})", 1)
    shell.tiffin("status")
    shell.tiffin("repro")
    shell.run("git", "diff", "--exit-code", "--stat")
    return after


def _commit(shell: Shell, message: str) -> None:
    shell.run("git", "add", ".")
    shell.run("git", "commit", "--quiet", "-m", message)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return its exit code."""
    parser = argparse.ArgumentParser(description="The flights example from `init` to a verified restore.")
    beside = Path(sys.executable).with_name("tiffin")
    parser.add_argument(
        "--with",
        dest="tool",
        metavar="COMMAND",
        default=shlex.quote(str(beside)) if beside.exists() else "tiffin",
        help="the command to use (default: tiffin; dvc works too)",
    )
    parser.add_argument("--into", type=Path, default=DEFAULT_PLACE, help="an empty directory (default: %(default)s)")
    options = parser.parse_args(arguments)
    place = options.into.resolve()
    with claimed(place):
        return _play(make_project(place), options.tool)


def _play(project: Path, tool: str) -> int:
    """All scenes in their order; the exit code of the first command that fails, else 0."""
    started = time.monotonic()
    shell = Shell(project, tool)
    try:
        start(shell)
        reproduce(shell)
        experiment(shell)
        files = lose_and_restore(shell, project)
    except CommandFailed as error:
        print(f"\nThe demo stops: {error}.  What there is so far: {project}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print(f"\nStopped.  What there is so far: {project}", file=sys.stderr)
        return 130
    print(f"\nAll {len(files)} files are back, bit for bit.  {time.monotonic() - started:.0f} s in all.")
    print(f"Report: {project / 'dvclive' / 'report.html'}")
    print(f"Data:   {project / 'data'}")
    print(f"Remote: {project / 'temp'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Starting git: what goes in, what comes out, and its refusals as GitError."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tiffin.errors import GitError

__all__ = ["OF_THE_USER", "Answer", "Runner", "git_command", "git_error", "no_git", "nul_joined", "nul_split"]

# Set while git runs a hook; they are about the user's repository, not about another one that is read meanwhile.
OF_THE_USER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")


class Answer(NamedTuple):
    """How a git command ended."""

    status: int
    out: bytes
    err: bytes


class Runner:
    """Runs git in one directory, with the caller's environment: GIT_DIR and its like hold as for git itself.

    foreign: they do not, for the directory is not in the user's repository.
    """

    def __init__(self, directory: str, *, foreign: bool = False) -> None:
        self.directory = directory
        self.foreign = foreign

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: Iterable[int] = (0,),
        environ: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run one command to its end; `environ` is added to the environment it would have.

        Raises GitError with git's own first line unless the exit status is accepted.
        """
        # Half of all commands never start git, and subprocess takes 8 ms to import.
        import subprocess  # noqa: PLC0415

        try:
            done = subprocess.run(
                [*git_command(foreign=self.foreign, environ=environ), *arguments],
                cwd=self.directory,
                input=stdin,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise no_git(self.directory) from None
        if done.returncode not in accept:
            raise git_error(next(word for word in arguments if not word.startswith("-")), done.stderr)
        return Answer(done.returncode, done.stdout, done.stderr)

    def text(self, *arguments: str) -> str:
        """What a command prints, without the last line's end."""
        return os.fsdecode(self.run(*arguments).out).rstrip("\n")

    def lines(self, *arguments: str) -> list[str]:
        """The lines a command prints.  Names of refs may hold what else ends a line in Python."""
        text = self.text(*arguments)
        return text.split("\n") if text else []


def git_command(*, foreign: bool = False, environ: Mapping[str, str] | None = None) -> list[str]:
    """How git is started, see Runner."""
    # Through `env`, so that the environment is handed on and never read here.
    unset = [word for name in OF_THE_USER for word in ("-u", name)] if foreign else []
    changed = [*unset, *(f"{name}={value}" for name, value in (environ or {}).items())]
    return ["env", *changed, "git"] if changed else ["git"]


def git_error(verb: str, err: bytes) -> GitError:
    """The error for a command that git refused."""
    lines = err.decode(errors="replace").splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(("fatal:", "error:"))), 0)
    first = lines[at].removeprefix("fatal: ").removeprefix("error: ") if lines else "no reason given"
    # "The following paths are ignored:" says nothing without the line below it.
    more = f" {lines[at + 1].strip()}" if first.endswith(":") and len(lines) > at + 1 else ""
    return GitError(f"git {verb}: {first}{more}")


def no_git(directory: str) -> GitError:
    """The error for a missing program, or a directory that vanished: both look alike to the caller."""
    if not os.path.isdir(directory):
        return GitError(f"no directory {directory}")
    return GitError("the program git was not found", hint="install git, or use `tiffin init --no-scm`")


def nul_joined(paths: Iterable[str]) -> bytes:
    """Paths as git reads them with -z."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def nul_split(out: bytes) -> list[str]:
    """Paths as git writes them with -z."""
    return [os.fsdecode(part) for part in out.split(b"\0")[:-1]]

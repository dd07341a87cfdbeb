"""What a run leaves to versioning: data that are tracked, and the run as an experiment.

Versioning stands above this package and takes a while to load, so it is asked through its commands, in a process of its
own.  Whatever goes wrong there is a warning: the run goes on, and its files stay.
"""

import json
import os
import sys
import warnings
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from tiffin.live._dvcyaml import find_repository
from tiffin.live._vscode import clear_experiment, mark_experiment

__all__ = ["Versioned", "warn"]

NO_REPOSITORY: Final = "this is not in a repository", "make one with `tiffin init`"


def warn(text: str, hint: str | None = None) -> None:
    """Warn, at the line of the script, of what was asked and what was found.  hint: the way out."""
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - the way to it that loads nothing
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith("tiffin.live."):
        level, frame = level + 1, frame.f_back
    warnings.warn(f"{text} (hint: {hint})" if hint else text, stacklevel=level)


class Versioned:
    """The repository that the working directory is in now, seen from a run.  root: None if there is none.

    Inside `repro` and `exp run` experiments are left to these, and so is what their stages write.
    """

    def __init__(self, *, save: bool, name: str | None, message: str | None) -> None:
        self.root = find_repository(".")
        self._home = os.getcwd()
        self._in_pipeline = bool(os.environ.get("DVC_ROOT"))
        self._message = message
        self._files: dict[str, None] = {}  # that track data
        self._name = self._begin(name or os.environ.get("DVC_EXP_NAME")) if save else None
        if not save and not self._in_pipeline and (name or message):
            given = f"exp_name={name!r}" if name else f"exp_message={message!r}"
            warn(f"Live saves no experiment, in spite of {given}", "ask for one with save_dvc_exp=True")

    def inside(self, path: str) -> str:
        """An absolute path as one below the root, if links lead there; else as it is."""
        directory, name = os.path.split(path)
        real = os.path.join(os.path.realpath(directory), name)
        return real if self._holds(real) and not self._holds(path) else path

    def track(self, path: str) -> None:
        """Track what an absolute path leads to as `add` does, unless a stage of the running pipeline writes it."""
        shown = os.path.relpath(path, self._home)
        if self.root is None:
            found, hint = NO_REPOSITORY
            warn(f"Live cannot track '{shown}': {found}", hint)
            return
        if not self._holds(path):
            warn(f"Live cannot track '{path}': it is not below '{self.root}'", "copy it there with copy=True")
            return
        flags = ["--in-pipeline"] if self._in_pipeline else []
        answer = self._ask(f"Live cannot track '{shown}'", "live-track", *flags, path)
        if answer is None:
            return
        tracked = json.loads(answer)
        file = tracked["file"]
        if file is None:
            return
        self._files[file] = None
        self._files[os.path.join(os.path.dirname(file), ".gitignore")] = None
        if self._in_pipeline:
            first = "" if tracked["new"] else f"`tiffin remove {file}`, and "
            warn(
                f"'{shown}' is tracked by '{file}', and not by the pipeline, in which no stage has it as an output",
                f"{first}add it to the stage's outs",
            )

    def save(self, files: Iterable[str]) -> None:
        """Keep the workspace as the experiment of this run, with these files and what tracks its data.

        Nothing happens in a run that shall not be one.
        """
        if self._name is None:
            return
        there = filter(os.path.lexists, (os.path.join(self._home, path) for path in (*files, *self._files)))
        asked = ["exp", "save", "--force", f"--name={self._name}"]
        asked += [f"--message={self._message}"] if self._message is not None else []
        asked += [f"--include-untracked={path}" for path in there]
        try:
            self._ask(f"Live cannot save experiment '{self._name}'", *asked)
        finally:
            clear_experiment(str(self.root))

    def _begin(self, wanted: str | None) -> str | None:
        """The name of the experiment that this run will be; None if it will be none."""
        if self._in_pipeline:
            if not os.environ.get("DVC_EXP_BASELINE_REV"):
                warn("Live saves no experiment while `repro` runs", "run the pipeline with `tiffin exp run`")
            return None
        if self.root is None:
            found, hint = NO_REPOSITORY
            warn(f"Live cannot save an experiment: {found}", hint)
            return None
        flags = [f"--name={wanted}"] if wanted else []
        answer = self._ask("Live cannot save an experiment", "live-name", *flags)
        if answer is None:
            return None
        named = json.loads(answer)
        name = str(named["name"])
        if named["objection"]:
            warn(f"{named['objection']}: this run will be experiment '{name}'")
        with suppress(OSError):  # only VS Code would miss it
            mark_experiment(self.root, name)
        return name

    def _holds(self, path: str) -> bool:
        return self.root is not None and path.startswith(f"{self.root.rstrip('/')}/")

    def _ask(self, trouble: str, *arguments: str) -> str | None:
        """What a command of ours answers; its warnings become ours.  None, after a warning, if it fails."""
        import subprocess  # noqa: PLC0415 - late: slow to load, and many runs are not versioned

        # -P: nothing in the working directory stands in for a module of ours.
        command = [sys.executable, "-P", "-m", "tiffin", "--wait-for-lock", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            warn(f"{trouble}: {error}")
            return None
        if done.returncode != 0:
            warn(f"{trouble}: {_message(done.stderr) or f'exit code {done.returncode}'}", _line(done.stderr, "hint"))
            return None
        for line in done.stderr.splitlines():
            if line.startswith("WARNING: "):
                warn(line.removeprefix("WARNING: "))
        return done.stdout


def _message(said: str) -> str | None:
    return _line(said, "ERROR") or said.strip() or None


def _line(said: str, word: str) -> str | None:
    """What follows a word at the begin of a line."""
    lines = [line.removeprefix(f"{word}: ") for line in said.splitlines() if line.startswith(f"{word}: ")]
    return lines[0] if lines else None

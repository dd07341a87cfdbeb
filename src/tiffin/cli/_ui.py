"""What the user sees: results on stdout, everything else on stderr."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from tiffin.footprint import Scans

if TYPE_CHECKING:
    from tiffin.cli._progress import Bar
    from tiffin.repo import Repo

__all__ = ["Context", "Ui"]

RED, YELLOW, BOLD, RESET = "\033[31m", "\033[33m", "\033[1m", "\033[0m"


class Context(NamedTuple):
    """Where and how a command runs: everything a command would otherwise ask the process for."""

    directory: str
    environment: Mapping[str, str]
    wait_for_lock: bool = False
    scans: Scans | None = None  # directories that were scanned before the command was known to be needed


class _Silent:
    """Progress nobody watches."""

    def expect(self, files: int, size: int) -> None: ...
    def __call__(self, files: int, size: int, /) -> None: ...
    def hide(self) -> None: ...
    def note(self, text: Callable[[], str]) -> None: ...
    def expect_in_all(self, files: int, size: int) -> None: ...


class Ui:
    """One command's conversation.  quiet: errors only.  verbose: 0, 1 or 2."""

    def __init__(self, context: Context, *, quiet: bool = False, verbose: int = 0) -> None:
        self.context = context
        self.quiet = quiet
        self.verbose = verbose
        self.repeatable: Repo | None = None  # whose state the answer rests on, and on nothing else
        self.said: list[str] | None = []  # the answer so far; None once anything else was said
        self._color = "NO_COLOR" not in context.environment and context.environment.get("TERM") != "dumb"

    def write(self, text: str = "") -> None:
        """One line of the answer."""
        if not self.quiet:
            self._say(f"{text}\n")

    def flush(self) -> None:
        """Hand what was written to the terminal, before another program writes there."""
        sys.stdout.flush()

    def answer(self, text: str) -> None:
        """Machine-readable output: written even when quiet."""
        self._say(f"{text}\n")

    def table(self, text: str) -> None:
        """A table or the like, every line with its end: written even when quiet."""
        self._say(text)

    def space(self) -> int | None:
        """How many columns the terminal has; None where the answer goes elsewhere, and has to be whole."""
        if not sys.stdout.isatty():
            return None
        from shutil import get_terminal_size  # noqa: PLC0415 - few answers depend on it

        return get_terminal_size().columns

    def page(self, text: str, *, pager: bool = True) -> None:
        """A table that may be larger than the terminal: through a pager there, as it is when piped."""
        command = self._pager(text) if pager and sys.stdout.isatty() else None
        if command is None:
            self.table(text)
            return
        import subprocess  # noqa: PLC0415 - few commands fill more than a terminal

        sys.stdout.flush()
        try:
            subprocess.run(command, input=text.encode(), check=False)
        except FileNotFoundError:
            self.table(text)

    def _pager(self, text: str) -> list[str] | None:
        from shlex import split  # noqa: PLC0415 - as above
        from shutil import get_terminal_size  # noqa: PLC0415 - as above

        size = get_terminal_size()
        lines = text.splitlines()
        if len(lines) < size.lines and max(map(len, lines), default=0) <= size.columns:
            return None
        wanted = self.context.environment.get("DVC_PAGER") or self.context.environment.get("PAGER")
        # Long lines are cut, not folded, and the arrow keys move sideways.
        return split(wanted) if wanted else ["less", "--chop-long-lines", "--RAW-CONTROL-CHARS", "--no-init"]

    def json(self, value: Any) -> None:
        """The answer as JSON, as DVC writes it: NaN and Infinity are bare."""
        import json  # noqa: PLC0415 - not needed for most commands

        self.answer(json.dumps(value, default=str))

    def status(self, text: str) -> None:
        """What is going on."""
        self.said = None
        if not self.quiet:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def debug(self, text: str) -> None:
        if self.verbose:
            sys.stderr.write(f"{text}\n")

    def warning(self, text: str, hint: str | None = None) -> None:
        if not self.quiet:
            self._complain("WARNING", YELLOW, text, hint)

    def error(self, text: str, hint: str | None = None) -> None:
        self._complain("ERROR", RED, text, hint)

    def confirm(self, question: str) -> bool:
        """Ask yes or no; no, without asking, where nobody can answer."""
        if not sys.stdin.isatty():
            return False
        sys.stderr.write(f"{question} [y/n] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def progress(self, description: str, noun: str = "file") -> "Iterator[Bar | _Silent]":
        """A bar with rate and time left for work that takes longer than a moment; nothing when piped.

        noun: what is counted.
        """
        if self.quiet or not (sys.stderr.isatty() or self.context.environment.get("DVC_IGNORE_ISATTY")):
            yield _Silent()
            return
        from tiffin.cli._progress import Bar  # noqa: PLC0415 - tqdm takes 50 ms to load

        with Bar(description, sys.stderr, noun) as bar:
            yield bar

    def _say(self, text: str) -> None:
        sys.stdout.write(text)
        if self.said is not None:
            self.said.append(text)

    def _complain(self, word: str, color: str, text: str, hint: str | None) -> None:
        self.said = None
        sys.stdout.flush()
        tag = self._painted(word, color, sys.stderr)
        sys.stderr.write(f"{tag}: {text}\n")
        if hint:
            sys.stderr.write(f"{self._painted('hint', BOLD, sys.stderr)}: {hint}\n")
        sys.stderr.flush()

    def _painted(self, text: str, color: str, stream: TextIO) -> str:
        return f"{color}{text}{RESET}" if self._color and stream.isatty() else text

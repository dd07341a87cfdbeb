"""Changing configuration files: one level's file at a time, checked before it is written."""

import contextlib
import os
from types import TracebackType
from typing import Self

from tiffin.config._config import (
    LEVELS,
    Config,
    Settings,
    header,
    merge,
    path_options,
    read_level,
    settings_of,
    split_header,
    validate,
)
from tiffin.config._ini import Document, Section, Value, parse, render
from tiffin.config._options import NAMED
from tiffin.config._paths import relative
from tiffin.errors import ConfigError, UsageError

__all__ = ["Editor", "Key", "split_name"]

Key = tuple[str, str]


def split_name(name: str) -> tuple[Key, str]:
    """(("core", ""), "remote") of "core.remote"; (("remote", "r"), "url") of "remote.r.url".

    Raises UsageError for anything else; a remote with a dot in its name cannot be named this way.
    """
    parts = name.lower().split(".")
    if len(parts) == 3 and parts[0] in ("remote", "db"):
        return (parts[0], parts[1]), parts[2]
    if len(parts) == 2 and parts[0] not in ("remote", "db"):
        return (parts[0], ""), parts[1]
    raise UsageError(
        f"no setting can be called {name!r}", hint="write section.option, remote.NAME.option or db.NAME.option"
    )


class Editor:
    """The settings of one level, to be changed and saved.

    As a context manager it saves at the end unless there was an exception.
    """

    def __init__(self, config: Config, path: str, level: str, cwd: str) -> None:
        self.config = config
        self.path = path
        self.level = level
        self._cwd = cwd
        self._directory = os.path.dirname(path)
        self._text, self._sections, self._below = _open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.save()

    def get(self, key: Key, option: str) -> Value | None:
        """The value as written in this file."""
        section = self._sections.get(key)
        line = section.lines.get(option) if section is not None else None
        return line.value if line is not None else None

    def has(self, key: Key) -> bool:
        """Whether this file has that section."""
        return key in self._sections

    def set(self, key: Key, option: str, value: str) -> None:
        """Give a setting a value; a relative path counts from the working directory."""
        if option in path_options(key[0]):
            value = relative(value, self._cwd, self._directory, self.config.environ)
        self._sections.setdefault(key, Section()).set(option.lower(), value)

    def unset(self, key: Key, option: str) -> None:
        """Take a setting out of this file.  Raises ConfigError if it is not there."""
        section = self._sections.get(key)
        if section is None or option not in section.lines:
            raise ConfigError(f"no option {option!r} in [{header(key)}] of {self.path}")
        del section.lines[option]

    def discard(self, key: Key, option: str) -> None:
        """Take a setting out of this file, if it is there."""
        section = self._sections.get(key)
        if section is not None:
            section.lines.pop(option, None)

    def replace_section(self, key: Key) -> None:
        """Start a section anew, without options; it keeps its place and comments."""
        section = self._sections.setdefault(key, Section())
        section.lines = {}

    def remove_section(self, key: Key) -> None:
        """Take a whole section out of this file.  Raises ConfigError if it is not there."""
        if key not in self._sections:
            raise self._absent(key)
        del self._sections[key]

    def rename_section(self, old: Key, new: Key) -> None:
        """Give a section a new name; it moves to the end, as in DVC.  Raises ConfigError if it is not there."""
        if old not in self._sections:
            raise self._absent(old)
        self._sections[new] = self._sections.pop(old)

    def save(self) -> None:
        """Check the settings as this and the weaker levels give them, then write the file if it changed.

        The file appears under its name complete or not at all, and keeps its mode.  Raises ConfigError.
        """
        self._normalise_paths()
        text = render(self._document()) if self._text is not None or self._has_content() else None
        if text is None or text == self._text:
            return
        self._validate(text)
        _write(self.path, text)
        self._text = text

    def _absent(self, key: Key) -> ConfigError:
        return ConfigError(f"no section [{header(key)}] in {self.path}")

    def _has_content(self) -> bool:
        return any(section.lines for section in self._sections.values())

    def _document(self) -> Document:
        # DVC's order: sections without a name as they stand in the file, new ones in declaration order,
        # then remotes, machines and databases.
        document = Document()
        for key, section in self._sections.items():
            if not key[1] and not section.is_bare:
                document.sections[header(key)] = section
        for kind in ("remote", *NAMED):
            for key, section in self._sections.items():
                if key[0] == kind and key[1]:
                    document.sections[header(key)] = section
        document.below = self._below
        return document

    def _normalise_paths(self) -> None:
        # As DVC does on every write: "../a/" and "../b/../a" become "../a".
        environ = self.config.environ
        for key, section in self._sections.items():
            for option in path_options(key[0]) & section.lines.keys():
                value = section.lines[option].value
                if isinstance(value, str):
                    section.set(option, relative(value, self._directory, self._directory, environ))

    def _validate(self, text: str) -> None:
        settings: Settings = {}
        for level in LEVELS[: LEVELS.index(self.level)]:
            if level in self.config.files:
                merge(settings, read_level(self.config.files[level], level, self.config.environ))
        merge(settings, settings_of(parse(text, self.path), self._directory, self.level, self.config.environ))
        validate(settings)


def _open(path: str) -> tuple[str | None, dict[Key, Section], tuple[str, ...]]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None, {}, ()
    document = parse(text, path)
    return text, {split_header(header): section for header, section in document.sections.items()}, document.below


def _write(path: str, text: str) -> None:
    # A configuration file may be a link into a user's dotfiles: replace what it points to.
    target = os.path.realpath(path)
    directory = os.path.dirname(target)
    temporary = os.path.join(directory, f".config-{os.getpid()}.tmp")
    try:
        os.makedirs(directory, exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        if (mode := _mode(target)) is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None  # a new file: as the umask has it

"""Settings that a command lays over those of another repository."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.config import Config
from tiffin.config.layering import Entry, Settings, read_level
from tiffin.errors import ConfigError

__all__ = ["Overrides", "overrides_of"]

_LEVEL = "command"


class Overrides(NamedTuple):
    """config: a file, or sections by name; remote: the default one; remote_config: options of the remote."""

    config: str | Mapping[str, Any] | None = None
    remote: str | None = None
    remote_config: Mapping[str, Any] | None = None

    def over(self, config: Config, directory: str) -> Config:
        """The settings of the other repository with these over them.  Relative files count from `directory`."""
        if self.config is not None:
            config = config.overlaid(self._sections(config, self.config, directory))
        if self.remote is not None:
            config = config.overlaid({("core", ""): {"remote": Entry(self.remote, _LEVEL)}})
        if self.remote_config:
            name = (self.remote or config.default_remote or "").lower()
            if not name:
                raise ConfigError(
                    "options of a remote were given, but no remote was named and there is no default one",
                    hint="name it with --remote",
                )
            config = config.overlaid({("remote", name): _entries(self.remote_config)})
        return config

    def recorded(self) -> dict[str, Any]:
        """What the `repo` entry of an import says of them, as DVC writes it."""
        if self.remote is not None and self.remote_config:
            if isinstance(self.config, str):
                raise ConfigError("a configuration file, a remote and options of a remote do not go together")
            given = self.config or {}
            remotes = given.get("remote", {})
            merged = {**remotes.get(self.remote, {}), **self.remote_config}
            core, remotes = {**given.get("core", {}), "remote": self.remote}, {**remotes, self.remote: merged}
            return {"config": {**given, "core": core, "remote": remotes}}
        found: dict[str, Any] = {"config": self.config} if self.config is not None else {}
        remote = self.remote or self.remote_config
        return {**found, "remote": remote} if remote else found

    @staticmethod
    def _sections(config: Config, given: str | Mapping[str, Any], directory: str) -> Settings:
        if isinstance(given, str):
            path = os.path.join(directory, given)
            if not os.path.isfile(path):
                raise ConfigError(f"there is no configuration file '{given}'")
            return read_level(path, _LEVEL, config.environ)
        settings: Settings = {}
        for section, options in given.items():
            if section == "remote":
                settings.update({("remote", name.lower()): _entries(of) for name, of in options.items()})
            else:
                settings[section, ""] = _entries(options)
        return settings


def overrides_of(source: Mapping[str, Any]) -> Overrides:
    """What the `repo` entry of an import asks for."""
    remote = source.get("remote")
    named = remote if isinstance(remote, str) else None
    return Overrides(source.get("config"), named, remote if isinstance(remote, Mapping) else None)


def _entries(options: Mapping[str, Any]) -> dict[str, Entry]:
    return {option: Entry(_text(value), _LEVEL) for option, value in options.items()}


def _text(value: Any) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)

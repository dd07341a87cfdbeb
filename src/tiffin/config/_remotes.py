"""The verbs of `remote`: each changes the configuration files and nothing else.

level None is the repository's file.  The configuration passed in is not changed: load it again
to see the effect.  Names are lower-cased, as DVC reads them.
"""

from tiffin.config._config import LEVELS, Config, StrPath
from tiffin.config._edit import Editor
from tiffin.errors import ConfigError, RemoteMissing

__all__ = ["add_remote", "modify_remote", "remove_remote", "rename_remote", "set_default_remote"]

_DEFAULT = (("core", ""), "remote")


def add_remote(
    config: Config,
    name: str,
    url: str,
    *,
    level: str | None = None,
    default: bool = False,
    force: bool = False,
    cwd: StrPath = ".",
) -> None:
    """Set up a remote; a relative url counts from cwd.  Raises ConfigError if it is there and force is not."""
    if not name or not url:
        raise ConfigError(f"a remote needs a name and a place: found {name!r} and {url!r}")
    key = ("remote", name.lower())
    with config.edit(level, cwd=cwd) as editor:
        if editor.has(key) and not force:
            raise ConfigError(f"remote {key[1]!r} is there already", hint="use -f to replace it")
        editor.replace_section(key)
        editor.set(key, "url", url)
        if default:
            editor.set(*_DEFAULT, key[1])


def modify_remote(
    config: Config, name: str, option: str, value: str | None, *, level: str | None = None, cwd: StrPath = "."
) -> None:
    """Set an option of a remote, or take it out where value is None.

    Raises RemoteMissing if neither this level nor a weaker one knows the remote.
    """
    key = ("remote", name.lower())
    with config.edit(level, cwd=cwd) as editor:
        if not editor.has(key) and key[1] not in _weaker_remotes(config, editor.level):
            raise _missing(editor, key[1])
        if value is None:
            editor.discard(key, option.lower())
        else:
            editor.set(key, option.lower(), value)


def remove_remote(config: Config, name: str, *, level: str | None = None) -> None:
    """Take a remote out, and the default that names it here and in stronger levels.  Raises RemoteMissing."""
    key = ("remote", name.lower())
    with config.edit(level) as editor:
        if not editor.has(key):
            raise _missing(editor, key[1])
        editor.remove_section(key)
    for stronger in _this_and_stronger(config, editor.level):
        with config.edit(stronger) as editor:
            if editor.get(*_DEFAULT) == key[1]:
                editor.discard(*_DEFAULT)


def rename_remote(config: Config, old: str, new: str, *, level: str | None = None) -> None:
    """Give a remote a new name, also where it is the default.  Raises RemoteMissing, or ConfigError if new is taken."""
    # DVC writes the new name as it was given, and reads names in lower case.
    key, renamed = ("remote", old.lower()), ("remote", new)
    if new.lower() in config.remotes and new.lower() != key[1]:
        raise ConfigError(f"remote {renamed[1]!r} is there already", hint="choose another name, or remove that one")
    with config.edit(level) as editor:
        if not editor.has(key):
            raise _missing(editor, key[1])
        editor.rename_section(key, renamed)
        if editor.get(*_DEFAULT) == key[1]:
            editor.set(*_DEFAULT, renamed[1])
    for stronger in _this_and_stronger(config, editor.level)[1:]:
        with config.edit(stronger) as other:
            if other.get(*_DEFAULT) == key[1]:
                other.set(*_DEFAULT, renamed[1])


def set_default_remote(config: Config, name: str | None, *, level: str | None = None) -> None:
    """Make a remote the default, or have none where name is None.  Raises RemoteMissing."""
    with config.edit(level) as editor:
        if name is None:
            editor.discard(*_DEFAULT)
            return
        if not editor.has(("remote", name.lower())) and name.lower() not in _weaker_remotes(config, editor.level):
            raise _missing(editor, name.lower())
        editor.set(*_DEFAULT, name.lower())


def _this_and_stronger(config: Config, level: str) -> list[str]:
    return [known for known in LEVELS[LEVELS.index(level) :] if known in config.files]


def _weaker_remotes(config: Config, level: str) -> list[str]:
    settings: dict[tuple[str, str], object] = {}
    for weaker in LEVELS[: LEVELS.index(level)]:
        if weaker in config.files:
            settings.update(config.read(weaker))
    return [name for kind, name in settings if kind == "remote"]


def _missing(editor: Editor, name: str) -> RemoteMissing:
    return RemoteMissing(f"no remote {name!r} in {editor.path}", hint=f"add it with `tiffin remote add {name} URL`")

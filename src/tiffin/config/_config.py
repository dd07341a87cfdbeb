"""What the configuration files and the environment say together."""

import os
from collections.abc import Iterator, Mapping
from errno import EINVAL
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, NamedTuple

from tiffin.config._check import LINK_TYPES, check, declarations_of_remote, scheme_of, unknown
from tiffin.config._ini import Document, Value, parse
from tiffin.config._options import ENVIRONMENT, NAMED, SECTIONS, Declaration
from tiffin.config._paths import config_files, default_site_cache_dir, resolve
from tiffin.errors import ConfigError, NoRemote, RemoteMissing

if TYPE_CHECKING:
    from tiffin.config._edit import Editor

__all__ = [
    "LEVELS",
    "Config",
    "Entry",
    "RemoteSettings",
    "Settings",
    "StrPath",
    "declaration",
    "header",
    "merge",
    "path_options",
    "read_document",
    "read_level",
    "settings_of",
    "split_header",
    "validate",
]

LEVELS = ("system", "global", "repo", "local")

StrPath = str | os.PathLike[str]


class Entry(NamedTuple):
    """One setting as written, paths resolved, and the level it comes from."""

    value: Value
    level: str


# Section -> option -> entry; sections with a name are ("remote", "myremote"), others ("core", "").
Settings = dict[tuple[str, str], dict[str, Entry]]


class RemoteSettings(NamedTuple):
    """Where a remote is and how to talk to it.

    url: an absolute directory, or a URL; `remote://` is already followed.  options: what is set, typed.  level:
    the file that gives the URL.
    """

    name: str
    url: str
    options: Mapping[str, object]
    level: str

    @property
    def scheme(self) -> str:
        """How the remote is reached: "s3", "ssh", ...; "" for a directory."""
        return scheme_of(self.url)

    @property
    def jobs(self) -> int | None:
        """Transfers at a time, where that was set."""
        jobs = self.options.get("jobs")
        return jobs if isinstance(jobs, int) else None

    @property
    def verify(self) -> bool:
        """Whether downloaded objects are hashed again."""
        default = declarations_of_remote(self.name, self.url).get("verify", ("flag", False, ""))[1]
        return bool(self.options.get("verify", default))


class Config:
    """All settings of a repository, or of the user where there is no repository."""

    def __init__(
        self, files: Mapping[str, str], environ: Mapping[str, str], settings: Settings, *, check: bool = True
    ) -> None:
        self.files = files
        self.environ = environ
        self._settings = settings
        self._checked: dict[tuple[str, str], dict[str, object]] | None = validate(settings) if check else None

    @classmethod
    def load(cls, dvc_dir: StrPath | None, environ: Mapping[str, str], *, check: bool = True) -> "Config":
        """Read the files of all levels; dvc_dir None is outside of a repository.

        Raises ConfigError for the first setting that is unknown or ill-typed; without `check` only once a typed value
        is asked for, so that the commands that show and repair settings work in any case.
        """
        directory = None if dvc_dir is None else os.path.abspath(dvc_dir)
        files = config_files(directory, environ)
        settings: Settings = {}
        for level in files:
            merge(settings, read_level(files[level], level, environ))
        return cls(files, environ, settings, check=check)

    def overlaid(self, settings: Settings) -> "Config":
        """These settings with others over them, stronger than those of any file."""
        merged: Settings = {}
        merge(merged, self._settings)
        merge(merged, settings)
        return Config(self.files, self.environ, merged)

    def get(self, name: str) -> object:
        """The typed value of "section.option": of the environment, the strongest file, or the default.

        None where nothing is set and there is no default.  Raises ConfigError for an unknown name.
        """
        section, _, option = name.partition(".")
        kind, default, _ = declaration(section, option)
        variable = ENVIRONMENT.get(name)
        if variable is not None and self.environ.get(variable):
            return check(f"variable {variable}", self.environ[variable], kind)
        return self._typed.get((section, ""), {}).get(option, default)

    @property
    def _typed(self) -> dict[tuple[str, str], dict[str, object]]:
        if self._checked is None:
            self._checked = validate(self._settings)
        return self._checked

    def flag(self, name: str) -> bool:
        """A setting that is true or false; false where it is not set."""
        return bool(self.get(name))

    def text(self, name: str) -> str | None:
        """A setting that is a text or a path."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A setting that is a whole number."""
        value = self.get(name)
        return value if isinstance(value, int) else None

    @property
    def cache_dir(self) -> str | None:
        """Directory of the object store; None outside of a repository unless it is set."""
        directory = self.text("cache.dir")
        if directory is None and "repo" in self.files:
            return os.path.join(os.path.dirname(self.files["repo"]), "cache")
        return directory

    @property
    def link_types(self) -> tuple[str, ...]:
        """Link types to try in order."""
        types = self.get("cache.type")
        return tuple(types) if isinstance(types, list) else (LINK_TYPES[0], LINK_TYPES[-1])

    @property
    def site_cache_dir(self) -> str:
        """Where indexes and hash tables are kept that need not move with the repository."""
        return self.text("core.site_cache_dir") or default_site_cache_dir()

    @property
    def default_remote(self) -> str | None:
        return self.text("core.remote")

    @property
    def remotes(self) -> dict[str, RemoteSettings]:
        """All remotes by name, in the order they are written, the weakest level first."""
        return {name: self.remote(name) for kind, name in self._settings if kind == "remote"}

    def remote(self, name: str | None = None) -> RemoteSettings:
        """A remote by name, or the default one.

        Raises RemoteMissing for a name nobody set up, NoRemote if none is given and there is no default.
        """
        chosen = name.lower() if name is not None else self.default_remote
        if chosen is None:
            raise NoRemote(
                "no remote was named and there is no default one",
                hint="set a default with `tiffin remote default NAME`, or name one with `-r NAME`",
            )
        return self._remote(chosen, seen=())

    def _remote(self, name: str, seen: tuple[str, ...]) -> RemoteSettings:
        key = ("remote", name)
        if key not in self._settings:
            names = [known for kind, known in self._settings if kind == "remote"]
            raise RemoteMissing(
                f"no remote {name!r} (known: {', '.join(names) or 'none'})",
                hint=f"add it with `tiffin remote add {name} URL`",
            )
        if name in seen:
            raise ConfigError(f"remote {name!r} builds on itself: {' -> '.join((*seen, name))}")
        options = dict(self._typed[key])
        url = str(options.pop("url"))
        level = self._settings[key]["url"].level
        if scheme_of(url) != "remote":
            return RemoteSettings(name, url, options, level)
        base_name, _, below = url.partition("://")[2].partition("/")
        base = self._remote(base_name.lower(), (*seen, name))
        # Text that was set here takes the type it has on the remote below.
        allowed = declarations_of_remote(name, base.url)
        for option in options:
            if option not in allowed:
                raise unknown("option", option, allowed, where=f"remote {name!r} ({base.url})")
        return RemoteSettings(name, f"{base.url}/{below.lstrip('/')}", {**base.options, **options}, level)

    def remote_urls(self, level: str | None = None) -> dict[str, str]:
        """Where the remotes of one level, or of all, are: paths resolved, `remote://` as written.  Unchecked."""
        settings = self._settings if level is None else self.read(level)
        urls = {name: options.get("url") for (kind, name), options in settings.items() if kind == "remote"}
        return {name: str(entry.value) for name, entry in urls.items() if entry is not None}

    def entries(self, level: str | None = None) -> Iterator[tuple[str, Entry]]:
        """("section.option", entry) of one level, or of all together, remotes first, in file order."""
        settings = self._settings if level is None else self.read(level)
        for named in (True, False):
            for (kind, name), options in settings.items():
                if bool(name) is named:
                    prefix = f"{kind}.{name}" if name else kind
                    yield from ((f"{prefix}.{option}", entry) for option, entry in options.items())

    def read(self, level: str) -> Settings:
        """The settings of one level alone, unchecked.  Raises ConfigError for a level that is not there."""
        return read_level(self._file(level), level, self.environ)

    def edit(self, level: str | None = None, *, cwd: StrPath = ".") -> "Editor":
        """An editor of one level's file (repo unless named); relative paths it is given count from cwd."""
        # Only commands that write settings load it.
        from tiffin.config._edit import Editor  # noqa: PLC0415

        level = level or "repo"
        return Editor(self, self._file(level), level, os.path.abspath(cwd))

    def _file(self, level: str) -> str:
        if level not in self.files:
            raise ConfigError(
                f"no {level} configuration: not inside a repository",
                hint="use --global or --system, or `tiffin init` first",
            )
        return self.files[level]


def read_document(path: str) -> Document:
    """One file as it stands; empty if there is none.  Raises ConfigError if it cannot be read."""
    try:
        with open(path, encoding="utf-8", opener=_regular) as file:
            return parse(file.read(), path)
    except (FileNotFoundError, NotADirectoryError):
        return Document()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _regular(path: str, flags: int) -> int:
    """Open a file that ends: a repository may bring a link to a device along."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    kind = os.fstat(descriptor).st_mode
    if not S_ISREG(kind) and not S_ISDIR(kind):
        os.close(descriptor)
        raise OSError(EINVAL, "is no regular file", path)
    return descriptor


def read_level(path: str, level: str, environ: Mapping[str, str]) -> Settings:
    """One file's settings, paths resolved against its directory."""
    return settings_of(read_document(path), os.path.dirname(path), level, environ)


def settings_of(document: Document, directory: str, level: str, environ: Mapping[str, str]) -> Settings:
    """The settings of a file that stands in that directory, paths resolved against it."""
    settings: Settings = {}
    for title, section in document.sections.items():
        key = split_header(title)
        paths = path_options(key[0])
        settings[key] = {
            option: Entry(
                resolve(line.value, directory, environ)
                if option in paths and isinstance(line.value, str)
                else line.value,
                level,
            )
            for option, line in section.lines.items()
        }
    return settings


def merge(into: Settings, stronger: Settings) -> None:
    """Put a stronger level's settings over those of weaker ones."""
    for key, options in stronger.items():
        into.setdefault(key, {}).update(options)


def header(key: tuple[str, str]) -> str:
    """`remote "r"` of ("remote", "r"); `core` of ("core", "")."""
    return f'{key[0]} "{key[1]}"' if key[1] else key[0]


def split_header(title: str) -> tuple[str, str]:
    """The reverse of `header`."""
    kind, quote, name = title.partition('"')
    kind = kind.strip()
    if quote and name.rstrip().endswith('"') and (kind == "remote" or kind in NAMED):
        return kind, name.rstrip()[:-1]
    return title, ""


def path_options(kind: str) -> frozenset[str]:
    """The options of a section that hold paths."""
    if kind == "remote":
        return _REMOTE_PATHS
    known = NAMED.get(kind) or SECTIONS.get(kind) or {}
    return frozenset(option for option, (of_kind, _, _) in known.items() if of_kind == "path")


# Spelled out: gathering them from the table on every command would cost more than the check.
_REMOTE_PATHS = frozenset(
    {
        "url",
        "gdrive_user_credentials_file",
        "gdrive_service_account_json_file_path",
        "credentialpath",
        "configpath",
        "keyfile",
        "cert_path",
        "key_path",
    }
)


def declaration(section: str, option: str) -> Declaration:
    """What is declared for a setting without a name.  Raises ConfigError for an unknown one."""
    known = SECTIONS.get(section)
    if known is None:
        raise unknown("section", section, [*SECTIONS, "remote", *NAMED], where="the configuration")
    if option not in known:
        raise unknown("option", f"{section}.{option}", known, where=f"section [{section}]")
    return known[option]


def validate(settings: Settings) -> dict[tuple[str, str], dict[str, object]]:
    """The typed values of merged settings.  Raises ConfigError for the first that is unknown or ill-typed."""
    return {key: dict(_checked(key, options)) for key, options in settings.items()}


def _checked(key: tuple[str, str], options: Mapping[str, Entry]) -> Iterator[tuple[str, object]]:
    kind, name = key
    known = _declared(key, options)
    prefix = f"{kind}.{name}" if name else kind
    for option, entry in options.items():
        if option in known:
            yield option, check(f"{prefix}.{option}", entry.value, known[option][0])
        elif kind != "feature":  # experimental switches come and go: DVC, too, lets any of them be
            raise unknown("option", f"{prefix}.{option}", known, where=f"the {entry.level} configuration")


def _declared(key: tuple[str, str], options: Mapping[str, Entry]) -> Mapping[str, Declaration]:
    kind, name = key
    if name and kind in NAMED:
        return NAMED[kind]
    if kind == "remote" and name:
        if "url" not in options:
            raise ConfigError(f"remote {name!r} has no url", hint=f"set it with `tiffin remote modify {name} url URL`")
        return declarations_of_remote(name, str(options["url"].value))
    if kind not in SECTIONS:
        level = next((entry.level for entry in options.values()), "")
        raise unknown("section", kind, [*SECTIONS, "remote", *NAMED], where=f"the {level} configuration")
    return SECTIONS[kind]

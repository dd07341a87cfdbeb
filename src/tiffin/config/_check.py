"""From the text of a setting to its value, by the kind it is declared with."""

from collections.abc import Iterable, Mapping

from tiffin.config._ini import Value
from tiffin.config._options import REMOTES, Declaration
from tiffin.errors import ConfigError

__all__ = ["LINK_TYPES", "check", "declarations_of_remote", "scheme_of", "unknown"]

LINK_TYPES = ("reflink", "hardlink", "symlink", "copy")


def check(name: str, value: Value, kind: str) -> object:
    """The typed value: bool for flag, int, float for seconds, list of str for links, else str.

    name is for messages.  Raises ConfigError if the text does not suit the kind.
    """
    if kind == "links":
        return _links(name, value)
    if not isinstance(value, str):
        shown = ", ".join(value)
        raise ConfigError(f"{name}: expected one value, found the list {shown!r}", hint=f'quote it: "{shown}"')
    if kind in ("text", "path"):
        return value
    if kind == "lower":
        return value.lower()
    if kind.startswith("one of "):
        return _one_of(name, value, kind.split()[2:])
    if kind.startswith("flag"):
        return _flag(name, value, or_text=kind == "flag or text")
    if kind == "seconds":
        return _seconds(name, value)
    return _integer(name, value, kind)


def scheme_of(url: str) -> str:
    """The scheme of a URL: "s3" of "s3://bucket"; "" of a directory."""
    scheme, separator, rest = url.partition("://")
    return scheme.lower() if separator and rest and rest[0] not in "/?#" else ""


def declarations_of_remote(name: str, url: str) -> Mapping[str, Declaration]:
    """The options a remote at that URL may have.  Raises ConfigError for a scheme nobody knows."""
    scheme = scheme_of(url)
    if scheme == "remote":
        # Which options make sense depends on the remote it builds on: any may be there.
        return {option: declaration for known in REMOTES.values() for option, declaration in known.items()}
    if scheme in REMOTES:
        return REMOTES[scheme]
    known_schemes = ", ".join(f"{known}://" for known in REMOTES if known)
    raise ConfigError(f"remote {name!r}: no support for {scheme}:// ({url})", hint=f"known: {known_schemes}")


def unknown(what: str, name: str, known: Iterable[str], *, where: str) -> ConfigError:
    """The error for a name that is not declared, with the nearest declared one as hint."""
    import difflib  # noqa: PLC0415 (3 ms that only a mistake has to pay)

    near = difflib.get_close_matches(name.rpartition(".")[2], list(known), n=1)
    prefix = name.rpartition(".")[0]
    meant = f"{prefix}.{near[0]}" if near and prefix else near[0] if near else None
    return ConfigError(f"unknown {what} {name!r} in {where}", hint=f"did you mean {meant!r}?" if meant else None)


def _links(name: str, value: Value) -> list[str]:
    words = [word.strip() for word in value.split(",")] if isinstance(value, str) else value
    wrong = [word for word in words if word not in LINK_TYPES]
    if wrong:
        raise ConfigError(
            f"{name}: no link type {', '.join(map(repr, wrong))}", hint=f"choose from {', '.join(LINK_TYPES)}"
        )
    return list(words)


def _one_of(name: str, value: str, choices: list[str]) -> str:
    if value.lower() in choices:
        return value.lower()
    raise ConfigError(f"{name}: expected {' or '.join(choices)}, found {value!r}")


def _flag(name: str, value: str, *, or_text: bool) -> bool | str:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    if or_text:
        return value
    raise ConfigError(f"{name}: expected true or false, found {value!r}")


def _seconds(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ConfigError(f"{name}: expected a number, found {value!r}") from None
    if not number >= 0:
        raise ConfigError(f"{name}: expected 0 or more, found {value}")
    return number


def _integer(name: str, value: str, kind: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise ConfigError(f"{name}: expected a whole number, found {value!r}") from None
    if kind == "count" and number < 1:
        raise ConfigError(f"{name}: expected 1 or more, found {value}")
    if kind == "percent" and not 0 <= number <= 100:
        raise ConfigError(f"{name}: expected 0 to 100, found {value}")
    return number

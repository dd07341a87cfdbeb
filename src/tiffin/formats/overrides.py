"""Changes of parameters as `exp run -S` takes them: Hydra's grammar without its sweeps.

    override := [file ":"] change
    change   := name "=" value       the parameter is there
              | "+" name "=" value   it is not, or is a map or list that takes more
              | "++" name "=" value  either
              | "~" name ["=" value] it goes, if it has that value
    value    := null | true | false | number | text | 'text' | "text" | [value, ...] | {key: value, ...}
              | int(value) | float(value) | str(value) | bool(value)

Several values ("a=1,2", choice, range, ...) are a sweep, which is refused here: see sweeps.py.
"""

import os.path
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from tiffin.errors import FormatError, OverrideError
from tiffin.formats import params
from tiffin.formats._update import rewrite
from tiffin.formats.words import nearest

__all__ = ["Override", "parse_override", "set_values", "split_file"]

_SWEEPS = frozenset(("choice", "range", "interval", "glob", "shuffle", "sort", "tag"))
_CASTS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "bool": bool}
_RESERVED = frozenset(",[]{}()'\"=")
_ESCAPED = frozenset("\\()[]{}:=, \t")
_KEPT = {" ": "\0", "\t": "\1"}  # stand for escaped blanks while the others are stripped
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}


class Override(NamedTuple):
    """One change.  value None of "delete" deletes whatever is there."""

    file: str
    name: str  # dotted
    value: Any
    op: Literal["set", "add", "force", "delete"]
    text: str  # as it was asked for


def parse_override(text: str) -> Override:
    """Read one change.  Raises OverrideError."""
    file, change = split_file(text)
    marker = "++" if change.startswith("++") else change[:1] if change[:1] in ("+", "~") else ""
    name, equals, value = change[len(marker) :].partition("=")
    if not equals and marker != "~":
        raise OverrideError(f"cannot set {text!r}: there is no '='", hint="write it as NAME=VALUE")
    _check_name(name, text)
    return Override(
        file=file,
        name=name,
        value=_value(value, text) if equals else None,
        op=_OPS[marker],
        text=text,
    )


def _value(value: str, text: str) -> Any:
    try:
        return _Scanner(value, text).whole()
    except RecursionError as error:
        raise OverrideError(f"cannot set {text[:40]!r}...: the value is nested too deeply") from error


def split_file(text: str) -> tuple[str, str]:
    """The file that a change is for, and the change without it."""
    if ":" not in text.partition("=")[0]:
        return params.DEFAULT_FILE, text
    file, _, change = text.partition(":")
    return file, change


_OPS: dict[str, Literal["set", "add", "force", "delete"]] = {"": "set", "+": "add", "++": "force", "~": "delete"}


def set_values(text: str, path: str, overrides: Iterable[Override]) -> str:
    """Give the parameter file with the changes made, in order.

    Only what is named changes: comments, order and layout of the rest stay.  A JSON file keeps its
    indent.  Raises OverrideError or FormatError.
    """
    changes = list(overrides)
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".json":
        return _set_json(text, path, changes)
    if suffix == ".toml":
        return _set_toml(text, path, changes)
    if suffix == ".py":
        return _set_python(text, path, changes)
    return rewrite(text, path, lambda values: _apply_all(values, changes, path))


def _set_json(text: str, path: str, changes: Sequence[Override]) -> str:
    import json  # noqa: PLC0415 - loads only when such a file is there

    values = params.load(text, path)
    _apply_all(values, changes, path)
    lines = text.split("\n", 2)
    indent = len(lines[1]) - len(lines[1].lstrip()) if len(lines) > 1 else 0
    end = "\n" if text.endswith("\n") else ""
    return json.dumps(values, indent=indent or None) + end


def _set_toml(text: str, path: str, changes: Sequence[Override]) -> str:
    try:
        import tomlkit  # noqa: PLC0415 - an optional package
    except ImportError as error:
        hint = "install it: pip install 'tiffin[toml]'"
        raise OverrideError(f"{path}: changing a TOML file needs the package tomlkit", hint=hint) from error
    params.load(text, path)  # tomllib's errors name the line
    values = tomlkit.parse(text)
    _apply_all(values, changes, path)
    return tomlkit.dumps(values)


def _set_python(text: str, path: str, changes: Sequence[Override]) -> str:
    from tiffin.formats import _python  # noqa: PLC0415 - ast is slow to import, seldom needed

    values = params.load(text, path)
    for change in changes:
        if change.op != "set":
            hint = "edit the file itself"
            raise OverrideError(f"{path}: constants of a Python file cannot be added or deleted", hint=hint)
        _apply(values, change, path)
    return _python.replaced(text, path, [(change.name.split("."), change.value) for change in changes])


def _apply_all(values: Any, changes: Sequence[Override], path: str) -> None:
    if not isinstance(values, dict):
        raise FormatError("parameters to be changed should be a map", path=path)
    for change in changes:
        _apply(values, change, path)


def _apply(values: Any, change: Override, path: str) -> None:
    *above, last = change.name.split(".")
    create = change.op in ("add", "force")
    holder = values
    for part in above:
        key = _key(holder, part)
        if key is None:
            if not create or not isinstance(holder, dict):
                raise _missing(values, change, path)
            holder[part] = {}
            key = part
        holder = holder[key]
    key = _key(holder, last)
    if key is None:
        if not create or not isinstance(holder, dict):
            raise _missing(values, change, path)
        holder[last] = change.value
    elif change.op == "delete":
        _delete(holder, key, change, path)
    elif change.op == "add" and holder[key] is not None and not isinstance(change.value, dict | list):
        hint = f"change it with {change.text.replace('+', '', 1)!r}"
        raise OverrideError(f"{path}: {change.name!r} is there already", hint=hint)
    else:
        _put(holder, key, change, path)


def _key(holder: Any, part: str) -> Any:
    """Give the key or index by which part is found in holder, None when it is not there."""
    if isinstance(holder, dict):
        return part if part in holder else next((key for key in holder if str(key) == part), None)
    if isinstance(holder, list) and part.isdecimal() and int(part) < len(holder):
        return int(part)
    return None


def _put(holder: Any, key: Any, change: Override, path: str) -> None:
    """Set a value; a map is merged into a map."""
    old, value = holder[key], change.value
    if not isinstance(value, dict) or not isinstance(old, dict):
        holder[key] = value
        return
    for inner, child in value.items():
        below = change._replace(name=f"{change.name}.{inner}", value=child)
        if inner in old:
            _put(old, inner, below, path)
        elif change.op == "set":
            hint = f"to add it, write '{_as_addition(change)}'"
            raise OverrideError(f"{path}: no parameter {below.name!r}", hint=hint)
        else:
            old[inner] = child


def _delete(holder: Any, key: Any, change: Override, path: str) -> None:
    if change.value is not None and holder[key] != change.value:
        raise OverrideError(f"{path}: {change.name!r} is {holder[key]!r}, not {change.value!r}, so it stays")
    del holder[key]


def _missing(values: Any, change: Override, path: str) -> OverrideError:
    meant = nearest(change.name, params.flatten(values))
    if change.op in ("delete", "set") and meant:
        hint = f"did you mean {meant!r}?"
    elif change.op == "set":
        hint = f"to add it, write '{_as_addition(change)}'"
    else:
        hint = None
    return OverrideError(f"{path}: no parameter {change.name!r}", hint=hint)


def _as_addition(change: Override) -> str:
    prefix = f"{change.file}:"
    if change.text.startswith(prefix):
        return f"{prefix}+{change.text.removeprefix(prefix)}"
    return f"+{change.text}"


def _check_name(name: str, text: str) -> None:
    if "/" in name or "@" in name:
        raise OverrideError(
            f"cannot set {text!r}: groups of configurations are Hydra's own",
            hint="turn on its composition: tiffin config hydra.enabled true",
        )
    if not name or any(not part or any(c.isspace() or c in _RESERVED for c in part) for part in name.split(".")):
        raise OverrideError(f"cannot set {text!r}: {name!r} is no parameter name", hint="write it as a.b.c=VALUE")


class _Scanner:
    """Reads one value from text, left to right."""

    def __init__(self, text: str, asked: str) -> None:
        self.text = text
        self.asked = asked
        self.at = 0

    def whole(self) -> Any:
        value = self.element()
        if self.peek() == ",":
            raise self.sweep()
        if self.at < len(self.text):
            raise self.error(f"{self.text[self.at :]!r} is left over")
        return value

    def element(self) -> Any:
        self.skip_blanks()
        opening = self.peek()
        if opening in ("'", '"') and opening:
            return self.quoted()
        if opening == "[":
            return self.sequence()
        if opening == "{":
            return self.mapping()
        return self.plain()

    def inner(self) -> Any:
        """Read an element that may not be empty."""
        start = self.at
        value = self.element()
        if not self.text[start : self.at].strip():
            raise self.error("a value is missing")
        return value

    def plain(self, stop: str = "") -> Any:
        """Read unquoted text up to a reserved character, or one of stop."""
        start = self.at
        parts: list[str] = []
        escaped = False
        while (char := self.peek()) and char not in _RESERVED and char not in stop:
            if char == "$" and self.text.startswith("${", self.at):
                raise self.error("${...} is not resolved in a value that is set")
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in _ESCAPED and self.at + 1 < len(self.text):
                escaped = True
                self.at += 1
                char = _KEPT.get(self.text[self.at], self.text[self.at])
            parts.append(char)
            self.at += 1
        raw = self.text[start : self.at]
        if self.peek() == "(":
            return self.call(raw.strip())
        if self.peek() in ("'", '"', "=", "(") and self.peek():
            raise self.error(f"{self.peek()!r} is not allowed there")
        if not escaped:
            return _scalar(raw.strip())
        return "".join(parts).strip().replace(_KEPT[" "], " ").replace(_KEPT["\t"], "\t")

    def call(self, function: str) -> Any:
        if function in _SWEEPS:
            raise self.sweep()
        if function not in _CASTS:
            raise self.error(f"unknown function {function!r}")
        self.at += 1
        value = self.inner()
        if self.peek() != ")":
            raise self.error("')' is missing")
        self.at += 1
        self.skip_blanks()
        try:
            return _cast(_CASTS[function], value)
        except (ValueError, TypeError) as error:
            raise self.error(str(error)) from error

    def quoted(self) -> str:
        quote = self.text[self.at]
        start = self.at + 1
        end = self.text.find(quote, start)
        while end >= 0 and self.text[end - 1] == "\\":
            end = self.text.find(quote, end + 1)
        if end < 0:
            raise self.error(f"the closing {quote} is missing")
        self.at = end + 1
        self.skip_blanks()
        return self.text[start:end].replace("\\" + quote, quote)

    def sequence(self) -> list[Any]:
        self.at += 1
        result: list[Any] = []
        self.skip_blanks()
        done = self.passes("]")
        while not done:
            result.append(self.inner())
            done = self.ends("]")
        return result

    def mapping(self) -> dict[Any, Any]:
        self.at += 1
        result: dict[Any, Any] = {}
        self.skip_blanks()
        done = self.passes("}")
        while not done:
            self.skip_blanks()
            key = self.quoted() if self.peek() in ("'", '"') and self.peek() else self.plain(":")
            if self.peek() != ":":
                raise self.error("':' is missing after a key")
            self.at += 1
            result[key] = self.inner()
            done = self.ends("}")
        return result

    def ends(self, closing: str) -> bool:
        """Pass closing or a comma; tell whether it was closing."""
        if self.passes(closing):
            return True
        if self.peek() != ",":
            raise self.error(f"{closing!r} is missing")
        self.at += 1
        return False

    def passes(self, closing: str) -> bool:
        if self.peek() != closing:
            return False
        self.at += 1
        self.skip_blanks()
        return True

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        while self.peek().isspace():
            self.at += 1

    def sweep(self) -> OverrideError:
        return OverrideError(
            f"{self.asked!r} asks for several values, and one experiment takes one",
            hint="add --queue to have them all run; a text with commas goes in quotes: NAME='a,b'",
        )

    def error(self, message: str) -> OverrideError:
        hint = "put text with special characters in quotes: NAME='text'"
        return OverrideError(f"cannot set {self.asked!r}: {message}", hint=hint)


def _cast(function: Callable[[Any], Any], value: Any) -> Any:
    """Cast the leaves."""
    if isinstance(value, list):
        return [_cast(function, item) for item in value]
    if isinstance(value, dict):
        return {key: _cast(function, item) for key, item in value.items()}
    if isinstance(value, str) and function is bool:
        word = _WORDS.get(value.lower())
        if word is None:
            raise ValueError(f"{value!r} is neither true nor false")
        return word
    if function is str and (value is None or isinstance(value, bool)):
        return "null" if value is None else str(value).lower()
    return function(value)


def _scalar(text: str) -> Any:
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned.lower() in ("inf", "nan"):
        return float(text)
    if not unsigned[:1] or unsigned[0] not in ".0123456789":
        return text
    return _number(text, unsigned)


def _number(text: str, unsigned: str) -> Any:
    if unsigned.replace("_", "").isdecimal() and not (unsigned[0] == "0" and len(unsigned) > 1):
        kind: type[int | float] = int
    elif unsigned.lower().strip("0123456789_.e+-"):
        return text
    else:
        kind = float
    if kind is float and "." not in unsigned and "e" not in unsigned.lower():
        return text
    try:
        return kind(text)
    except ValueError:
        return text

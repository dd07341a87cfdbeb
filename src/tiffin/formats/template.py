r"""`${...}`: text with values from parameter files and `vars` put in.

    text       := (other | "\${" | "${" expression "}")*        "\${" stands for "${"
    expression := name ("." name | "[" name "]")*               down maps, and lists by index

An expression that is the whole text keeps its type.  Inside longer text only single values are
allowed, but in a command a map too: it becomes `--key value` flags.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tiffin.formats.words import nearest

__all__ = ["Context", "Flags", "Reference", "Unresolved", "as_text", "check", "has_expression", "resolve"]

_SINGLE = (int, float, str, bytes, bool)


class Unresolved(Exception):
    """An expression has no value here.  The caller, who knows the file and the line, says where.

    keys: where below the value that was asked for; grows on the way up.  in_key: in the last key itself.
    expression: what stands between the braces.
    """

    def __init__(self, message: str, hint: str | None = None, *, expression: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.expression = expression
        self.keys: tuple[Any, ...] = ()
        self.in_key = False

    def below(self, key: Any) -> "Unresolved":
        """The same, seen from one step above."""
        self.keys = (key, *self.keys)
        return self


class Flags(NamedTuple):
    """How maps become flags of a command (DVC's settings parsing.bool and parsing.list)."""

    bool: Literal["store_true", "boolean_optional"] = "store_true"
    list: Literal["nargs", "append"] = "nargs"


class Reference(NamedTuple):
    """A value and its dotted name in the context it comes from."""

    value: Any
    name: str | None


class Context:
    """The names that expressions may use.

    read: gives the values of a file, by its path from the folder of dvc.yaml; raises
    FileNotFoundError.  Sources are merged: maps into maps; a leaf may not be defined twice.
    """

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read
        self._values: dict[str, Any] = {}
        self._sources: list[tuple[str, bool, Mapping[Any, Any]]] = []  # name, is a file, values
        self._loaded: dict[str, list[str] | None] = {}
        self._items: dict[str, Any] = {}
        self._used: dict[str, dict[str, Any]] | None = None

    def copy(self, *, items: Mapping[str, Any] | None = None, tracking: bool = False) -> "Context":
        """Give a context to which more can be added without changing this one.

        items: names (item, key) that hide all others.  tracking: note in `used` what is given out.
        """
        other = Context(self._read)
        other._values = self._values
        other._sources = self._sources.copy()
        other._loaded = {path: None if keys is None else keys.copy() for path, keys in self._loaded.items()}
        other._items = self._items if items is None else dict(items)
        other._used = {} if tracking else None
        return other

    @property
    def used(self) -> dict[str, dict[str, Any]]:
        """File -> dotted name -> value, of what was given out so far."""
        return self._used or {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def add_default(self, path: str) -> None:
        """Add a file that need not be there."""
        try:
            self.add_file(path)
        except FileNotFoundError:
            return

    def add_vars(self, entries: Sequence[Any], wdir: str, stage: str = "") -> None:
        """Add a `vars` list: "file", "file:key,key" or maps.  Raises Unresolved."""
        for index, entry in enumerate(entries):
            try:
                if isinstance(entry, str):
                    self._add_listed(entry, wdir)
                else:
                    self._merge(f"{stage}{'.' if stage else ''}vars[{index}]", entry, is_file=False)
            except Unresolved as error:
                raise error.below(index) from None

    def _add_listed(self, entry: str, wdir: str) -> None:
        try:
            self.add_file(entry, wdir)
        except FileNotFoundError as error:
            path = entry.partition(":")[0]
            raise Unresolved(f"{path!r} does not exist", "vars are files, or maps of names and values") from error

    def add_file(self, entry: str, wdir: str = ".") -> None:
        """Add a file, or after a colon some of its keys.  Raises Unresolved or FileNotFoundError."""
        path, _, listed = entry.partition(":")
        path = posixpath.normpath(posixpath.join(wdir, path))
        keys = [key for key in listed.split(",") if key] or None
        if path in self._loaded:
            loaded = self._loaded[path]
            if keys is None and loaded is None:
                return
            _check_loaded_once(entry, keys, loaded)
        values = self._values_of(path, keys)
        self._merge(path, values, is_file=True)
        self._loaded[path] = (self._loaded.get(path) or []) + keys if keys else None

    def _values_of(self, path: str, keys: list[str] | None) -> Mapping[Any, Any]:
        try:
            values = self._read(path)
        except IsADirectoryError as error:
            raise Unresolved(f"{path!r} is a directory") from error
        if not isinstance(values, Mapping):
            raise Unresolved(f"{path!r} should hold a map, found {type(values).__name__}")
        if keys is None:
            return values
        missing = next((key for key in keys if key not in values), None)
        if missing is not None:
            raise Unresolved(f"no key {missing!r} in {path!r}", _meant(missing, values))
        return {key: values[key] for key in keys}

    def _merge(self, source: str, values: Mapping[Any, Any], *, is_file: bool) -> None:
        reserved = [name for name in self._items if name in values]
        if reserved:
            raise Unresolved(f"{source!r} defines {reserved[0]!r}, the loop's own name here")
        self._values = self._merged(self._values, values, "", source)
        self._sources.append((source, is_file, values))

    def _merged(self, old: Mapping[Any, Any], new: Mapping[Any, Any], prefix: str, source: str) -> dict[str, Any]:
        result = dict(old)
        for key, value in new.items():
            if not isinstance(key, str):
                continue  # expressions are text: nothing else can be named
            if key not in result:
                result[key] = value
            elif isinstance(result[key], Mapping) and isinstance(value, Mapping):
                result[key] = self._merged(result[key], value, f"{prefix}{key}.", source)
            else:
                before = self._source(f"{prefix}{key}") or "another source"
                hint = "give it another name in one of them"
                raise Unresolved(f"{source!r} defines {prefix + key!r}, which {before!r} defines already", hint)
        return result

    def select(self, expression: str) -> Reference:
        """Give the value an expression names, and its name.  Raises Unresolved."""
        parts = _split(expression)
        name: str | None = None
        if parts[0] in self._items:
            value: Any = self._items
        else:
            value, name = self._values, ""
        for part in parts:
            if isinstance(value, Reference):
                value, name = value
            try:
                value = _step(value, part)
            except (LookupError, ValueError) as error:
                message = f"no value for '${{{expression}}}'"
                raise Unresolved(message, self._near(expression, parts), expression=expression) from error
            if name is not None:
                name = f"{name}.{part}" if name else part
        if isinstance(value, Reference):
            value, name = value
        self._note(value, name)
        return Reference(value, name)

    def _note(self, value: Any, name: str | None) -> None:
        if self._used is None or name is None or isinstance(value, Mapping):
            return
        for source, is_file, values in self._sources:
            if is_file and _reaches(values, name):
                self._used.setdefault(source, {})[name] = _plain(value)

    def _source(self, name: str) -> str | None:
        return next((source for source, _, values in self._sources if _reaches(values, name)), None)

    def _near(self, expression: str, parts: list[str]) -> str:
        meant = _meant(".".join(parts), dict.fromkeys(_names({**self._values, **self._items}, "")))
        if meant:
            return meant
        files = ", ".join(source for source, is_file, _ in self._sources if is_file)
        return (
            f"define it in {files or 'params.yaml'} or under vars, or write '\\${{{expression}}}' for the text itself"
        )


def has_expression(value: Any) -> bool:
    """Tell whether text is left to resolve anywhere in value, keys included."""
    if isinstance(value, str):
        return "${" in value and any(True for _ in _matches(value))
    if isinstance(value, Mapping):
        return any(has_expression(key) or has_expression(child) for key, child in value.items())
    return isinstance(value, list) and any(has_expression(child) for child in value)


def check(value: Any) -> None:
    """Raise Unresolved for the first expression in value that breaks the grammar."""
    if isinstance(value, str):
        for _, _, expression in _matches(value):
            _split(expression)
    elif isinstance(value, Mapping):
        for key, child in value.items():
            try:
                check(key)
                check(child)
            except Unresolved as error:
                error.in_key = not error.keys and isinstance(key, str) and not _is_grammatical(key)
                raise error.below(key) from None
    elif isinstance(value, list):
        for index, child in enumerate(value):
            try:
                check(child)
            except Unresolved as error:
                raise error.below(index) from None


def _is_grammatical(text: str) -> bool:
    try:
        check(text)
    except Unresolved:
        return False
    return True


def resolve(
    value: Any, context: Context, *, field: str | None = None, flags: Flags | None = None, references: bool = False
) -> Any:
    """Give value with all expressions put in, those in keys too.  Raises Unresolved.

    field: the stage's key it stands under; None allows maps and lists for an expression.
    references: leave what an expression names as a Reference.
    """
    if isinstance(value, str):
        return _resolve_text(value, context, field, flags or Flags(), references=references) if "${" in value else value
    if isinstance(value, Mapping):
        found = {}
        for key, child in value.items():
            name = _resolved_key(key, context, field, flags)
            try:
                found[name] = resolve(child, context, field=field, flags=flags, references=references)
            except Unresolved as error:
                raise error.below(key) from None
        return found
    if isinstance(value, list):
        items = []
        for index, child in enumerate(value):
            try:
                items.append(resolve(child, context, field=field, flags=flags, references=references))
            except Unresolved as error:
                raise error.below(index) from None
        return items
    return value


def _resolved_key(key: Any, context: Context, field: str | None, flags: Flags | None) -> Any:
    try:
        return resolve(key, context, field=field, flags=flags)
    except Unresolved as error:
        error.in_key = True
        raise error.below(key) from None


def as_text(value: Any, flags: Flags | None = None) -> str:
    """Give value as it stands inside longer text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return " ".join(_flags(value, "", flags or Flags()))
    return str(value)


def _split(expression: str) -> list[str]:
    """Give the names an expression goes down by.  Raises Unresolved."""
    parts: list[str] = []
    rest = expression
    closed = False  # after "]" only another step may follow
    while rest or not parts:
        if rest[:1] == "[" and parts:
            name, bracket, rest = rest[1:].partition("]")
            closed = True
            if not bracket or not name or "." in name or "[" in name:
                raise _ungrammatical(expression)
        else:
            if closed and rest[:1] != ".":
                raise _ungrammatical(expression)
            rest = rest[1:] if parts else rest
            end = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
            name, rest = rest[:end], rest[end:]
            closed = False
            if not name or "]" in name:
                raise _ungrammatical(expression)
        parts.append(name.strip())
        rest = rest.lstrip() if closed else rest
    return parts


def _plain(value: Any) -> Any:
    """Give value without References, and without keys that are not text."""
    if isinstance(value, Reference):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    return value


def _resolve_text(text: str, context: Context, field: str | None, flags: Flags, *, references: bool) -> Any:
    matches = list(_matches(text))
    if len(matches) == 1 and matches[0][:2] == (0, len(text)):
        found = context.select(matches[0][2])
        _check_kind(found.value, matches[0][2], field)
        return found if references else _plain(found.value)
    parts: list[str] = []
    done = 0
    for start, end, expression in matches:
        value = context.select(expression).value
        _check_kind(value, expression, field)
        parts += (text[done:start], as_text(_plain(value), flags))
        done = end
    parts.append(text[done:])
    return "".join(parts).replace("\\${", "${")


def _matches(text: str) -> Iterator[tuple[int, int, str]]:
    """Give start, end and inside of every expression; each is on one line."""
    start = text.find("${")
    end = line_end = -1
    while start >= 0:
        # Each is looked for once for all "${" before it: a text may hold any number of them.
        if end < start:
            end = text.find("}", start)
        if line_end < start:
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
        if end < 0:
            return
        if line_end < end or (start > 0 and text[start - 1] == "\\"):
            start = text.find("${", start + 2)
            continue
        yield start, end + 1, text[start + 2 : end]
        start = text.find("${", end + 1)


def _check_kind(value: Any, expression: str, field: str | None) -> None:
    if value is None or isinstance(value, _SINGLE) or field is None or "foreach" in field:
        return
    if isinstance(value, Mapping) and field == "cmd":
        return
    kind = (
        "a map" if isinstance(value, Mapping) else "a list" if isinstance(value, list | tuple) else type(value).__name__
    )
    hint = "name one of its values" if isinstance(value, Mapping | list | tuple) else "write it as text, in quotes"
    raise Unresolved(f"'${{{expression}}}' is {kind}, which cannot stand here", hint, expression=expression)


def _flags(value: Mapping[Any, Any], prefix: str, flags: Flags) -> Iterator[str]:
    for key, child in value.items():
        name = f"{prefix}{key}"
        if isinstance(child, Mapping):
            yield from _flags(child, f"{name}.", flags)
        elif isinstance(child, bool):
            if child:
                yield f"--{name}"
            elif flags.bool == "boolean_optional":
                yield f"--no-{name}"
        elif isinstance(child, list | tuple):
            yield from _list_flags(child, name, flags)
        else:
            yield f"--{name} {_argument(child)}"


def _list_flags(values: Sequence[Any], name: str, flags: Flags) -> Iterator[str]:
    for index, value in enumerate(values):
        if isinstance(value, Mapping | list | tuple):
            raise Unresolved(f"{name!r} is a list in a list or of maps, which cannot become flags")
        argument = _argument(value)
        yield argument if index and flags.list == "nargs" else f"--{name} {argument}"


def _argument(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    from shlex import quote  # noqa: PLC0415 - loads only for commands that use it

    return quote(value)


def _check_loaded_once(entry: str, keys: list[str] | None, loaded: list[str] | None) -> None:
    if keys is not None and loaded is None:
        raise Unresolved(f"{entry!r} names keys of a file that is loaded whole already", "remove the entry")
    if keys is None or set(keys) & set(loaded or ()):
        hint = "list the file once, with all its keys or whole"
        raise Unresolved(f"{entry!r} names a file of which keys are loaded already", hint)


def _step(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value[part]
    if isinstance(value, list | tuple) and not isinstance(value, Reference):
        return value[int(part)]
    raise LookupError(part)


def _reaches(values: Any, name: str) -> bool:
    """Tell whether values has something at a dotted name, and it is no map."""
    for part in name.split("."):
        try:
            values = _step(values, part)
        except (LookupError, ValueError):
            return False
    return not isinstance(values, Mapping)


def _names(values: Mapping[Any, Any], prefix: str) -> Iterator[str]:
    for key, value in values.items():
        child = value.value if isinstance(value, Reference) else value
        yield f"{prefix}{key}"
        if isinstance(child, Mapping):
            yield from _names(child, f"{prefix}{key}.")


def _meant(word: str, known: Mapping[Any, Any]) -> str | None:
    meant = nearest(word, [key for key in known if isinstance(key, str)])
    return f"did you mean {meant!r}?" if meant else None


def _ungrammatical(expression: str) -> Unresolved:
    hint = "write ${name}, ${a.b} or ${a[0]}, and \\${ for the text itself"
    return Unresolved(f"'${{{expression}}}' is no expression", hint, expression=expression)

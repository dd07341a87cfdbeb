"""What a metadata file may hold, checked; the error names line, column and the key probably meant.

A rule is a type, None, or one of the five shapes below.  `object` allows anything.

The shapes are plain classes: every command defines them, and this is the cheapest way.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from tiffin.errors import SchemaError
from tiffin.formats.words import nearest

__all__ = [
    "Each",
    "Either",
    "Items",
    "Keys",
    "Rule",
    "Words",
    "check",
    "expression_at",
    "nearest",
    "place_of",
    "problem_at",
]


class Keys:
    """A map of these keys only.

    more: of others, too, with anything in them.  elsewhere: keys that belong somewhere else -> what to do.
    """

    __slots__ = ("elsewhere", "known", "more", "required")

    def __init__(
        self,
        known: Mapping[str, "Rule"],
        *,
        required: tuple[str, ...] = (),
        more: bool = False,
        elsewhere: Mapping[str, str] = {},
    ) -> None:
        self.known = known
        self.required = required
        self.more = more
        self.elsewhere = elsewhere


class Each:
    """A map from any text to rule, with at least `least` and at most `most` entries."""

    __slots__ = ("least", "most", "rule")

    def __init__(self, rule: "Rule", *, least: int = 0, most: int | None = None) -> None:
        self.rule = rule
        self.least = least
        self.most = most


class Items:
    """A list of rule."""

    __slots__ = ("rule",)

    def __init__(self, rule: "Rule") -> None:
        self.rule = rule


class Words:
    """One of these words."""

    __slots__ = ("words",)

    def __init__(self, *words: str) -> None:
        self.words = words


class Either:
    """Any of the rules."""

    __slots__ = ("rules",)

    def __init__(self, *rules: "Rule") -> None:
        self.rules = rules


Rule: TypeAlias = "type | Keys | Each | Items | Words | Either | None"


class _Problem(NamedTuple):
    keys: tuple[Any, ...]  # where: keys and indices from the top
    message: str
    hint: str | None = None
    at_key: bool = False


_UNKNOWN = object()
_NAMES = {str: "text", int: "a whole number", bool: "true or false", dict: "a map", list: "a list"}


def check(value: Any, rule: Rule, text: str, path: str, *, under: tuple[Any, ...] = ()) -> None:
    """Raise SchemaError unless value, which is what text holds under these keys, follows rule."""
    if _follows(value, rule):
        return
    problem = _problem(value, rule, under)
    if problem is not None:
        raise problem_at(problem.keys, problem.message, text, path, hint=problem.hint, at_key=problem.at_key)


def problem_at(
    keys: tuple[Any, ...], message: str, text: str, path: str, *, hint: str | None = None, at_key: bool = False
) -> SchemaError:
    """Make the error for the value under keys, with its place in text."""
    line, column = place_of(keys, text, at_key=at_key)
    return SchemaError(message, path=path, line=line, column=column, hint=hint)


def place_of(keys: tuple[Any, ...], text: str, *, at_key: bool = False) -> tuple[int | None, int | None]:
    """Line and column, from 1, of the value under keys, or of the last key itself."""
    from tiffin.formats import _yaml_ruamel  # noqa: PLC0415 - slow to import, needed for errors only

    return _yaml_ruamel.position(text, keys, of_key=at_key) or (None, None)


def expression_at(text: str, line: int, column: int, expression: str) -> tuple[int, int]:
    """The place of a `${...}` in the value that begins at a place; that place where it is written otherwise."""
    from tiffin.formats._places import line_and_column  # noqa: PLC0415 - needed for errors only

    begin = sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column - 1
    found = text.find(f"${{{expression}}}", begin)
    return (line, column) if found < 0 else line_and_column(text, found)


def _follows(value: Any, rule: Rule) -> bool:
    """Tell only whether: a valid file is the rule, and every command reads several."""
    kind = type(rule)
    if kind is type:
        return isinstance(value, rule)  # type: ignore[arg-type]
    if isinstance(rule, Keys):
        if not isinstance(value, dict):
            return False
        known, unknown = rule.known, object if rule.more else _UNKNOWN
        for key, child in value.items():
            child_rule = known.get(key, unknown)
            if child_rule is _UNKNOWN or not _follows(child, child_rule):  # type: ignore[arg-type]
                return False
        return all(key in value for key in rule.required)
    if isinstance(rule, Items):
        return isinstance(value, list) and all(_follows(item, rule.rule) for item in value)
    if isinstance(rule, Each):
        if not isinstance(value, dict) or len(value) < rule.least:
            return False
        if rule.most is not None and len(value) > rule.most:
            return False
        return all(isinstance(key, str) and _follows(child, rule.rule) for key, child in value.items())
    if isinstance(rule, Either):
        return any(_follows(value, choice) for choice in rule.rules)
    return isinstance(value, str) and value in rule.words if isinstance(rule, Words) else value is None


def _problem(value: Any, rule: Rule, keys: tuple[Any, ...]) -> _Problem | None:
    if isinstance(rule, Keys):
        return _keys_problem(value, rule, keys)
    if isinstance(rule, Items):
        if not isinstance(value, list):
            return _unexpected(value, rule, keys)
        found = (_problem(item, rule.rule, (*keys, index)) for index, item in enumerate(value))
        return next((problem for problem in found if problem), None)
    if isinstance(rule, Each):
        return _each_problem(value, rule, keys)
    if isinstance(rule, Either):
        return _either_problem(value, rule, keys)
    if isinstance(rule, Words):
        return _words_problem(value, rule, keys)
    if value is None if rule is None else isinstance(value, rule):
        return None
    return _unexpected(value, rule, keys)


def _keys_problem(value: Any, rule: Keys, keys: tuple[Any, ...]) -> _Problem | None:
    if not isinstance(value, dict):
        return _unexpected(value, rule, keys)
    for key, child in value.items():
        if key not in rule.known:
            if rule.more:
                continue
            return _unknown_key(key, rule, keys)
        problem = _problem(child, rule.known[key], (*keys, key))
        if problem is not None:
            return problem
    for key in rule.required:
        if key not in value:
            meant = nearest(key, [other for other in value if other not in rule.known and isinstance(other, str)])
            hint = f"is {meant!r} meant to be {key!r}?" if meant else None
            return _Problem(keys, f"{_where(keys)} lacks the key {key!r}", hint)
    return None


def _words_problem(value: Any, rule: Words, keys: tuple[Any, ...]) -> _Problem | None:
    if isinstance(value, str) and value in rule.words:
        return None
    meant = nearest(value, rule.words) if isinstance(value, str) else None
    hint = f"did you mean {meant!r}?" if meant else None
    return _Problem(keys, f"{_where(keys)} should be one of {', '.join(rule.words)}, found {_found(value)}", hint)


def _each_problem(value: Any, rule: Each, keys: tuple[Any, ...]) -> _Problem | None:
    if not isinstance(value, dict):
        return _unexpected(value, rule, keys)
    if len(value) < rule.least:
        return _Problem(keys, f"{_where(keys)} is empty", "name something in it, or leave it out")
    if rule.most is not None and len(value) > rule.most:
        return _Problem(keys, f"{_where(keys)} has {len(value)} entries, at most {rule.most} allowed")
    for key, child in value.items():
        if not isinstance(key, str):
            hint = f"write it in quotes: '{'null' if key is None else key}'"
            return _Problem((*keys, key), f"key {key!r} in {_where(keys)} is not text", hint, at_key=True)
        problem = _problem(child, rule.rule, (*keys, key))
        if problem is not None:
            beside = isinstance(rule.rule, Keys) and child is None and any(other in rule.rule.known for other in value)
            return problem._replace(hint=f"indent what is said of {key!r} deeper than its name") if beside else problem
    return None


def _either_problem(value: Any, rule: Either, keys: tuple[Any, ...]) -> _Problem | None:
    inside: _Problem | None = None
    for choice in rule.rules:
        problem = _problem(value, choice, keys)
        if problem is None:
            return None
        # A problem deeper down tells more than that this choice does not fit.
        if len(problem.keys) > len(keys) or (isinstance(choice, Keys | Each) and isinstance(value, dict)):
            inside = inside or problem
    return inside or _unexpected(value, rule, keys)


# What people write for DVC's words when they come from other tools.
_OTHER_WORDS = {
    **dict.fromkeys(("command", "commands", "script", "run"), "cmd"),
    **dict.fromkeys(("dependencies", "dependency", "inputs", "input", "needs"), "deps"),
    **dict.fromkeys(("outputs", "output", "artefacts", "artifact"), "outs"),
    **dict.fromkeys(("workdir", "working_dir", "working_directory", "cwd"), "wdir"),
    **dict.fromkeys(("description", "comment", "help"), "desc"),
}


def _unknown_key(key: Any, rule: Keys, keys: tuple[Any, ...]) -> _Problem:
    meant = nearest(str(key), rule.known) or _OTHER_WORDS.get(str(key).lower())
    near = meant if meant in rule.known else None
    hint = f"did you mean {near!r}?" if near else f"known keys: {', '.join(rule.known)}"
    if key in rule.elsewhere:
        hint = rule.elsewhere[key]
    return _Problem((*keys, key), f"unknown key {key!r} in {_where(keys)}", hint, at_key=True)


def _unexpected(value: Any, rule: Rule, keys: tuple[Any, ...]) -> _Problem:
    message = f"{_where(keys)} should be {_name(rule)}, found {_found(value)}"
    return _Problem(keys, message, _remedy(value, rule), at_key=value is None and bool(keys))


def _remedy(value: Any, rule: Rule) -> str | None:
    choices = rule.rules if isinstance(rule, Either) else (rule,)
    if value is None:
        return "give it a value, or leave the key out"
    if bool in choices and isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "on", "off"):
        word = "true" if value.lower() in ("true", "yes", "on") else "false"
        return f"write {word}, without quotes: in YAML 1.2 everything else is text"
    if isinstance(value, list) and any(isinstance(one, Keys | Each) or one is dict for one in choices):
        return "write 'name: value', without '- ' before it"
    if isinstance(value, dict | list):
        return "write one item a line, each after '- '" if any(isinstance(one, Items) for one in choices) else None
    if str in choices and not isinstance(value, str):
        return f"write it in quotes: '{value}'"
    if any(isinstance(one, Items) for one in choices):
        return f"write it as a list: [{value}]"
    if isinstance(value, str) and ":" in value and any(isinstance(one, Keys | Each) for one in choices):
        return "put a blank after the ':'"
    return None


def _where(keys: tuple[Any, ...]) -> str:
    return "'" + ".".join(str(key) for key in keys) + "'" if keys else "the file"


def _name(rule: Rule) -> str:
    if isinstance(rule, Either):
        names = [_name(choice) for choice in rule.rules if choice is not None]
        return " or ".join(dict.fromkeys(names))
    if isinstance(rule, Keys | Each):
        return "a map"
    if isinstance(rule, Items):
        return "a list" if rule.rule is object else f"a list of {_plural(rule.rule)}"
    if isinstance(rule, Words):
        return " or ".join(map(repr, rule.words))
    return "nothing" if rule is None else _NAMES.get(rule, rule.__name__)


def _plural(rule: Rule) -> str:
    if isinstance(rule, Either):
        return " or ".join(dict.fromkeys(_plural(choice) for choice in rule.rules if choice is not None))
    return "maps" if rule is dict or isinstance(rule, Keys | Each) else _name(rule)


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return _NAMES[type(value)]
    return repr(value)

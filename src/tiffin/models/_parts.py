"""The parts of a model as people write them: terms of a score, optimisers, tables.

What they take follows from SETTINGS: a new term, setting or kind of table is a line there.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tiffin.errors import ConfigError
from tiffin.formats.words import nearest
from tiffin.models._model import SETTINGS, TERMS

__all__ = ["Optimizer", "Part", "Table", "meant", "optimizer", "parse_score", "parse_table", "table", "term"]

_CHOICES = [setting.choices for name, setting in SETTINGS.items() if name.endswith("optimizer")]
_OPTIMIZERS = tuple(dict.fromkeys(name for choices in _CHOICES for name in choices))
_STEPS = ("alpha", "beta", "l1", "l2")


class Optimizer(NamedTuple):
    """How something is learned.  settings: alpha, beta, l1, l2, as far as they were said."""

    name: str
    settings: Mapping[str, Any]


class Table(NamedTuple):
    """Where weights are kept."""

    settings: Mapping[str, Any]


class Part(NamedTuple):
    """Terms of a score, and what was said of them; `+` puts them together."""

    terms: tuple[str, ...]
    settings: Mapping[str, Any]

    def __add__(self, other: "Part") -> "Part":  # type: ignore[override]  # not a longer tuple
        for name, value in other.settings.items():
            if self.settings.get(name, value) != value:
                raise ConfigError(f"'{name}' is both {self.settings[name]!r} and {value!r}, and the terms share it")
        return Part((*self.terms, *other.terms), {**self.settings, **other.settings})


def optimizer(name: str, *steps: Any, **settings: Any) -> Optimizer:
    """An optimiser by its name.  Raises ConfigError."""
    if name not in _OPTIMIZERS:
        raise ConfigError(f"no optimiser '{name}'", hint=meant(name, _OPTIMIZERS))
    return Optimizer(name, _named(name, _STEPS, steps, settings))


def term(name: str, *values: Any, **settings: Any) -> Part:
    """A term of a score: an optimiser where it has one, and settings of its own, the first ones also by place."""
    if name not in TERMS:
        raise ConfigError(f"a score has no term '{name}'", hint=meant(name, TERMS))
    plain = [value for value in values if not isinstance(value, Optimizer)]
    if name == "mlp" and plain and all(isinstance(value, int) for value in plain):
        plain = [",".join(map(str, plain))]  # the widths of its layers
    found = _named(name, _own(name), plain, settings)
    for one in values:
        if isinstance(one, Optimizer):
            prefix = _prefix(name)
            found[f"{prefix}optimizer"] = one.name
            found.update({f"{prefix}{step}": value for step, value in one.settings.items()})
    return Part((name,), found)


def table(name: str, *values: Any, **settings: Any) -> Table:
    """A table by its kind.  Raises ConfigError."""
    kinds = SETTINGS["table"].choices
    if name not in kinds:
        raise ConfigError(f"no table '{name}'", hint=meant(name, kinds))
    own = [known for known, setting in SETTINGS.items() if setting.table == name]
    return Table({"table": name, **_named(name, own, values, settings)})


def parse_score(text: str) -> Part:
    """Terms from text such as "linear(ftrl(alpha=0.05)) + fm(8)".  Raises ConfigError."""
    import ast  # noqa: PLC0415 - 1 ms, and most models are made without

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return optimizer(node.func.id, *map(value, node.args), **_keywords(node))
        return optimizer(node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)

    def _keywords(node: ast.Call) -> dict[str, Any]:
        return {str(keyword.arg): value(keyword.value) for keyword in node.keywords}

    def part(node: ast.expr) -> Part:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return part(left) + part(right)
            case ast.Name(id=name):
                return term(name)
            case ast.Call(func=ast.Name(id=name)):
                return term(name, *map(value, node.args), **_keywords(node))
        raise ValueError(f"'{ast.unparse(node)}' is no term")

    try:
        return part(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError, RecursionError) as error:
        what = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(f"'{text}' is no score: {what}", hint="such as linear(ftrl(alpha=0.05)) + fm(8)") from error


def parse_table(text: Any) -> Table:
    """A table from text such as "fixed(22)".  Raises ConfigError."""
    import ast  # noqa: PLC0415 - as above

    try:
        match ast.parse(str(text).strip(), mode="eval").body:
            case ast.Name(id=name):
                return table(name)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords}
                return table(name, *map(ast.literal_eval, args), **named)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        pass  # said below
    raise ConfigError(f"'{text}' is no table", hint="such as fixed(22)")


def _own(name: str) -> list[str]:
    """The settings of a term, first what it alone has; not those of optimisers, nor those that go with all weights."""
    found = [
        known
        for known, setting in SETTINGS.items()
        if name in setting.of and "linear" not in setting.of and not known.endswith((*_STEPS, "optimizer"))
    ]
    return sorted(found, key=lambda known: SETTINGS[known].of != (name,))


def _prefix(name: str) -> str:
    """What the settings of a term's optimiser begin with: of the last one it has, as weights come before vectors."""
    own = [known for known, setting in SETTINGS.items() if known.endswith("optimizer") and name in setting.of]
    if not own:
        raise ConfigError(f"the term '{name}' has no optimiser of its own")
    return own[-1].removesuffix("optimizer")


def _named(what: str, known: Iterable[str], values: Iterable[Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Values by place and by name.  Raises ConfigError."""
    names, given = list(known), list(values)
    if len(given) > len(names):
        raise ConfigError(f"'{what}' takes {', '.join(names) or 'nothing but an optimiser'}, found {given!r}")
    found = dict(zip(names, given, strict=False))
    for name, value in settings.items():
        if name not in names:
            raise ConfigError(f"'{what}' has no '{name}'", hint=meant(name, names))
        if name in found:
            raise ConfigError(f"'{name}' of '{what}' is said twice")
        found[name] = value
    return found


def meant(word: str, known: Iterable[str]) -> str:
    """A hint for a word that is not known."""
    names = list(known)
    near = nearest(word, names)
    return f"did you mean '{near}'?" if near else f"there are {', '.join(names)}"

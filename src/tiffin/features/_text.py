"""Expressions in text, as Python's own parser sees them."""

import ast
from typing import Any

from tiffin.errors import ConfigError
from tiffin.features._expression import Expression, applied
from tiffin.features._operators import operator_of

__all__ = ["parsed"]


def parsed(text: str) -> Expression:
    """As `tiffin.features.parse`."""
    try:
        return _expression(ast.parse(text.strip(), mode="eval").body, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(
            f"'{text}' is no feature: {error.msg if isinstance(error, SyntaxError) else error}",
            hint="write it as in Python, such as cat('site') or num('age').log_bucket()",
        ) from error


def _expression(node: ast.expr, text: str) -> Expression:
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return applied("cross", _expression(left, text), _expression(right, text))
        case ast.Call(func=ast.Name(id=operator), args=args, keywords=keywords):
            return applied(operator, **_arguments(operator, args, keywords))
        case ast.Call(func=ast.Attribute(value=inner, attr="named"), args=[ast.Constant(value=name)], keywords=[]):
            return _expression(inner, text).named(str(name))
        case ast.Call(
            func=ast.Attribute(value=inner, attr="field"), args=[ast.Constant(value=int(number))], keywords=[]
        ):
            return _expression(inner, text).field(number)
        case ast.Call(func=ast.Attribute(value=inner, attr=operator), args=args, keywords=keywords):
            operator_of(operator)
            return applied(operator, _expression(inner, text), **_arguments(operator, args, keywords))
        case ast.Constant(value=str() | int() | float()) | ast.Name():
            raise ConfigError(f"'{ast.unparse(node)}' is no feature", hint=f"did you mean cat({ast.unparse(node)!r})?")
    raise ConfigError(f"'{ast.unparse(node)}' is no feature", hint="features are calls such as cat('site'), and @")


def _arguments(operator: str, args: list[ast.expr], keywords: list[ast.keyword]) -> dict[str, Any]:
    declared = operator_of(operator).arguments
    if len(args) > len(declared):
        raise ConfigError(f"'{operator}' has {len(declared)} arguments, found {len(args)}")
    found = {argument.name: ast.literal_eval(value) for argument, value in zip(declared, args, strict=False)}
    return {**found, **{str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords}}

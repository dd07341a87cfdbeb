"""The plain part of YAML, read line by line; everything else is left to ruamel.

    document := block mappings and block sequences of
                plain, 'single' and "double" scalars (folded over lines too), | and > blocks,
                one-line [flow] and {flow}, # comments

Anchors, aliases, tags, merge keys, directives, several documents, tabs, times of day, odd numbers, a
duplicate key and every error raise Unsure: the caller then lets ruamel decide.  So this reader is
never the judge of what is valid, only a shorter way to the same value (about 50 times).
"""

from typing import Any

__all__ = ["Unsure", "read", "resolve"]

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_TYPED = frozenset("0123456789+-.~nNtTfF<=")  # first characters of everything that is not a plain string
_NUMERIC = "0123456789+-.eE_"
_BASES = {"0b": "01_", "0o": "01234567_", "0x": "0123456789abcdefABCDEF_"}
_INFINITY = float("inf")
_WORDS: dict[str, Any] = {
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".inf": _INFINITY,
    ".Inf": _INFINITY,
    ".INF": _INFINITY,
    "+.inf": _INFINITY,
    "+.Inf": _INFINITY,
    "+.INF": _INFINITY,
    "-.inf": -_INFINITY,
    "-.Inf": -_INFINITY,
    "-.INF": -_INFINITY,
    ".nan": float("nan"),
    ".NaN": float("nan"),
    ".NAN": float("nan"),
}
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}
_LONGEST_KEY = 1000  # YAML ends implicit keys at 1024 characters


class Unsure(Exception):
    """The text is outside the plain part of YAML, or wrong."""


def read(text: str) -> Any:
    """Give the value of one document whose line ends are LF.  Raises Unsure, and RecursionError for deep nesting."""
    # One pass in C refuses tabs, carriage returns, byte order marks, exotic line breaks and controls.
    if not text.replace("\n", "").isprintable():
        raise Unsure
    reader = _Reader(text)
    if not reader.contents:
        return None
    try:
        value = reader.node(reader.indents[0])
    except ValueError:  # a number of thousands of digits
        raise Unsure from None
    if reader.pos != len(reader.contents):
        raise Unsure
    return value


class _Reader:
    """The lines that are neither blank nor comments, and the place reached in them.

    contents[i] is line rows[i] of the text without its indentation, which is indents[i] columns.
    "- key: value" is read as an item whose content starts two columns further right: the line's
    content and indent are then replaced in place.
    """

    __slots__ = ("contents", "indents", "lines", "pos", "rows")

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.contents: list[str] = []
        self.indents: list[int] = []
        self.rows: list[int] = []
        self.pos = 0
        for row, line in enumerate(self.lines):
            content = line.lstrip(" ")
            if content and content[0] != "#":
                self.indents.append(len(line) - len(content))
                self.contents.append(content.rstrip(" "))
                self.rows.append(row)

    def node(self, indent: int) -> Any:
        """Read the block collection that starts here, at column indent."""
        if _is_item(self.contents[self.pos]):
            return self.sequence(indent)
        return self.mapping(indent)

    def mapping(self, indent: int) -> dict[Any, Any]:
        contents, indents = self.contents, self.indents
        result: dict[Any, Any] = {}
        while self.pos < len(contents) and indents[self.pos] >= indent:
            if indents[self.pos] != indent:
                raise Unsure
            key, rest = _split_entry(contents[self.pos], indent)
            if key in result:
                raise Unsure
            self.pos += 1
            if rest and rest[0] != "#":
                result[key] = self.scalar(rest, indent)
            elif self.pos == len(contents):
                result[key] = None
            elif indents[self.pos] > indent:
                result[key] = self.node(indents[self.pos])
            elif indents[self.pos] == indent and _is_item(contents[self.pos]):
                result[key] = self.sequence(indent)
            else:
                result[key] = None
        return result

    def sequence(self, indent: int) -> list[Any]:
        contents, indents = self.contents, self.indents
        result: list[Any] = []
        while self.pos < len(contents) and indents[self.pos] == indent and _is_item(contents[self.pos]):
            content = contents[self.pos]
            inner = content[1:].lstrip(" ")
            if inner and inner[0] != "#":
                if _is_item(inner) or _is_entry(inner):
                    contents[self.pos] = inner
                    indents[self.pos] = column = indent + len(content) - len(inner)
                    result.append(self.node(column))
                else:
                    self.pos += 1
                    result.append(self.scalar(inner, indent))
                continue
            self.pos += 1
            deeper = self.pos < len(contents) and indents[self.pos] > indent
            result.append(self.node(indents[self.pos]) if deeper else None)
        return result

    def scalar(self, text: str, indent: int) -> Any:
        """Read the scalar or one-line flow value text, whose first line is already passed.

        indent: column of the collection it belongs to; only lines further right continue it.
        """
        first = text[0]
        if first not in _INDICATORS or (first in "-?:" and text[1:2] not in ("", " ")):
            return self.plain(text, indent)
        if first == '"':
            return self.double_quoted(text, indent)
        if first == "'":
            return self.single_quoted(text, indent)
        if first in "[{":
            value, end = _flow(text, 0)
            _expect_end(text[end:])
            return value
        if first in "|>":
            return self.block(text, indent)
        raise Unsure

    def continues(self, indent: int) -> bool:
        """Tell whether the line here belongs to a scalar begun above it.

        A blank line or comment in between gives Unsure: it means a line break, or an end.
        """
        if self.pos == len(self.contents) or self.indents[self.pos] <= indent:
            return False
        if self.rows[self.pos] != self.rows[self.pos - 1] + 1:
            raise Unsure
        return True

    def plain(self, text: str, indent: int) -> Any:
        comment = text.find(" #")
        if comment >= 0:
            text = text[:comment].rstrip(" ")
        if ": " in text or text[-1] == ":":
            raise Unsure
        if not self.continues(indent):
            return resolve(text)
        if comment >= 0:
            raise Unsure
        parts = [text]
        while self.continues(indent):
            part = self.contents[self.pos]
            if ": " in part or part[-1] == ":" or " #" in part:
                raise Unsure
            parts.append(part)
            self.pos += 1
        return resolve(" ".join(parts))

    def double_quoted(self, text: str, indent: int) -> str:
        end = text.find('"', 1)
        if end > 0 and "\\" not in text:
            _expect_end(text[end + 1 :])
            return text[1:end]
        joined = text[1:]
        while (end := _closing_double(joined)) < 0:
            escaped = (len(joined) - len(joined.rstrip("\\"))) % 2 == 1  # the line break itself is escaped
            joined = joined[:-1] + self.next_quoted(indent) if escaped else f"{joined} {self.next_quoted(indent)}"
        _expect_end(joined[end + 1 :])
        return _unescape(joined[:end])

    def single_quoted(self, text: str, indent: int) -> str:
        joined = text[1:]
        while (end := _closing_single(joined)) < 0:
            joined = f"{joined} {self.next_quoted(indent)}"
        _expect_end(joined[end + 1 :])
        return joined[:end].replace("''", "'")

    def next_quoted(self, indent: int) -> str:
        """Take the next line of a quoted scalar."""
        if not self.continues(indent) or self.lines[self.rows[self.pos - 1]][-1] == " ":
            raise Unsure
        self.pos += 1
        return self.contents[self.pos - 1]

    def block(self, header: str, indent: int) -> str:
        """Read a literal or folded block; the simple headers only."""
        if header not in ("|", "|-", ">", ">-"):
            raise Unsure
        lines = self.lines
        first = self.rows[self.pos - 1] + 1
        if first == len(lines) or not lines[first].strip(" "):
            raise Unsure
        column = len(lines[first]) - len(lines[first].lstrip(" "))
        if column <= indent:
            raise Unsure
        end = first
        while end < len(lines) and not lines[end][:column].strip(" "):
            end += 1
        if end == len(lines) and lines[-1]:
            raise Unsure  # no line break at the end of the file: then there is none in the value
        while self.pos < len(self.rows) and self.rows[self.pos] < end:
            self.pos += 1
        parts = [line[column:] for line in lines[first:end]]
        while not parts[-1]:
            parts.pop()
        if header[0] == "|":
            body = "\n".join(parts)
        elif all(part and part[0] != " " and part[-1] != " " for part in parts):
            body = " ".join(parts)
        else:
            raise Unsure
        return body if header[1:] else body + "\n"


def _is_item(content: str) -> bool:
    return content[0] == "-" and (len(content) == 1 or content[1] == " ")


def _is_entry(content: str) -> bool:
    """Tell whether the content of a sequence item is the first entry of a mapping."""
    first = content[0]
    if first in "[{|>":
        return False
    if first == '"':
        end = _closing_double(content[1:])
        return end >= 0 and content[end + 2 :].lstrip(" ")[:1] == ":"
    if first == "'":
        end = _closing_single(content[1:])
        return end >= 0 and content[end + 2 :].lstrip(" ")[:1] == ":"
    comment = content.find(" #")
    if comment >= 0:
        content = content[:comment].rstrip(" ")
    return ": " in content or content[-1] == ":"


def _split_entry(content: str, indent: int) -> tuple[Any, str]:
    """Split "key: rest" and resolve the key."""
    first = content[0]
    if first in "\"'":
        return _split_quoted_entry(content)
    cut = content.find(": ")
    if cut >= 0:
        key, rest = content[:cut].rstrip(" "), content[cut + 2 :].lstrip(" ")
    elif content[-1] == ":":
        key, rest = content[:-1].rstrip(" "), ""
    else:
        raise Unsure
    if not key or " #" in key or len(key) > _LONGEST_KEY:
        raise Unsure
    if first in _INDICATORS and (first not in "-?:" or len(key) == 1 or key[1] == " "):
        raise Unsure
    if indent == 0 and content[:3] in ("---", "..."):
        raise Unsure
    return resolve(key), rest


def _split_quoted_entry(content: str) -> tuple[str, str]:
    closing = _closing_double if content[0] == '"' else _closing_single
    end = closing(content[1:])
    if not 0 <= end <= _LONGEST_KEY:
        raise Unsure
    rest = content[end + 2 :].lstrip(" ")
    if rest[:1] != ":" or rest[1:2] not in ("", " "):
        raise Unsure
    inner = content[1 : end + 1]
    key = _unescape(inner) if content[0] == '"' else inner.replace("''", "'")
    return key, rest[1:].lstrip(" ")


def _expect_end(rest: str) -> None:
    """Allow nothing but a comment."""
    if rest and not (rest[0] == " " and rest.lstrip(" ")[0] == "#"):
        raise Unsure


def _closing_double(text: str) -> int:
    """Index of the quote that ends text, or -1."""
    end = text.find('"')
    while end >= 0:
        before = text[:end]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return end
        end = text.find('"', end + 1)
    return -1


def _closing_single(text: str) -> int:
    end = text.find("'")
    while end >= 0 and text[end + 1 : end + 2] == "'":
        end = text.find("'", end + 2)
    return end


def _unescape(text: str) -> str:
    at = text.find("\\")
    if at < 0:
        return text
    parts: list[str] = []
    start = 0
    while at >= 0:
        parts.append(text[start:at])
        code = text[at + 1]
        start = at + 2
        if code in _ESCAPES:
            parts.append(_ESCAPES[code])
        elif code in _HEX_LENGTHS:
            digits = text[start : start + _HEX_LENGTHS[code]]
            start += _HEX_LENGTHS[code]
            if len(digits) != _HEX_LENGTHS[code] or digits.strip("0123456789abcdefABCDEF"):
                raise Unsure
            point = int(digits, 16)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise Unsure
            parts.append(chr(point))
        else:
            raise Unsure
        at = text.find("\\", start)
    parts.append(text[start:])
    return "".join(parts)


def _flow(text: str, at: int) -> tuple[Any, int]:
    """Read the flow value at text[at]; give it and the index after it."""
    first = text[at]
    if first == "[":
        return _flow_sequence(text, at + 1)
    if first == "{":
        return _flow_mapping(text, at + 1)
    if first in "\"'":
        end = text.find(first, at + 1)
        inner = text[at + 1 : end]
        if end < 0 or "\\" in inner or text[end + 1 : end + 2] == first:
            raise Unsure
        return inner, end + 1
    return _flow_plain(text, at)


def _flow_plain(text: str, at: int) -> tuple[Any, int]:
    first = text[at]
    if first in _INDICATORS and not (first == "-" and text[at + 1 : at + 2] not in ("", " ", ",", "]", "}")):
        raise Unsure
    end = at
    while end < len(text) and text[end] not in ",[]{}:#":
        end += 1
    if end == len(text) or text[end] in "[{#" or (text[end] == ":" and text[end + 1 : end + 2] != " "):
        raise Unsure
    return resolve(text[at:end].rstrip(" ")), end


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    if at == len(text):
        raise Unsure  # goes on on the next line
    return at


def _flow_sequence(text: str, at: int) -> tuple[list[Any], int]:
    result: list[Any] = []
    while True:
        at = _skip_blanks(text, at)
        if text[at] == "]":
            return result, at + 1
        value, at = _flow(text, at)
        result.append(value)
        at = _skip_blanks(text, at)
        if text[at] == ",":
            at += 1
        elif text[at] != "]":
            raise Unsure


def _flow_mapping(text: str, at: int) -> tuple[dict[Any, Any], int]:
    result: dict[Any, Any] = {}
    while True:
        at = _skip_blanks(text, at)
        if text[at] == "}":
            return result, at + 1
        if text[at] in "[{":
            raise Unsure
        key, at = _flow(text, at)
        at = _skip_blanks(text, at)
        if text[at : at + 2] != ": " or key in result:
            raise Unsure
        at = _skip_blanks(text, at + 1)
        if text[at] in ",}":
            raise Unsure
        result[key], at = _flow(text, at)
        at = _skip_blanks(text, at)
        if text[at] == ",":
            at += 1
        elif text[at] != "}":
            raise Unsure


def resolve(text: str) -> Any:
    """Give a plain scalar its type, as YAML 1.2 and ruamel see it."""
    first = text[0]
    if first not in _TYPED:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first in "~nNtTfF":
        return text
    if first in "<=":
        if text in ("<<", "="):
            raise Unsure
        return text
    return _resolve_number(text)


def _resolve_number(text: str) -> Any:
    unsigned = text[1:] if text[0] in "+-" else text
    if text.strip(_NUMERIC):
        if unsigned[:2] in _BASES and not unsigned[2:].strip(_BASES[unsigned[:2]]):
            raise Unsure
        if ":" in text and text[4:5] == "-" and text[:4].isdigit():
            raise Unsure  # a time, or text that begins like one
        return text
    if unsigned.isdigit():
        return int(text)
    if len(text) == 10 and text[4] == text[7] == "-":
        return _date(text)
    if "_" in text:
        raise Unsure
    return float(text) if _is_float(unsigned) else text


def _date(text: str) -> Any:
    parts = text.split("-")
    if not all(part.isdigit() for part in parts):
        raise Unsure
    from datetime import date  # noqa: PLC0415 - few files hold one

    try:
        return date(*map(int, parts))
    except ValueError:
        raise Unsure from None


def _is_float(unsigned: str) -> bool:
    mantissa, marker, exponent = unsigned.replace("E", "e").partition("e")
    whole, dot, fraction = mantissa.partition(".")
    if marker:
        signed = exponent[:1] in ("+", "-")
        # Without digits before the point, ruamel wants the exponent's sign: ".5e3" is text.
        if not exponent[signed:].isdigit() or not (whole or signed):
            return False
    if not whole:
        return bool(dot) and fraction.isdigit()
    return whole.isdigit() and bool(dot or marker) and (not fraction or fraction.isdigit())

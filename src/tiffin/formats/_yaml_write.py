"""Plain values as YAML text, byte for byte as ruamel's round-trip dumper writes them.

    map   := {} | (indent key ":" (" " scalar | newline deeper map | newline list at the same indent))*
    list  := [] | (indent "- " item)*             an item that is a map or list begins on the same line
    scalar: null is nothing (a blank after "-"); text is plain where that reads back as the same text, else 'single',
            or "double" if it holds ' or a line break or must be escaped; folded after column 80.

What is not str, int, float, bool, None, dict or list, what is shared between two places (ruamel
writes anchors) and what is very long raises Unsure: the caller then asks ruamel.
"""

from typing import Any

from tiffin.formats._yaml_read import Unsure, resolve

__all__ = ["write"]

_WIDTH = 80
_LONGEST_KEY = 70
_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
}
_UNPRINTED = frozenset((0xFEFF, 0xFFFE, 0xFFFF))
_NEVER_FIRST = frozenset("#,[]{}&*!|>'\"%@`")


def write(value: Any) -> str:
    """Give the text of a map or list.  Raises Unsure."""
    if type(value) not in (dict, list):
        raise Unsure
    if not value:
        return "{}\n" if type(value) is dict else "[]\n"
    writer = _Writer()
    writer.see(value)
    try:
        writer.collection(value, 0)
    except RecursionError:
        raise Unsure from None
    return "".join(writer.parts)


class _Writer:
    __slots__ = ("keys", "parts", "seen")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.seen: set[int] = set()  # ids of the containers met
        self.keys: dict[str, str] = {}

    def collection(self, value: Any, indent: int, lead: str | None = None) -> None:
        """Write a map or list that is not empty, its first line after lead instead of the indent."""
        if type(value) is dict:
            self.mapping(value, indent, lead)
        else:
            self.sequence(value, indent, lead)

    def mapping(self, value: dict[Any, Any], indent: int, lead: str | None) -> None:
        margin = " " * indent
        for key, child in value.items():
            start = f"{margin if lead is None else lead}{self.key(key, indent)}:"
            lead = None
            kind = type(child)
            if kind is not dict and kind is not list:
                text = _scalar(child, len(start) + 1, indent + 2)
                self.parts.append(f"{start} {text}\n" if text else start + "\n")
                continue
            self.see(child)
            if not child:
                self.parts.append(f"{start} {{}}\n" if kind is dict else f"{start} []\n")
                continue
            self.parts.append(start + "\n")
            self.collection(child, indent + 2 if kind is dict else indent)

    def sequence(self, value: list[Any], indent: int, lead: str | None) -> None:
        margin = " " * indent
        for child in value:
            start = f"{margin if lead is None else lead}-"
            lead = None
            kind = type(child)
            if kind is not dict and kind is not list:
                self.parts.append(f"{start} {_scalar(child, len(start) + 1, indent + 2)}\n")
                continue
            self.see(child)
            if child:
                self.collection(child, indent + 2, start + " ")
            else:
                self.parts.append(f"{start} {{}}\n" if kind is dict else f"{start} []\n")

    def see(self, child: Any) -> None:
        if id(child) in self.seen:
            raise Unsure
        self.seen.add(id(child))

    def key(self, key: Any, indent: int) -> str:
        if type(key) is int:
            return str(key)
        # Long keys may be folded or marked with "?", and so may keys with escapes.
        if type(key) is not str or indent + len(key) > _LONGEST_KEY or not key.isprintable():
            raise Unsure
        text = self.keys.get(key)
        if text is None:
            text = self.keys[key] = _text(key, 0, 0)
        return text


def _scalar(value: Any, column: int, indent: int) -> str:
    """Give the text of a scalar that begins at column and folds to indent."""
    kind = type(value)
    if kind is str:
        return _text(value, column, indent)
    if value is None:
        return ""
    if kind is int:
        return _plain(str(value), column, indent)
    if kind is bool:
        return _plain("true" if value else "false", column, indent)
    if kind is float:
        return _plain(_float(value), column, indent)
    raise Unsure


def _float(value: float) -> str:
    if value != value:  # noqa: PLR0124 - not a number
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _text(text: str, column: int, indent: int) -> str:
    if not text:
        return "''"
    if not (text.isascii() and text.isprintable()) and _needs_escapes(text):
        return _double_quoted(text, column, indent)
    if _reads_back(text):
        return _plain(text, column, indent)
    if "'" in text:
        return _double_quoted(text, column, indent)
    return _single_quoted(text, column, indent)


def _needs_escapes(text: str) -> bool:
    if not {"\x85", "\u2028", "\u2029"}.isdisjoint(text):
        raise Unsure
    return any(_escape(char) is not None for char in text if char not in '"\\')


def _reads_back(text: str) -> bool:
    """Tell whether the plain text is text when read again."""
    first, last = text[0], text[-1]
    if first in _NEVER_FIRST or first == " " or last in " :" or ": " in text or " #" in text:
        return False
    if first in "-?:." and (text[:3] in ("---", "...") or (first != "." and text[1:2] in ("", " "))):
        return False
    return resolve(text) is text


def _plain(text: str, column: int, indent: int) -> str:
    if column + len(text) <= _WIDTH:
        return text
    parts: list[str] = []
    margin = "\n" + " " * indent
    start = 0
    while start < len(text):
        end = text.find(" ", start)
        end = len(text) if end < 0 else end
        if column + end - start > _WIDTH and column > indent:
            parts.append(margin)  # the blank before it stays: DVC's files have it too
            column = indent
        parts.append(text[start:end])
        column += end - start
        start = _after_blanks(text, end)
        if start == end + 1 and column >= _WIDTH:
            parts.append(margin)
            column = indent
        else:
            parts.append(text[end:start])
            column += start - end
    return "".join(parts)


def _single_quoted(text: str, column: int, indent: int) -> str:
    column += 1
    if column + len(text) <= _WIDTH:
        return f"'{text}'"
    parts = ["'"]
    margin = "\n" + " " * indent
    start = 0
    while start < len(text):
        end = text.find(" ", start)
        end = len(text) if end < 0 else end
        parts.append(text[start:end])
        column += end - start
        start = _after_blanks(text, end)
        if start == end + 1 and column > _WIDTH and end > 0 and start < len(text):
            parts.append(margin)
            column = indent
        else:
            parts.append(text[end:start])
            column += start - end
    parts.append("'")
    return "".join(parts)


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def _double_quoted(text: str, column: int, indent: int) -> str:
    column += 1
    parts = ['"']
    margin = "\n" + " " * indent
    start = 0  # of what is not written yet
    last = len(text) - 1
    for at, char in enumerate(text):
        escape = _escape(char)
        if escape is not None:
            parts += (text[start:at], escape)
            column += max(at - start, 0) + len(escape)
            start = at + 1
        if not 0 < at < last or not (char == " " or start >= at) or column + at - start <= _WIDTH:
            continue
        bare = start != at and _folds_bare(text, at)
        parts += (text[start:at], margin if bare else "\\" + margin)
        column = indent
        start = max(start, at)
        if text[start] == " ":
            if bare:
                start += 1  # the line break reads as this blank
            else:
                parts.append("\\")
                column += 1
    parts += (text[start:], '"')
    return "".join(parts)


def _folds_bare(text: str, at: int) -> bool:
    """Tell whether a double-quoted line may end before text[at] without a backslash.

    ruamel's own rule, which looks at the word that follows; kept to give its bytes.
    """
    blank = text.find(" ", at)
    if blank < 0:
        return False
    newline = text.find("\n", at, blank)
    stop = blank if newline < 0 else newline
    if stop == len(text) - 1 or text[stop + 1] in " \n" or (newline >= 0 and text[stop + 1] != " "):
        return False
    word = text[at:stop]
    return '"' not in word and "'" not in word and text[at - 1 : at + 1] != "  "


def _escape(char: str) -> str | None:
    """Give the escape that char needs in double quotes, if any."""
    if char in _ESCAPES:
        return _ESCAPES[char]
    point = ord(char)
    if 0x20 <= point <= 0x7E or 0xA0 <= point <= 0xD7FF or (0xE000 <= point <= 0x10FFFF and point not in _UNPRINTED):
        return None
    if point <= 0xFF:
        return f"\\x{point:02X}"
    return f"\\u{point:04X}"

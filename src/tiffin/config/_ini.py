"""INI files as DVC writes them: read without regular expressions, write byte for byte.

    file    := { line }
    line    := blank | comment | header | option
    comment := '#' text
    header  := '[' name ']' [ comment ]
    option  := key '=' value [ comment ]
    value   := word | word { ',' word } [ ',' ] | ',' | quoted over lines
    word    := bare | '"' text '"' | "'" text "'"

A bare word ends at ',' or '#'.  DVC reads these files with configobj, whose import costs ten
milliseconds; its dialect is small enough to be read here, and every command reads it.
Unlike DVC we keep comments and blank lines when a file is written again.
"""

from typing import NamedTuple

from tiffin.errors import ConfigError

__all__ = ["Document", "Line", "Section", "Value", "parse", "render"]

Value = str | list[str]

_INDENT = "    "
_TRIPLES = ("'''", '"""')
# A value that starts or ends with one of these would lose it when read back bare.
_UNSAFE_ENDS = " \r\n\v\t'\""


class Line(NamedTuple):
    """One option: its value, the comment lines above it, the comment behind it."""

    value: Value
    above: tuple[str, ...] = ()
    behind: str = ""


class Section:
    """The options under one header, in file order."""

    __slots__ = ("above", "behind", "lines")

    def __init__(self, above: tuple[str, ...] = (), behind: str = "") -> None:
        self.above = above
        self.behind = behind
        self.lines: dict[str, Line] = {}

    def set(self, option: str, value: Value) -> None:
        """Give an option a value; its place and comments stay."""
        old = self.lines.get(option)
        self.lines[option] = Line(value) if old is None else old._replace(value=value)

    @property
    def is_bare(self) -> bool:
        """Whether nothing would be lost by leaving the section out."""
        return not (self.lines or any(self.above) or self.behind)


class Document:
    """A whole file: sections by lower-case header, and the comment lines at its end."""

    __slots__ = ("below", "sections")

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}
        self.below: tuple[str, ...] = ()


def parse(text: str, path: str) -> Document:
    """Read a file's text; path is for messages only.  Raises ConfigError naming the line."""
    document = Document()
    section: Section | None = None
    above: list[str] = []
    lines = text.removeprefix("\ufeff").splitlines()
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at].strip()
        at += 1
        if not line or line[0] == "#":
            above.append(line)
            continue
        if line[0] == "[":
            header, behind = _header(line, path, number)
            if header in document.sections:
                raise _broken(path, number, f"section [{header}] is there twice")
            section = document.sections[header] = Section(tuple(above), behind)
            above.clear()
            continue
        key, rest = _key(line, path, number)
        if section is None:
            raise _broken(path, number, f"option {key!r} stands before any [section]")
        if key in section.lines:
            raise _broken(path, number, f"option {key!r} is there twice")
        if rest[:3] in _TRIPLES:
            found, at = _multiline(rest, lines, at, path)
        else:
            found = _value(rest, path, number)
        section.lines[key] = found._replace(above=tuple(above)) if above else found
        above.clear()
    document.below = tuple(above)
    return document


def render(document: Document) -> str:
    """The file's text, as DVC's writer would lay it out, with the comments kept."""
    out: list[str] = []
    for header, section in document.sections.items():
        out.extend(section.above)
        out.append(f"[{_quote(header, 'section')}]{_behind(section.behind)}")
        for key, line in section.lines.items():
            out.extend(_INDENT + comment if comment else "" for comment in line.above)
            out.append(f"{_INDENT}{_quote(key, 'option')} = {_quote_value(line.value, key)}{_behind(line.behind)}")
    out.extend(document.below)
    # DVC leaves one empty line in a file that has become empty.
    return "\n".join(out) + "\n"


def _behind(comment: str) -> str:
    return " " + comment if comment else ""


def _broken(path: str, number: int, problem: str) -> ConfigError:
    return ConfigError(f"{path}:{number}: {problem}")


def _header(line: str, path: str, number: int) -> tuple[str, str]:
    if line[1:].lstrip()[:1] == "[":
        raise _broken(path, number, f"nested section {line!r}: sections have one level here")
    inner = line[1:].lstrip()
    quote = inner[:1] if inner[:1] in ("'", '"') else ""
    end = inner.find(quote + "]", len(quote)) if quote else inner.find("]")
    name = inner[len(quote) : end].strip() if end >= 0 else ""
    behind = inner[end + len(quote) + 1 :].strip()
    if not name or (behind and behind[0] != "#"):
        raise _broken(path, number, f"broken section header {line!r}")
    return name.lower(), behind


def _key(line: str, path: str, number: int) -> tuple[str, str]:
    if line[0] in "'\"":
        end = line.find(line[0], 1)
        name, rest = line[1:end], line[end + 1 :].lstrip()
        if end > 0 and rest[:1] == "=":
            return name.lower(), rest[1:].lstrip()
    else:
        name, equals, rest = line.partition("=")
        if equals and name:
            return name.rstrip().lower(), rest.lstrip()
    raise _broken(path, number, f"expected 'option = value' or '[section]', found {line!r}")


def _value(text: str, path: str, number: int) -> Line:
    words: list[str] = []
    listed = False
    rest = text
    while rest and rest[0] != "#":
        if rest[0] == ",":
            if words or rest[1:].lstrip()[:1] not in ("", "#"):
                raise _broken(path, number, f"empty item in {text!r}")
            return Line([], behind=rest[1:].lstrip())
        word, rest = _word(rest, path, number)
        words.append(word)
        if rest[:1] != ",":
            break
        listed = True
        rest = rest[1:].lstrip()
    if listed:
        return Line(words, behind=rest)
    return Line(words[0] if words else "", behind=rest)


def _word(text: str, path: str, number: int) -> tuple[str, str]:
    if text[0] not in "'\"":
        ends = [end for end in (text.find(","), text.find("#")) if end >= 0]
        end = min(ends, default=len(text))
        return text[:end].rstrip(), text[end:]
    end = text.find(text[0], 1)
    while end > 0:
        # A quote inside the word does not close it: what follows must be an end.
        rest = text[end + 1 :].lstrip()
        if rest[:1] in ("", "#", ","):
            return text[1:end], rest
        end = text.find(text[0], end + 1)
    raise _broken(path, number, f"no closing quote in {text!r}")


def _multiline(text: str, lines: list[str], at: int, path: str) -> tuple[Line, int]:
    quote, body, start = text[:3], text[3:], at
    while (end := _closing(body, quote)) < 0:
        if at == len(lines):
            raise _broken(path, start, f"no closing {quote}")
        body += "\n" + lines[at]
        at += 1
    return Line(body[:end], behind=body[end + 3 :].strip()), at


def _closing(body: str, quote: str) -> int:
    # Quotes inside the value do not close it: behind the closing ones there is nothing, or a comment.
    end = body.find(quote)
    while end >= 0 and body[end + 3 :].lstrip()[:1] not in ("", "#"):
        end = body.find(quote, end + 1)
    return end


def _quote_value(value: Value, option: str) -> str:
    if isinstance(value, str):
        return _quote(value, option, lines=True)
    if not value:
        return ","
    words = ", ".join(_quote(word, option) for word in value)
    return words + "," if len(value) == 1 else words


def _quote(text: str, option: str, *, lines: bool = False) -> str:
    if not text:
        return '""'
    both = "'" in text and '"' in text
    if lines and (both or "\n" in text):
        triple = next((quote for quote in _TRIPLES if quote not in text), None)
        if triple is None:
            raise ConfigError(f"{option}: the value has both kinds of triple quotes and cannot be written")
        return f"{triple}{text}{triple}"
    bare = text[0] not in _UNSAFE_ENDS and text[-1] not in _UNSAFE_ENDS and "," not in text and "#" not in text
    if bare and "\n" not in text:
        return text
    if both or "\n" in text:
        raise ConfigError(f"{option}: {text!r} cannot be quoted")
    return f"'{text}'" if '"' in text else f'"{text}"'

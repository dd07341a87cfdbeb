"""Completion for fish (3 and up)."""

from collections.abc import Iterable, Iterator

from tiffin.cli._words import COMMON, DYNAMIC, Entry, Option, Vocabulary, first_sentence

__all__ = ["script"]

HEAD = """\
# fish completion for tiffin, written by `tiffin completion -s fish`

function __tiffin_command --description 'the command typed so far, such as "remote add"'
    set -l tokens (commandline -opc)
    set -l command
    set -l skip 0
    for token in $tokens[2..-1]
        if test $skip = 1
            set skip 0
        else if test "$token" = --cd
            set skip 1
        else if not string match -q -- '-*' "$token"
            set -a command $token
            contains -- "$command" @GROUPS@; or break
        end
    end
    echo "$command"
end

function __tiffin_is
    test (__tiffin_command) = "$argv"
end

function __tiffin_ask --description 'words that only the repository knows'
    tiffin complete $argv[1] -- (commandline -ct) 2>/dev/null
end

complete -c tiffin -f
"""


def script(words: Vocabulary) -> str:
    """The text to source."""
    lines = [HEAD.replace("@GROUPS@", " ".join(words.groups))]
    lines += [f"{_when('')} -a {name} -d {_quoted(first_sentence(text))}\n" for name, text in words.top().items()]
    lines += (_option("", option) for option in COMMON)
    for group in words.groups:
        verbs = words.verbs(group).items()
        lines += (f"{_when(group)} -a {verb} -d {_quoted(first_sentence(text))}\n" for verb, text in verbs)
    lines += (line for entry in words.entries for line in _command(entry))
    return "".join(lines)


def _command(entry: Entry) -> Iterator[str]:
    if isinstance(entry.kind, tuple):
        yield f"{_when(entry.name)} -a {_quoted(' '.join(entry.kind))}\n"
    elif entry.kind in DYNAMIC:
        yield f"{_when(entry.name)} -a '(__tiffin_ask {entry.kind})'\n"
    if entry.kind in ("file", "target"):
        yield f"{_when(entry.name)} -F\n"
    yield from (_option(entry.name, option) for option in entry.options)


def _option(command: str, option: Option) -> str:
    names = " ".join(_name(name) for name in option.names)
    return f"{_when(command)} {names}{_value(option.value)} -d {_quoted(first_sentence(option.help))}\n"


def _name(name: str) -> str:
    if name.startswith("--"):
        return f"-l {name[2:]}"
    return f"-s {name[1:]}" if len(name) == 2 else f"-o {name[1:]}"


def _value(value: str | Iterable[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f" -x -a {_quoted(' '.join(value))}"
    if value in DYNAMIC:
        return f" -x -a '(__tiffin_ask {value})'"
    return " -r -F" if value == "file" else " -x"


def _when(command: str) -> str:
    return f"complete -c tiffin -n {_quoted(f'__tiffin_is {command}'.strip())}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

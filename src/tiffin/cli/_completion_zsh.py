"""Completion for zsh, to be put into a directory of $fpath as `_tiffin`, or sourced after compinit."""

from collections.abc import Iterable, Iterator, Mapping

from tiffin.cli._words import COMMON, DYNAMIC, Entry, Option, Vocabulary, first_sentence

__all__ = ["script"]

HEAD = """\
#compdef tiffin
# zsh completion for tiffin, written by `tiffin completion -s zsh`

_tiffin_ask() {  # words that only the repository knows
    local -a found
    found=("${(@f)$(tiffin complete $1 -- "$PREFIX" 2>/dev/null)}")
    found=(${found:#})
    (( $#found )) && compadd -- $found
}

_tiffin_kind() {
    case "$1" in
        file) _files ;;
        target) _tiffin_ask target; _files ;;
        remote|rev|setting) _tiffin_ask $1 ;;
    esac
}

_tiffin() {
    local command="" kind="" word index previous="${words[CURRENT-1]}"
    local -a flags choices
    for ((index = 2; index < CURRENT; index++)); do
        word="${words[index]}"
        case "$word" in
            --cd) ((index++)) ;;
            -*) ;;
            *)
                command="${command:+$command }$word"
                case "$command" in (@GROUPS@) ;; (*) break ;; esac
                ;;
        esac
    done
"""
TAIL = """\
    if [[ $PREFIX == -* ]]; then
        _describe -o 'option' flags
    elif (( $#choices )); then
        compadd -- $choices
    else
        _tiffin_kind "$kind"
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _tiffin "$@"
else
    compdef _tiffin tiffin
fi
"""


def script(words: Vocabulary) -> str:
    """The text to source, or to load as a function."""
    parts = [
        HEAD.replace("@GROUPS@", "|".join(words.groups) or '""'),
        *_values(words.entries),
        '    case "$command" in\n',
        _case("", words.top(), flags=COMMON),
        *(_case(group, words.verbs(group)) for group in words.groups),
        *(_command(entry) for entry in words.entries),
        "    esac\n",
        TAIL,
    ]
    return "".join(parts)


def _case(name: str, words: Mapping[str, str], flags: Iterable[Option] = ()) -> str:
    listed = " ".join(_described(words))
    options = f" flags=({' '.join(_described(_helps(flags)))})" if flags else ""
    return (
        f"        ({_quoted(name)}){options}\n"
        f"            [[ $PREFIX == -* ]] || {{ choices=({listed}); _describe 'command' choices; return; }} ;;\n"
    )


def _command(entry: Entry) -> str:
    flags = " ".join(_described(_helps(entry.options)))
    kind = f"choices=({' '.join(entry.kind)})" if isinstance(entry.kind, tuple) else f'kind="{entry.kind or ""}"'
    return f"        ({_quoted(entry.name)}) {kind}; flags=({flags}) ;;\n"


def _values(entries: Iterable[Entry]) -> Iterator[str]:
    yield '    case "$command $previous" in\n        (" --cd") _files; return ;;\n'
    for entry in entries:
        for option in entry.options:
            if option.value is None:
                continue
            names = "|".join(_quoted(f"{entry.name} {name}") for name in option.names)
            if isinstance(option.value, tuple):
                action = f"compadd -- {' '.join(option.value)}"
            else:
                action = f"_tiffin_kind {option.value}" if option.value in ("file", *DYNAMIC) else ":"
            yield f"        ({names}) {action}; return ;;\n"
    yield "    esac\n"


def _helps(options: Iterable[Option]) -> dict[str, str]:
    return {name: option.help for option in options for name in option.names}


def _described(words: Mapping[str, str]) -> Iterator[str]:
    for word, text in words.items():
        described = f"{word}:{first_sentence(text)}".replace("'", "'\\''")
        yield f"'{described}'"


def _quoted(text: str) -> str:
    return f'"{text}"'

"""Completion for bash (4 and up); needs nothing of the package bash-completion."""

from collections.abc import Iterable, Iterator

from tiffin.cli._words import COMMON, DYNAMIC, Entry, Vocabulary

__all__ = ["script"]

HEAD = """\
# bash completion for tiffin, written by `tiffin completion -s bash`

_tiffin_words() {  # the words given that begin with what was typed
    local word
    for word in "$@"; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$word")
    done
}

_tiffin_files() {
    compopt -o filenames 2>/dev/null
    local word
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
}

_tiffin_ask() {  # words that only the repository knows
    local word
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(tiffin complete "$1" -- "$current" 2>/dev/null)
}

_tiffin_kind() {
    case "$1" in
        file) _tiffin_files ;;
        target) _tiffin_ask target; _tiffin_files ;;
        remote|rev|setting) _tiffin_ask "$1" ;;
    esac
}

_tiffin() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command="" flags="" kind="" index word
    COMPREPLY=()
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    for ((index = 1; index < COMP_CWORD; index++)); do
        word="${COMP_WORDS[index]}"
        case "$word" in
            --cd) ((index++)) ;;
            -*) ;;
            *)
                command="${command:+$command }$word"
                case "$command" in @GROUPS@) ;; *) break ;; esac
                ;;
        esac
    done
"""
TAIL = """\
    if [[ $current == -* ]]; then
        _tiffin_words $flags
    else
        _tiffin_kind "$kind"
    fi
}

complete -F _tiffin tiffin
"""


def script(words: Vocabulary) -> str:
    """The text to source."""
    groups = "|".join(words.groups) or '""'
    parts = [
        HEAD.replace("@GROUPS@", groups),
        *_values(words.entries),
        '    case "$command" in\n',
        _case([""], f"{_shown(words.top())} {_flags_of(COMMON)}"),
        *(_case([group], _shown(words.verbs(group))) for group in words.groups),
        *(_command(entry) for entry in words.entries),
        "    esac\n",
        TAIL,
    ]
    return "".join(parts)


def _case(names: Iterable[str], words: str) -> str:
    return f"        {'|'.join(map(_quoted, names))}) _tiffin_words {words}; return ;;\n"


def _command(entry: Entry) -> str:
    head = f'        {_quoted(entry.name)}) flags="{_flags_of(entry.options)}"'
    if isinstance(entry.kind, tuple):
        return f"{head}; [[ $current == -* ]] || {{ _tiffin_words {' '.join(entry.kind)}; return; }} ;;\n"
    return f'{head}; kind="{entry.kind or ""}" ;;\n'


def _values(entries: Iterable[Entry]) -> Iterator[str]:
    """What follows a flag that takes a value."""
    yield '    case "$command $previous" in\n        " --cd") _tiffin_files; return ;;\n'
    for entry in entries:
        for option in entry.options:
            if option.value is None:
                continue
            names = "|".join(_quoted(f"{entry.name} {name}") for name in option.names)
            if isinstance(option.value, tuple):
                action = f"_tiffin_words {' '.join(option.value)}"
            else:
                action = f"_tiffin_kind {option.value}" if option.value in ("file", *DYNAMIC) else ":"
            yield f"        {names}) {action}; return ;;\n"
    yield "    esac\n"


def _flags_of(options: Iterable[object]) -> str:
    return " ".join(name for option in options for name in getattr(option, "names", ()))


def _shown(words: Iterable[str]) -> str:
    return " ".join(words)


def _quoted(text: str) -> str:
    return f'"{text}"'

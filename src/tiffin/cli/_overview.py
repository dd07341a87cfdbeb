"""What `tiffin --help` and `tiffin GROUP` print: the commands by what they are for."""

from collections.abc import Iterator

from tiffin.cli._table import COMMANDS, GROUPS, HIDDEN

__all__ = ["group_overview", "members", "overview"]

# Heading -> commands and groups, those used most first.  What is in none comes last, under a heading of its own.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Start": ("new", "init"),
    "Track data": ("add", "status", "diff", "data", "commit", "checkout", "remove", "move"),
    "Share it": ("push", "pull", "fetch", "remote"),
    "Use other repositories": (
        "get",
        "import",
        "update",
        "list",
        "get-url",
        "import-url",
        "list-url",
        "du",
        "artifacts",
    ),
    "Run pipelines": ("repro", "stage", "dag", "runs", "logs", "dataset", "freeze", "unfreeze"),
    "Look at results": ("params", "metrics", "plots", "report"),
    "Try things out": ("exp", "queue"),
    "Learn": ("train", "predict", "evaluate", "export"),
    "Keep house": ("gc", "fsck", "cache", "unprotect", "check-ignore", "config", "install", "destroy"),
    "Ask about tiffin": ("root", "version", "completion"),
}


def overview() -> str:
    """All commands, a line each; those of a group share one."""
    lines = [
        "tiffin: data, models, pipelines and experiments beside Git, in DVC's formats; sparse learning.",
        "",
        "usage: tiffin [-q] [-v] [--cd DIR] [--wait-for-lock] COMMAND ...",
        "       tiffin --version",
    ]
    for heading, names in _sections():
        lines += ["", f"{heading}:", *(f"  {name:<14}{_line(name)}" for name in names)]
    return "\n".join([*lines, "", "`tiffin COMMAND --help` tells more."]) + "\n"


def group_overview(group: str) -> str:
    """The commands of a group, a line each."""
    lines = [GROUPS[group], "", *(f"  tiffin {name:<18}{COMMANDS[name].help}" for name in members(group))]
    return "\n".join(lines) + "\n"


def members(group: str) -> list[str]:
    """The commands of a group."""
    return [name for name in COMMANDS if name.startswith(f"{group} ") and name not in HIDDEN]


def _sections() -> Iterator[tuple[str, list[str]]]:
    # Commands and groups, in the order of the table.
    known = dict.fromkeys(name.split(" ")[0] for name in COMMANDS if name not in HIDDEN)
    for heading, names in SECTIONS.items():
        found = [name for name in names if name in known]
        if found:
            yield heading, found
    placed = {name for names in SECTIONS.values() for name in names}
    others = [name for name in known if name not in placed]
    if others:
        yield "And", others


def _line(name: str) -> str:
    if name in COMMANDS:
        return COMMANDS[name].help
    verbs = ", ".join(member.removeprefix(f"{name} ") for member in members(name))
    return f"{GROUPS[name].removesuffix('.')}: {verbs}."

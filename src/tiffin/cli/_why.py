"""What `repro --dry --why` and `status --why` tell: each stage with what changed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.formats.values import Content
from tiffin.index import Difference
from tiffin.pipeline.explaining import (
    CommandReason,
    Explanation,
    ParameterReason,
    PathReason,
    PlainReason,
    Reason,
    UpstreamReason,
)
from tiffin.repo import Repo

__all__ = ["as_json", "show"]

STEP = "    "
SHOWN_FILES = 5
ID_DIGITS = 8
WORDS = {
    "never ran": "it has never run",
    "always changed": "it runs every time",
    "forced": "it was asked for by --force or --force-downstream",
    "import changed": "the .dvc file was edited since the import",
}
VERDICTS = {
    "runs": "runs",
    "may run": "runs if what it needs comes out different",
    "restored": "is restored from an earlier run",
    "recorded": "is recorded as it is",
    "downloaded": "is downloaded again",
    "unchanged": "unchanged",
}
CHANGED = {
    "deleted": "is missing",
    "not in sync": "is not pinned as it is described",
    "not in cache": "is not in the cache",
    "modified": "changed",
    "new": "is new",
}


def show(ui: Ui, repo: Repo, explanations: Iterable[Explanation]) -> None:
    """One paragraph a stage; those without a change take one line."""
    for explanation in explanations:
        name = explanation.stage.seen_from(repo.directory)
        ui.write(f"{name}: {VERDICTS[explanation.verdict]}" if explanation.verdict else f"{name}:")
        for reason in explanation.reasons:
            for line in _lines(repo, reason):
                ui.write(f"{STEP}{line}")


def as_json(repo: Repo, explanations: Iterable[Explanation]) -> dict[str, Any]:
    """Stage -> {verdict, reasons}, in the order of the run; `status` gives no verdict."""
    found = {}
    for explanation in explanations:
        verdict = {"verdict": explanation.verdict} if explanation.verdict else {}
        reasons = [_json(repo, reason) for reason in explanation.reasons]
        found[explanation.stage.seen_from(repo.directory)] = {**verdict, "reasons": reasons}
    return found


def _lines(repo: Repo, reason: Reason) -> Iterator[str]:
    if isinstance(reason, PlainReason):
        yield WORDS[reason.kind]
    elif isinstance(reason, UpstreamReason):
        yield f"'{reason.stage.seen_from(repo.directory)}' comes before and writes '{repo.shown(reason.path)}'"
    elif isinstance(reason, CommandReason):
        yield "the command changed"
        yield from (f"{STEP}{line}" for line in _command_diff(reason))
    elif isinstance(reason, ParameterReason):
        yield _parameter_line(repo, reason)
    else:
        yield f"{reason.role} '{repo.shown(reason.path)}' {CHANGED[reason.state]}{_contents(reason)}"
        if reason.files is not None:
            yield from (f"{STEP}{line}" for line in _files(reason.files))


def _command_diff(reason: CommandReason) -> list[str]:
    from difflib import ndiff  # noqa: PLC0415 - slow to import, needed for a changed command only

    old, new = _command_lines(reason.old), _command_lines(reason.new)
    return [line for line in ndiff(old, new) if not line.startswith("?")]


def _command_lines(command: str | tuple[str, ...]) -> list[str]:
    return [line for part in ([command] if isinstance(command, str) else command) for line in part.splitlines()]


def _parameter_line(repo: Repo, reason: ParameterReason) -> str:
    file = repo.shown(reason.file)
    if reason.name is None:
        return f"parameters file '{file}' {CHANGED[reason.state]}"
    if reason.state == "new":
        return f"parameter '{file}:{reason.name}' is new: {_value(reason.new)}"
    if reason.state == "deleted":
        return f"parameter '{file}:{reason.name}' is missing, was {_value(reason.old)}"
    return f"parameter '{file}:{reason.name}' changed: {_value(reason.old)} -> {_value(reason.new)}"


def _value(value: Any) -> str:
    """As JSON, so that the text "1" is not taken for the number."""
    import json  # noqa: PLC0415 - not needed for most commands

    return json.dumps(value, default=str, ensure_ascii=False)


def _contents(reason: PathReason) -> str:
    old, new = _content(reason.old), _content(reason.new)
    if reason.state == "deleted":
        return f", was {old}" if old else ""
    if reason.state == "not in cache" or old == new:
        return f" ({old})" if old else ""
    return f": {old or '-'} -> {new or '-'}"


def _content(content: Content | None) -> str | None:
    if content is None or (content.oid is None and not content.extra):
        return None
    if "dataset" in content.extra:
        return _pinned(content.extra["dataset"])
    digits = (content.oid or str(next(iter(content.extra.values())))).removesuffix(".dir")[:ID_DIGITS]
    sizes = [] if content.size is None else [_bytes(content.size)]
    if content.nfiles is not None:
        sizes.append(f"{content.nfiles} file{'' if content.nfiles == 1 else 's'}")
    return f"{digits} ({', '.join(sizes)})" if sizes else digits


def _pinned(entry: Mapping[str, Any]) -> str:
    """What a data set is pinned to."""
    if "rev_lock" in entry:
        return str(entry["rev_lock"])[:ID_DIGITS]
    meta = entry.get("meta", {})
    shown = {"md5": str(meta["md5"])[:ID_DIGITS]} if "md5" in meta else meta or {"version": entry.get("version")}
    return ", ".join(f"{key} {value}" for key, value in shown.items())


def _bytes(size: int) -> str:
    return f"{human_size(size)}B" if size >= 1024 else f"{size} B"


def _files(files: Difference) -> Iterator[str]:
    for sign, names in (("+", files.added), ("~", files.modified), ("-", files.deleted)):
        yield from (f"{sign} {name}" for name in names[:SHOWN_FILES])
        if len(names) > SHOWN_FILES:
            yield f"{sign} and {len(names) - SHOWN_FILES} more"


def _json(repo: Repo, reason: Reason) -> dict[str, Any]:
    if isinstance(reason, PlainReason):
        return {"kind": reason.kind}
    if isinstance(reason, UpstreamReason):
        return {
            "kind": "upstream",
            "stage": reason.stage.seen_from(repo.directory),
            "path": repo.shown(reason.path),
        }
    if isinstance(reason, CommandReason):
        return {"kind": "command", "old": reason.old, "new": reason.new}
    if isinstance(reason, ParameterReason):
        file = repo.shown(reason.file)
        values = {} if reason.name is None else {"name": reason.name, "old": reason.old, "new": reason.new}
        return {"kind": "parameter", "file": file, "state": reason.state, **values}
    found = {
        "kind": reason.role,
        "path": repo.shown(reason.path),
        "state": reason.state,
        "old": _json_content(reason.old),
        "new": _json_content(reason.new),
    }
    return found if reason.files is None else {**found, "files": reason.files._asdict()}


def _json_content(content: Content | None) -> dict[str, Any] | None:
    if content is None:
        return None
    fields = {"md5": content.oid, "size": content.size, "nfiles": content.nfiles, **content.extra}
    return {key: value for key, value in fields.items() if value is not None} or None

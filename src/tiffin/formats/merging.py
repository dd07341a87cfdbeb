"""Three versions of a metadata file become one: what one side changed counts, and what both changed is named.

Records of runs are never mixed: a stage in dvc.lock is taken whole from one side, because dependencies of one run
beside outputs of another would be a lie.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tiffin.formats import lock, yaml
from tiffin.formats._update import rewrite

__all__ = ["MergedLock", "merge_lock"]


class MergedLock(NamedTuple):
    """The text, and the names of what both sides changed differently: there the text says what ours says."""

    text: str
    conflicts: list[str]


def merge_lock(base: str, ours: str, theirs: str, path: str = "dvc.lock") -> MergedLock:
    """Merge a dvc.lock stage by stage; comments and order are those of ours, new stages of theirs follow.

    A stage that one side removed and the other ran again stays.  base: "" if there was none.  Raises FormatError for a
    version that cannot be read.
    """
    before, here, there = (_checked(text, path) for text in (base, ours, theirs))
    conflicts: list[str] = []
    merged: dict[str, Any] = {}
    for section in dict.fromkeys((*here, *there)):
        old, our, their = before.get(section), here.get(section), there.get(section)
        value: Any
        if section == "stages":
            value = _merge_map(old or {}, our or {}, their or {}, conflicts, "")
        elif section == "datasets":
            value = list(_merge_map(_by_name(old), _by_name(our), _by_name(their), conflicts, "dataset ").values())
        else:
            value = _pick(old, our, their, conflicts, section)
        if value is not None:
            merged[section] = value
    return MergedLock(rewrite(ours, path, lambda old: _make_equal(old, merged)), conflicts)


def _checked(text: str, path: str) -> dict[str, Any]:
    lock.parse(text, path)
    return yaml.load(text, path) or {}


def _merge_map(
    before: Mapping[str, Any], here: Mapping[str, Any], there: Mapping[str, Any], conflicts: list[str], kind: str
) -> dict[str, Any]:
    merged = {
        name: _pick(before.get(name), here.get(name), there.get(name), conflicts, f"{kind}{name}")
        for name in dict.fromkeys((*here, *there))
    }
    return {name: value for name, value in merged.items() if value is not None}


def _pick(before: Any, here: Any, there: Any, conflicts: list[str], name: str) -> Any:
    if there in (here, before):
        return here
    if here == before:
        return there
    if here is None or there is None:
        return there if here is None else here
    conflicts.append(name)
    return here


def _by_name(datasets: Any) -> dict[str, Any]:
    return {str(dataset.get("name")): dataset for dataset in datasets or ()}


def _make_equal(old: Any, new: Mapping[str, Any]) -> None:
    for section, value in new.items():
        if section == "stages" and section in old:
            _make_equal(old[section], value)
        elif section not in old or old[section] != value:
            old[section] = value
    for section in [section for section in old if section not in new]:
        del old[section]

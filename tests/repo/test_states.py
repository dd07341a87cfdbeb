"""Comparing two states natively gives what comparing them path by path would."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tiffin import _native
from tiffin._native import Table
from tiffin.repo import Repo
from tiffin.repo._states import Listings, Tracked, covers
from tiffin.repo.differences import compare

NOWHERE = Repo("/nowhere", "/nowhere", {})  # all listings are given
OIDS = [_native.md5(bytes([number])) for number in range(4)]
NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


def directory(path, rows):
    table = Table.from_rows(rows.items())
    return Tracked(path, f"{_native.md5(table.manifest())}.dir", table)


def without_clashes(rows):
    """Of a path and one below it only one can be a file."""
    return {path: oid for path, oid in rows.items() if not any(other.startswith(f"{path}/") for other in rows)}


FILES = st.dictionaries(NAMES, st.sampled_from(OIDS), max_size=6).map(without_clashes)


@st.composite
def states(draw):
    """Outputs, none inside of another: files, and directories with files."""
    paths = without_clashes(dict.fromkeys(draw(st.lists(NAMES, max_size=4)), ""))
    outputs = [
        directory(path, draw(FILES)) if draw(st.booleans()) else Tracked(path, draw(st.sampled_from(OIDS)))
        for path in paths
    ]
    return {output.path: output for output in outputs}


def entries(state):
    """Path -> id, of all files and, with a slash, of tracked directories."""
    found = {}
    for path, output in state.items():
        found[f"{path}/" if output.is_dir else path] = output.oid
        if output.table is not None:
            found |= {f"{path}/{name}": output.table.oid(output.table.find(name)) for name in output.table.paths()}
    return found


def compared(old, new, **how):
    return compare(old, new, Listings(NOWHERE, [*old.values(), *new.values()]), **how)


@given(states(), states())
def test_every_path_is_added_deleted_modified_renamed_or_unchanged(old, new):
    found = compared(old, new, unchanged=True)
    turned = {path for path in old.keys() & new.keys() if old[path].is_dir != new[path].is_dir}
    before = {path: oid for path, oid in entries(old).items() if path.rstrip("/") not in turned}
    after = {path: oid for path, oid in entries(new).items() if path.rstrip("/") not in turned}
    assert {a.path for a in found.added} | {b.path for _, b in found.renamed} == after.keys() - before.keys()
    assert {d.path for d in found.deleted} | {a.path for a, _ in found.renamed} == before.keys() - after.keys()
    both = before.keys() & after.keys()
    modified = {path for path in both if before[path] != after[path]}
    assert {a.path for a, _ in found.modified if a.path.rstrip("/") not in turned} == modified
    assert {a.path.rstrip("/") for a, _ in found.modified} >= turned
    assert set(found.unchanged) == both - modified
    assert not found.unknown


@given(states(), states())
def test_as_many_are_renamed_as_can_be(old, new):
    found = compared(old, new)
    assert all(before.oid == after.oid for before, after in found.renamed)
    left = Counter(entry.oid for entry in found.added) & Counter(entry.oid for entry in found.deleted)
    assert not left


@given(states(), states(), st.lists(NAMES, min_size=1, max_size=2))
def test_wanted_paths_are_a_part_of_the_whole(old, new, wanted):
    inside = covers(wanted)
    whole, part = compared(old, new), compared(old, new, wanted=wanted)
    assert part.modified == [pair for pair in whole.modified if inside(pair[0].path)]
    ends = {entry.path for entry in [*whole.added, *(after for _, after in whole.renamed)]}
    assert {entry.path for entry in [*part.added, *(after for _, after in part.renamed)]} == set(filter(inside, ends))


@given(states(), states())
def test_without_the_files_only_outputs_are_compared(old, new):
    found = compared(old, new, granular=False, unchanged=True)
    pairs = [*found.modified, *found.renamed]
    named = {e.path for e in [*found.added, *found.deleted, *(entry for pair in pairs for entry in pair)]}
    assert {path.rstrip("/") for path in [*named, *found.unchanged]} == {*old, *new}

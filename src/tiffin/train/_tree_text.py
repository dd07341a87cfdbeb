"""Trees as LightGBM writes them, read strictly and written anew: it follows blindly where they point.

Its reader is more lenient than any check beside it: it ends lines elsewhere, takes either one of two values, looks
where sizes send it.  So it never sees the text of a file, only what is written here of the values that were checked.

text   := "tree" LF field* LF tree* "end of trees" LF rest
tree   := "Tree=" number LF field* LF LF
field  := name "=" [value (" " value)*] LF
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest

__all__ = ["checked_trees", "require"]

_END = "\nend of trees\n"
# Possessive, as no number can be read in two ways: in half the time.
_NUMBER = r"-?(?:[0-9]{1,20}+(?:\.[0-9]{1,20}+)?+(?:e[-+][0-9]{1,3}+)?+|inf|nan)"


def _several(value: str) -> re.Pattern[str]:
    return re.compile(f"{value}(?: {value})*+")


_NUMBERS = _several(_NUMBER)
_COUNTS = _several("1?[0-9]{1,9}+")  # that fit into 32 bits
_PLACES = _several("-?[0-9]{1,10}+")
_BY_THRESHOLD = _several("(?:0|2|4|6|8|10)")  # the lowest bit says that a split is one by categories
_RANGES = _several(rf"(?:none|\[{_NUMBER}:{_NUMBER}\])")

# All fields there are, in their order.  Arrays: the form of the values, and by how many they are fewer than the leaves.
_HEAD = (
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "feature_names",
    "feature_infos",
    "tree_sizes",
)
_ARRAYS = {
    "split_feature": (_COUNTS, 1),
    "split_gain": (_NUMBERS, 1),
    "threshold": (_NUMBERS, 1),
    "decision_type": (_BY_THRESHOLD, 1),
    "left_child": (_PLACES, 1),
    "right_child": (_PLACES, 1),
    "leaf_value": (_NUMBERS, 0),
    "leaf_weight": (_NUMBERS, 0),
    "leaf_count": (_COUNTS, 0),
    "internal_value": (_NUMBERS, 1),
    "internal_weight": (_NUMBERS, 1),
    "internal_count": (_COUNTS, 1),
}
_TREE = ("Tree", "num_leaves", "num_cat", *_ARRAYS, "is_linear", "shrinkage")


def checked_trees(text: str, trees: int, *, columns: int, outputs: int) -> str:
    """The text for LightGBM: so many trees, each of which stays within itself and its columns.  Raises ValueError."""
    body, end, _ = text.partition(_END)
    head, *blocks = body.split("\nTree=")
    require(len(blocks) == trees and trees % outputs == 0, f"{trees} trees of {outputs} scores")
    if not trees:
        return ""
    require(bool(end), "an end of trees")
    written = [_checked_head(head, columns, outputs)]
    written += [_checked_tree(number, block, columns) for number, block in enumerate(blocks)]
    return "".join(written) + _END[1:]


def _checked_head(text: str, columns: int, outputs: int) -> str:
    fields = _fields(text.removeprefix("tree\n").removesuffix("\n"), _HEAD)
    require(re.fullmatch("v[0-9]{1,9}", fields["version"]) is not None, "a version")
    require(fields["label_index"] == "0", "labels at 0")
    require(fields["max_feature_idx"] == str(columns - 1), f"{columns} columns")
    require(fields["num_class"] == fields["num_tree_per_iteration"] == str(outputs), f"trees of {outputs} scores")
    # Its number of classes is how many scores are read and written.
    known = ("binary sigmoid:1", "regression", "poisson") if outputs == 1 else (f"multiclass num_class:{outputs}",)
    require(fields["objective"] in known, f"the objective {' or '.join(known)}")
    require(fields["feature_names"] == " ".join(f"Column_{column}" for column in range(columns)), "names of columns")
    _check_values(fields, "feature_infos", _RANGES, columns)
    del fields["tree_sizes"]  # so that their ends are looked for
    return f"tree\n{_written(fields)}"


def _checked_tree(number: int, text: str, columns: int) -> str:
    fields = _fields("Tree=" + text.rstrip("\n"), _TREE)
    require(fields["Tree"] == str(number), f"tree {number}")
    require(fields["num_cat"] == "0" and fields["is_linear"] == "0", "plain trees")
    _check_values(fields, "num_leaves", _COUNTS, 1)
    _check_values(fields, "shrinkage", _NUMBERS, 1)
    leaves = int(fields["num_leaves"])
    for name, (values, fewer) in _ARRAYS.items():
        if leaves == 1 and not fields[name] and name != "leaf_value":
            del fields[name]
        else:
            _check_values(fields, name, values, leaves - fewer)
    if leaves > 1:
        _check_splits(fields, leaves, columns)
    return _written(fields)


def _check_splits(fields: Mapping[str, str], leaves: int, columns: int) -> None:
    require(max(map(int, fields["split_feature"].split(" "))) < columns, "splits by columns")
    # What is below one node only is met once on the way from the first one: no path is endless.
    below = {*fields["left_child"].split(" "), *fields["right_child"].split(" ")}
    require(below == _below_nodes(leaves), "paths that end in leaves")


@lru_cache(maxsize=16)
def _below_nodes(leaves: int) -> frozenset[str]:
    """The numbers of all leaves, and of all nodes but the first one: as many as nodes have on both sides together."""
    return frozenset(map(str, (*range(-leaves, 0), *range(1, leaves - 1))))


def _fields(text: str, names: Sequence[str]) -> dict[str, str]:
    """The value of each name: they have to be there once, in this order, and nothing else."""
    fields = {}
    for name, line in zip_longest(names, text.split("\n")):
        found, equals, value = (line or "").partition("=")
        if found != name or not equals:
            raise ValueError(f"expected {f'{name}=' if name else 'no more fields'}, found {(line or '')[:40]!r}")
        fields[found] = value
    return fields


def _check_values(fields: Mapping[str, str], name: str, values: re.Pattern[str], count: int) -> None:
    if fields[name].count(" ") != count - 1 or not values.fullmatch(fields[name]):
        raise ValueError(f"expected {count} values of {name}, found {fields[name][:40]!r}")


def _written(fields: Mapping[str, str]) -> str:
    return "".join([f"{name}={value}\n" for name, value in fields.items()]) + "\n"


def require(fits: bool, what: str) -> None:  # noqa: FBT001 - a condition
    """Raise ValueError unless it fits.  what: was expected."""
    if not fits:
        raise ValueError(f"expected {what}")

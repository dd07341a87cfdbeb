"""Trees as LightGBM writes them, checked before it reads them: it follows blindly where they point.

text  := head tree* rest
head  := (name "=" value LF)*
tree  := "Tree=" number LF (name "=" value LF)* LF
"""

from collections.abc import Mapping

__all__ = ["check_trees", "require"]


def check_trees(text: str, trees: int, *, columns: int, outputs: int) -> None:
    """Whether there are so many trees, and each stays within itself and its columns.  Raises ValueError, KeyError."""
    head, *blocks = text.split("\nTree=")
    require(len(blocks) == trees, f"{trees} trees")
    if not trees:
        return
    fields = _fields(head)
    require(int(fields["max_feature_idx"]) == columns - 1, f"{columns} columns")
    kinds = {fields["num_class"], fields["num_tree_per_iteration"]}
    require(kinds == {str(outputs)} and trees % outputs == 0, f"trees of {outputs} scores")
    for block in blocks:
        _check_tree(_fields(block.partition("\n\n")[0]), columns)


def _check_tree(fields: Mapping[str, str], columns: int) -> None:
    leaves = int(fields["num_leaves"])
    require(leaves >= 1 and fields["num_cat"] == "0" and fields.get("is_linear", "0") == "0", "plain trees")
    require(len(fields["leaf_value"].split()) == leaves, f"{leaves} values of leaves")
    if leaves == 1:
        return
    inner = leaves - 1
    require(len(fields["threshold"].split()) == inner, f"{inner} thresholds")
    require(all(0 <= column < columns for column in _numbers(fields, "split_feature", inner)), "splits by columns")
    require(all(kind & 1 == 0 for kind in _numbers(fields, "decision_type", inner)), "splits by a threshold")
    for name in ("left_child", "right_child"):
        for node, child in enumerate(_numbers(fields, name, inner)):
            # Forward, so that no path is endless.
            require(node < child < inner if child >= 0 else ~child < leaves, "paths that end in leaves")


def _fields(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.split("\n") if "=" in line)


def _numbers(fields: Mapping[str, str], name: str, count: int) -> list[int]:
    found = [int(word) for word in fields[name].split()]
    require(len(found) == count, f"{count} numbers in {name}")
    return found


def require(fits: bool, what: str) -> None:  # noqa: FBT001 - a condition
    """Raise ValueError unless it fits.  what: was expected."""
    if not fits:
        raise ValueError(f"expected {what}")

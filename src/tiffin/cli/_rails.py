"""A graph as text, one node a line: rails on the left, as `git log --graph` draws history, names on the right.

    ●      raw.dvc        a rail begins at each node and ends at the last one that needs it
    ●      prepare        the last one takes the rail over
    ├─●    train@a        others turn off to the right
    ● │    train@b
    └─●    report         and come together again

A rail that only passes is drawn as `│` with the line behind it: ─│─.
"""

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["rails"]

NODE, RAIL, LINE, BLANK = "●", "│", "─", " "
INDENT = 2


def rails(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> str:
    """Draw connected nodes; each comes after all it hangs from."""
    sources: dict[str, list[str]] = {node: [] for node in nodes}
    left = dict.fromkeys(nodes, 0)  # how many nodes still hang from each
    for source, goal in edges:
        sources[goal].append(source)
        left[source] += 1
    lanes: list[str | None] = []
    rows: list[tuple[str, str]] = []
    freed: set[int] = set()
    for node in _order(nodes, sources):
        above = {lanes.index(source): source for source in dict.fromkeys(sources[node])}
        for source in above.values():
            left[source] -= 1
        ending = sorted(lane for lane, source in above.items() if not left[source])
        lane = ending[0] if ending else _free_lane(lanes, freed)
        if lane == len(lanes):
            lanes.append(None)
        rows.append((_row(lanes, lane, above, set(ending)), node))
        freed = set(ending)
        for ended in ending:
            lanes[ended] = None
        lanes[lane] = node if left[node] else None
        if not left[node]:
            freed.add(lane)
        while lanes and lanes[-1] is None and len(lanes) - 1 not in freed:
            lanes.pop()
    width = max(len(drawn) for drawn, _ in rows) + INDENT
    return "\n".join(f"{drawn:<{width}}{node}" for drawn, node in rows)


def _order(nodes: Sequence[str], sources: Mapping[str, Sequence[str]]) -> list[str]:
    """Each node as soon as all it hangs from is drawn, going on below the last one drawn: few rails stay open."""
    goals: dict[str, list[str]] = {node: [] for node in nodes}
    missing = {}
    for node in nodes:
        missing[node] = len(set(sources[node]))
        for source in dict.fromkeys(sources[node]):
            goals[source].append(node)
    ready = [node for node in reversed(nodes) if not missing[node]]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for goal in reversed(goals[node]):
            missing[goal] -= 1
            if not missing[goal]:
                ready.append(goal)
    return order


def _free_lane(lanes: Sequence[str | None], freed: set[int]) -> int:
    """The first lane with nothing in it.  One that ended just above would look as if it went on."""
    return next((n for n, held in enumerate(lanes) if held is None and n not in freed), len(lanes))


def _row(lanes: Sequence[str | None], lane: int, above: Mapping[int, str], ending: set[int]) -> str:
    joined = [lane, *(other for other in above if other != lane)]
    first, last = min(joined), max(joined)
    cells = []
    for number, held in enumerate(lanes):
        if number == lane:
            mark = NODE
        elif number in above:
            mark = _joint(number, first, last, ends=number in ending)
        else:
            mark = RAIL if held is not None else LINE if first < number < last else BLANK
        cells.append(mark + (LINE if first <= number < last else BLANK))
    return "".join(cells).rstrip()


def _joint(number: int, first: int, last: int, *, ends: bool) -> str:
    """Where a rail meets the line to the node."""
    if number == first:
        return "└" if ends else "├"
    if number == last:
        return "┘" if ends else "┤"
    return "┴" if ends else "┼"

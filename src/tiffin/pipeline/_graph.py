"""The pipeline as a graph: who needs whose outputs.

Edges go from a stage to the stages it needs.  A dependency, or a parameters file, needs a stage whose output is the
same path, lies above it, or below it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from tiffin.errors import CycleFound, DuplicateStage, GraphError, OverlappingOutputs
from tiffin.pipeline._stage import Output, Stage

__all__ = ["Graph"]


class Graph:
    """The stages of a project, checked: no path is written twice, no circle.

    Raises GraphError's subclasses on construction.  Stages are named by their place in `stages`.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self._outputs = _outputs(self.stages)
        self._sorted_paths = sorted(self._outputs)
        _check_metafiles(self.stages, self._outputs)
        self.needs = tuple(self._needs(stage) for stage in self.stages)
        self.needed_by = self._reversed()
        self._check_acyclic()

    @cached_property
    def _numbers(self) -> dict[tuple[str, str | None], int]:
        return {(stage.file, stage.name): number for number, stage in enumerate(self.stages)}

    def producer(self, path: str) -> tuple[Stage, Output] | None:
        """The stage whose output is the path, or a directory the path lies in."""
        for candidate in _with_parents(path):
            if candidate in self._outputs:
                number, output = self._outputs[candidate]
                return self.stages[number], output
        return None

    def below(self, path: str) -> Iterator[tuple[Stage, Output]]:
        """The outputs at or below a path, in the order of their paths."""
        for found in self._paths_below(path):
            number, output = self._outputs[found]
            yield self.stages[number], output

    def number(self, stage: Stage) -> int:
        """The place of a stage in `stages`."""
        number = self._numbers.get((stage.file, stage.name))
        if number is not None:
            return number
        raise GraphError(f"{stage.label} is not part of this pipeline")

    def order(self, wanted: Iterable[int] | None = None, *, downstream: bool = False) -> list[int]:
        """The stages to visit for `wanted` (None: all): each after all it needs.

        With downstream, `wanted` and everything that depends on them instead.
        """
        edges = self.active_needs()
        if wanted is None:
            return _post_order(range(len(self.stages)), edges)
        chosen = _reachable(wanted, _reverse(edges) if downstream else edges)
        return [number for number in _post_order(range(len(self.stages)), edges) if number in chosen]

    def active_needs(self) -> list[tuple[int, ...]]:
        """`needs` without those of frozen stages, which do not follow their dependencies."""
        return [() if stage.frozen else needs for stage, needs in zip(self.stages, self.needs, strict=True)]

    def pipelines(self) -> list[list[int]]:
        """The connected parts of the graph, each in the order of `stages`; a frozen stage ends one above it."""
        edges = self.active_needs()
        both = [(*down, *up) for down, up in zip(edges, _reverse(edges), strict=True)]
        parts: list[list[int]] = []
        seen: set[int] = set()
        for number in range(len(self.stages)):
            if number not in seen:
                part = _reachable([number], both)
                seen |= part
                parts.append(sorted(part))
        return parts

    def _needs(self, stage: Stage) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for needed in (*(dep.path for dep in stage.deps), *map(stage.params_path, stage.params)):
            for path in self._paths_below(needed):
                found[self._outputs[path][0]] = None
            producer = next((p for p in _with_parents(needed) if p in self._outputs), None)
            if producer is not None:
                found[self._outputs[producer][0]] = None
        return tuple(found)

    def _paths_below(self, path: str) -> Iterator[str]:
        prefix = f"{path}/" if path else ""
        if path in self._outputs:
            yield path
        paths = self._sorted_paths
        for at in range(bisect_left(paths, prefix), len(paths)):
            if not paths[at].startswith(prefix):
                return
            yield paths[at]

    def _reversed(self) -> tuple[tuple[int, ...], ...]:
        return tuple(_reverse(self.needs))

    def _check_acyclic(self) -> None:
        circle = _find_circle(self.needs)
        if circle:
            names = " → ".join(f"'{self.stages[number].address}'" for number in circle)
            raise CycleFound(
                f"the pipeline has a cycle: {names}",
                hint="a stage cannot depend, directly or through others, on its own output",
            )


def _outputs(stages: Sequence[Stage]) -> dict[str, tuple[int, Output]]:
    found: dict[str, tuple[int, Output]] = {}
    for number, stage in enumerate(stages):
        for output in stage.outs:
            if output.path in found:
                raise _duplicate(output.path, stages[found[output.path][0]], stage)
            found[output.path] = (number, output)
    for path, (number, _) in found.items():
        parent = next((p for p in _parents(path) if p in found), None)
        if parent is not None:
            raise OverlappingOutputs(
                f"output '{path}' of {stages[number].label} lies inside '{parent}' of {stages[found[parent][0]].label}",
                hint="track the directory as a whole, or its parts one by one, not both",
            )
    return found


def _duplicate(path: str, first: Stage, second: Stage) -> GraphError:
    if first is second:
        return OverlappingOutputs(f"output '{path}' is listed twice in {first.label}")
    return OverlappingOutputs(
        f"output '{path}' is specified in two places: {first.label} and {second.label}",
        hint=f"keep one of them, for example by removing '{second.file}'" if second.is_data else None,
    )


def _check_metafiles(stages: Sequence[Stage], outputs: dict[str, tuple[int, Output]]) -> None:
    for stage in stages:
        inside = next((p for p in _parents(stage.file) if p in outputs), None)
        if inside is not None:
            raise DuplicateStage(
                f"'{stage.file}' lies inside '{inside}', an output of {stages[outputs[inside][0]].label}"
            )


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _with_parents(path: str) -> Iterator[str]:
    yield path
    yield from _parents(path)


def _reverse(edges: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    reverse: list[list[int]] = [[] for _ in edges]
    for number, targets in enumerate(edges):
        for target in targets:
            reverse[target].append(number)
    return [tuple(targets) for targets in reverse]


def _reachable(starts: Iterable[int], edges: Sequence[Sequence[int]]) -> set[int]:
    seen: set[int] = set()
    stack = list(starts)
    while stack:
        number = stack.pop()
        if number not in seen:
            seen.add(number)
            stack.extend(edges[number])
    return seen


def _post_order(starts: Iterable[int], edges: Sequence[Sequence[int]]) -> list[int]:
    # An explicit stack: a chain of a thousand stages would exceed Python's recursion limit.
    order: list[int] = []
    seen: set[int] = set()
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(edges[start]))]
        while stack:
            number, rest = stack[-1]
            following = next((target for target in rest if target not in seen), None)
            if following is None:
                stack.pop()
                order.append(number)
            else:
                seen.add(following)
                stack.append((following, iter(edges[following])))
    return order


def _find_circle(edges: Sequence[Sequence[int]]) -> list[int] | None:
    place = {number: place for place, number in enumerate(_post_order(range(len(edges)), edges))}
    for number, targets in enumerate(edges):
        for target in targets:
            if place[target] >= place[number]:  # an edge that goes back up: target reaches number
                circle = _path(target, number, edges)
                first = circle.index(min(circle))
                return [*circle[first:], *circle[: first + 1]]
    return None


def _path(start: int, goal: int, edges: Sequence[Sequence[int]]) -> list[int]:
    came_from: dict[int, int | None] = {start: None}
    queue = [start]
    for number in queue:
        for target in edges[number]:
            if target not in came_from:
                came_from[target] = number
                queue.append(target)
    path: list[int] = []
    step: int | None = goal
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]

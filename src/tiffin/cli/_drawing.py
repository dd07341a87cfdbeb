"""Graphs as text: DOT, Mermaid, boxes on a character grid, or rails."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tiffin.cli._rails import rails

__all__ = ["Drawing", "dot", "mermaid", "text"]

BOX_HEIGHT, EDGE_HEIGHT, GAP = 3, 3, 4
MOST_BOXES, WIDTH = 20, 100


class Drawing(NamedTuple):
    """nodes: labels, in order.  edges: (from, to); no circles."""

    nodes: list[str]
    edges: list[tuple[str, str]]


def dot(drawing: Drawing) -> str:
    """Graphviz's language, as DVC writes it."""
    lines = ["strict digraph {", *(f'"{node}";' for node in drawing.nodes)]
    lines += [f'"{source}" -> "{goal}";' for source, goal in drawing.edges]
    return "\n".join([*lines, "}", ""])


def mermaid(drawing: Drawing, *, markdown: bool = False) -> str:
    """A Mermaid flowchart, one connected part after the other, as DVC writes it."""
    lines = ["flowchart TD"]
    number = 0
    for part in _parts(drawing):
        names = {}
        for node in sorted(part.nodes):
            number += 1
            names[node] = f"node{number}"
            lines.append(f'\t{names[node]}["{node}"]')
        lines += [f"\t{names[a]}-->{names[b]}" for a, b in sorted(part.edges)]
    text = "\n".join(lines)
    return f"```mermaid\n{text}\n```" if markdown else text


def text(drawing: Drawing) -> str:
    """Boxes while they are few and fit, else rails: one line a node."""
    parts = _parts(drawing)
    if len(drawing.nodes) <= MOST_BOXES:
        boxes = "\n".join(_draw(part) for part in parts)
        if max(map(len, boxes.split("\n"))) <= WIDTH:
            return boxes
    return "\n\n".join(rails(part.nodes, part.edges) for part in parts)


def _parts(drawing: Drawing) -> list[Drawing]:
    """The connected parts, in the order of their first nodes."""
    beside: dict[str, list[str]] = {node: [] for node in drawing.nodes}
    for source, goal in drawing.edges:
        beside[source].append(goal)
        beside[goal].append(source)
    part_of: dict[str, int] = {}
    count = 0
    for node in drawing.nodes:
        if node in part_of:
            continue
        waiting = [node]
        while waiting:
            found = waiting.pop()
            if found not in part_of:
                part_of[found] = count
                waiting += beside[found]
        count += 1
    parts = [Drawing([], []) for _ in range(count)]
    for node in dict.fromkeys(drawing.nodes):
        parts[part_of[node]].nodes.append(node)
    for edge in drawing.edges:
        parts[part_of[edge[0]]].edges.append(edge)
    return parts


class _Node(NamedTuple):
    """A place in a layer: a box, or (label None) a bend of an edge that spans layers."""

    key: str
    label: str | None

    @property
    def width(self) -> int:
        return 1 if self.label is None else len(self.label) + 4


def _draw(drawing: Drawing) -> str:
    layers, links = _layers(drawing)
    _untangle(layers, links)
    center = _columns(layers, links)
    height = len(layers) * (BOX_HEIGHT + EDGE_HEIGHT) - EDGE_HEIGHT
    width = max(center[node.key] + node.width for layer in layers for node in layer) + 1
    grid = [[" "] * width for _ in range(height)]
    for depth, layer in enumerate(layers):
        top = depth * (BOX_HEIGHT + EDGE_HEIGHT)
        for node in layer:
            _draw_node(grid, node, center[node.key], top)
            for below in links.get(node.key, ()):
                _draw_line(grid, center[node.key], top + BOX_HEIGHT, center[below], top + BOX_HEIGHT + EDGE_HEIGHT)
    return "\n".join("".join(row).rstrip() for row in grid)


def _layers(drawing: Drawing) -> tuple[list[list[_Node]], dict[str, list[str]]]:
    """Nodes by their distance from the top, edges cut into links between neighbouring layers."""
    depth = dict.fromkeys(drawing.nodes, 0)
    for _ in drawing.nodes:
        for source, goal in drawing.edges:
            depth[goal] = max(depth[goal], depth[source] + 1)
    layers: list[list[_Node]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in drawing.nodes:
        layers[depth[node]].append(_Node(node, node))
    links: dict[str, list[str]] = {}
    for source, goal in drawing.edges:
        above = source
        for level in range(depth[source] + 1, depth[goal]):
            bend = _Node(f"{source}\0{goal}\0{level}", None)
            layers[level].append(bend)
            links.setdefault(above, []).append(bend.key)
            above = bend.key
        links.setdefault(above, []).append(goal)
    return layers, links


def _untangle(layers: list[list[_Node]], links: dict[str, list[str]]) -> None:
    """Sort each layer by the mean place of what its nodes hang from (the barycentre heuristic)."""
    for upper, lower in pairwise(layers):
        hanging: dict[str, list[int]] = {}
        for place, node in enumerate(upper):
            for below in links.get(node.key, ()):
                hanging.setdefault(below, []).append(place)
        lower.sort(key=lambda node: _mean(hanging.get(node.key, [0])))


def _columns(layers: list[list[_Node]], links: dict[str, list[str]]) -> dict[str, int]:
    """The middle column of each node: below what it hangs from where there is room, neighbours apart."""
    center: dict[str, int] = {}
    hanging: dict[str, list[str]] = {}
    for above, below in links.items():
        for lower in below:
            hanging.setdefault(lower, []).append(above)
    for layer in layers:
        free = 0
        for node in layer:
            wanted = round(_mean([center[above] for above in hanging.get(node.key, ())])) if node.key in hanging else 0
            left = max(free, wanted - node.width // 2)
            center[node.key] = left + node.width // 2
            free = left + node.width + GAP
    return center


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


def _draw_node(grid: list[list[str]], node: _Node, center: int, top: int) -> None:
    if node.label is None:
        for row in range(top, top + BOX_HEIGHT):
            grid[row][center] = "*"
        return
    left = center - node.width // 2
    border = f"+{'-' * (node.width - 2)}+"
    for row, text in ((top, border), (top + 1, f"| {node.label} |"), (top + 2, border)):
        grid[row][left : left + node.width] = list(text)


def _draw_line(grid: list[list[str]], x: int, y: int, to_x: int, to_y: int) -> None:
    steps = max(abs(to_x - x), to_y - y)
    for step in range(steps + 1):
        row = y + (to_y - 1 - y) * step // steps
        column = round(x + (to_x - x) * step / steps)
        grid[row][column] = "*"

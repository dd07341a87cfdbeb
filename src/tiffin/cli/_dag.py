"""The command `tiffin dag`."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._drawing import Drawing, dot, mermaid, text
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import StageInvalid
from tiffin.pipeline import Graph
from tiffin.repo import Repo

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Draw the pipeline: each stage below the stages it needs.

    Boxes while they are few, else one line a stage, with rails from each to those that need it.
    """

    target: Annotated[str | None, Argument("only this stage or output and what it needs", optional=True)]
    dot: Annotated[bool, Flag("print the graph in Graphviz's DOT")] = False
    mermaid: Annotated[bool, Flag("print a Mermaid flowchart")] = False
    md: Annotated[bool, Flag("print a Mermaid flowchart in a Markdown block")] = False
    full: Annotated[bool, Flag("with a target: its whole pipeline")] = False
    outs: Annotated[bool, Flag("draw outputs instead of stages", ("-o", "--outs"))] = False
    collapse_foreach_matrix: Annotated[bool, Flag("draw the stages of a foreach or matrix as one")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.outs and options.collapse_foreach_matrix:
        raise StageInvalid("--outs draws no stages that --collapse-foreach-matrix could draw as one")
    repo = open_repo(ui)
    drawing = _outputs(repo) if options.outs else _stages(repo)
    if options.target is not None:
        drawing = _around(drawing, _named(repo, options.target, outs=options.outs), full=options.full)
    if options.collapse_foreach_matrix:
        drawing = _collapsed(drawing)
    if options.dot:
        ui.answer(dot(drawing))
    elif options.mermaid or options.md:
        ui.answer(mermaid(drawing, markdown=options.md))
    else:
        ui.page(f"{text(drawing)}\n")
    return 0


def _stages(repo: Repo) -> Drawing:
    graph = repo.project.graph
    names = [stage.seen_from(repo.directory) for stage in graph.stages]
    return Drawing(names, [(names[need], names[n]) for n, needs in enumerate(graph.needs) for need in needs])


def _outputs(repo: Repo) -> Drawing:
    graph: Graph = repo.project.graph
    nodes = [repo.shown(out.path) for stage in graph.stages for out in stage.outs]
    edges = []
    for stage in graph.stages:
        for dependency in stage.deps:
            found = graph.producer(dependency.path)
            sources = [out for _, out in graph.below(dependency.path)] or ([found[1]] if found else [])
            edges += [(repo.shown(source.path), repo.shown(out.path)) for source in sources for out in stage.outs]
    return Drawing(nodes, list(dict.fromkeys(edges)))


def _named(repo: Repo, target: str, *, outs: bool) -> list[str]:
    selections = repo.project.select(target, repo.directory)
    if not outs:
        return [stage.seen_from(repo.directory) for stage, _ in selections]
    return [
        repo.shown(out.path) for stage, path in selections for out in stage.outs if path is None or out.path == path
    ]


def _around(drawing: Drawing, targets: Sequence[str], *, full: bool) -> Drawing:
    kept = _connected(targets, drawing.edges, both=full)
    return Drawing([n for n in drawing.nodes if n in kept], [e for e in drawing.edges if e[0] in kept and e[1] in kept])


def _connected(targets: Sequence[str], edges: Sequence[tuple[str, str]], *, both: bool) -> set[str]:
    beside: dict[str, list[str]] = {}
    for source, goal in edges:
        beside.setdefault(goal, []).append(source)
        if both:
            beside.setdefault(source, []).append(goal)
    kept: set[str] = set()
    stack = list(targets)
    while stack:
        node = stack.pop()
        if node not in kept:
            kept.add(node)
            stack += beside.get(node, ())
    return kept


def _collapsed(drawing: Drawing) -> Drawing:
    def group(node: str) -> str:
        return node if node.endswith(".dvc") else node.partition("@")[0]

    edges = dict.fromkeys((group(source), group(goal)) for source, goal in drawing.edges)
    return Drawing(list(dict.fromkeys(map(group, drawing.nodes))), [edge for edge in edges if edge[0] != edge[1]])

"""The pipelines that are measured: how they are made, what is asked of them, and how they grow."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import _workload as workload
from benchmarks._cases import Case
from benchmarks._measure import measure, spread
from benchmarks._plot import Series, log_log
from benchmarks._report import Aim, Result
from benchmarks._workload import Tool

__all__ = [
    "ASKING",
    "SHAPES",
    "Point",
    "grow",
    "growth_section",
    "jobs_section",
    "make",
    "overhead",
    "picture",
    "running",
    "settle",
    "side_by_side",
]

SHAPES = ("chained", "independent")
STAGE_AIM_S = 0.004  # of a stage, above starting its command
PREDICTED = {"chained": 250.0, "independent": 250.0}
WORK = "import time; end = time.process_time() + {seconds}\nwhile time.process_time() < end: pass"
COLOURS = {"repro": "#1b6ca8", "repro, nothing to do": "#2e8b57", "the same, first time": "#c0662b"}


class Point(NamedTuple):
    """One command on so many stages."""

    what: str
    stages: int
    wall_s: float
    peak: int


def make(folder: Path, shape: str, count: int) -> None:
    """Write dvc.yaml with `count` stages, params.yaml with a parameter for each, and the first file."""
    (folder / "s0.txt").write_text("one bite\n", encoding="ascii")
    names = range(1, count + 1)
    (folder / "params.yaml").write_text("".join(f"p{number}: {number}\n" for number in names), encoding="ascii")
    lines = ["stages:"]
    for number in names:
        before, after = f"s{number - 1 if shape == 'chained' else 0}.txt", f"s{number}.txt"
        lines += [f"  copy{number}:", f"    cmd: cp {before} {after}", "    deps:", f"    - {before}"]
        lines += ["    params:", f"    - p{number}", "    outs:", f"    - {after}"]
    (folder / "dvc.yaml").write_text("\n".join(lines) + "\n", encoding="ascii")


def settle(runner: Tool, asker: Tool, repository: Path) -> None:
    """Run all stages, commit, change a parameter, run and commit again; then let the program that asks look once."""
    for changed in ("p1: 1", "p1: 100"):
        text = (repository / "params.yaml").read_text(encoding="ascii").replace("p1: 1\n", f"{changed}\n", 1)
        (repository / "params.yaml").write_text(text, encoding="ascii")
        _quietly(runner, repository, "repro", "--quiet")
        for words in (["add", "--all"], ["commit", "--quiet", "--message", changed]):
            subprocess.run(["git", *words], cwd=repository, env=dict(asker.environment), check=True)
    for _ in range(2):
        _quietly(asker, repository, "repro")


def running(shape: str, count: int) -> Sequence[Case]:
    """The one case in which all stages of a shape are run."""
    aims = {place: (Aim("rival", 200),) for place in ("tmpfs", "disk")}
    return (
        Case(f"repro of {shape} stages", "tiffin repro", lambda _: ["repro"], _nothing, _outcome,
             {"tmpfs": PREDICTED[shape], "disk": PREDICTED[shape]}, aims, "spawn", loops=count),
    )  # fmt: skip


def overhead(results: Sequence[Result], stages: int) -> list[str]:
    """What a stage costs above starting its command."""
    lines = [
        "## Above the commands",
        "",
        "| case | tiffin | loop | a stage, above the loop | aim | |",
        "|---|--:|--:|--:|---|---|",
    ]
    for result in results:
        if not result.loop:
            continue
        ours, loop = (spread([run.wall_s for run in runs]).median for runs in (result.ours, result.loop))
        above = (ours - loop) / stages
        met = "met" if above <= STAGE_AIM_S else "**not met**"
        aim = f"≤ {STAGE_AIM_S * 1000:.0f} ms"
        lines.append(f"| {result.case} | {ours:.2f} s | {loop:.2f} s | {above * 1000:.1f} ms | {aim} | {met} |")
    return [*lines, ""]


def side_by_side(tool: Tool, folder: Path, seconds: float) -> tuple[float, float]:
    """Wall seconds of four stages that only compute, one after the other and two at a time."""
    took = []
    for jobs in (1, 2):
        repository = folder / f"jobs-{jobs}"
        workload.new_repository(tool, repository)
        (repository / "work.py").write_text(WORK.format(seconds=seconds), encoding="ascii")
        stages = "".join(
            f"  w{number}:\n    cmd: python3 work.py && echo > o{number}\n    outs: [o{number}]\n"
            for number in range(4)
        )
        (repository / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="ascii")
        words = [str(tool.command), "repro", "-j", str(jobs)]
        took.append(measure(words, repository, tool.environment, folder / "output.log").wall_s)
    shutil.rmtree(folder)
    return took[0], took[1]


def jobs_section(pairs: Sequence[tuple[float, float]]) -> list[str]:
    """The lines of the page about `-j`."""
    gain = spread([alone / together for alone, together in pairs])
    met = "met" if gain.median >= 1.9 else "**not met**"
    alone, together = (spread(list(times)).median for times in zip(*pairs, strict=True))
    text = (
        f"Four stages that only compute: `repro -j1` {alone:.2f} s, `repro -j2` {together:.2f} s, "
        f"{gain.median:.2f} times as fast ({gain.least:.2f} to {gain.most:.2f}). The aim is 1.9: {met}."
    )
    return ["## Side by side", "", text, ""]


def grow(tool: Tool, folder: Path, count: int) -> Iterator[Point]:
    """Run a chain of so many stages, then ask again for the first time, and again."""
    repository, log = folder / "repository", folder / "output.log"
    workload.new_repository(tool, repository)
    make(repository, "chained", count)
    words = [str(tool.command), "repro"]
    for what in COLOURS:
        if what == "repro, nothing to do":
            measure(words, repository, tool.environment, log)
        if what == "the same, first time":
            shutil.rmtree(repository / ".dvc/tmp/tiffin/answers", ignore_errors=True)
        run = measure(words, repository, tool.environment, log)
        yield Point(what, count, run.wall_s, run.peak)
    shutil.rmtree(folder)


def picture(points: Sequence[Point]) -> str:
    """Seconds over stages, both logarithmic, as SVG."""
    lines = {what: [(point.stages, point.wall_s) for point in points if point.what == what] for what in COLOURS}
    return log_log([Series(what, line, COLOURS[what]) for what, line in lines.items()], across="stages", up="seconds")


def growth_section(points: Sequence[Point], picture_name: str) -> list[str]:
    """The lines of the page: the picture, then every figure."""
    rows = [
        f"| {point.what} | {point.stages:,} | {point.wall_s:.3f} s | {point.wall_s / point.stages * 1000:.2f} ms "
        f"| {point.peak / 2**20:.0f} MiB |"
        for point in points
    ]
    return [
        "## Growth",
        "",
        f"![Seconds over stages, both logarithmic]({picture_name})",
        "",
        "Chains of stages, tiffin alone, one round a size. The aim for 5,000 stages with nothing to do is 1 s.",
        "",
        "| what | stages | wall | a stage | peak memory |",
        "|---|--:|--:|--:|--:|",
        *rows,
        "",
    ]


def _quietly(tool: Tool, repository: Path, *words: str) -> str:
    command = [str(tool.command), *words]
    done = subprocess.run(command, cwd=repository, env=dict(tool.environment), check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def _nothing(_: Tool, __: Path) -> None:
    pass


def _forget_answers(_: Tool, repository: Path) -> None:
    shutil.rmtree(repository / ".dvc/tmp/tiffin/answers", ignore_errors=True)


def _outcome(_: Tool, repository: Path) -> object:
    results = sorted(path for path in repository.glob("s*.txt"))
    lock = (repository / "dvc.lock").read_bytes()
    return lock, {path.name: path.read_bytes() for path in results}, workload.digest(repository / ".dvc/cache/files")


def _lock(_: Tool, repository: Path) -> object:
    return (repository / "dvc.lock").read_bytes()


def _answer(*words: str) -> Callable[[Tool, Path], object]:
    def answer(tool: Tool, repository: Path) -> object:
        said = _quietly(tool, repository, *words)
        return json.loads(said) if "--json" in words else sorted(said.split())

    return answer


def _everywhere(ratio: float) -> dict[str, float]:
    return {"tmpfs": ratio, "disk": ratio}


def _case(
    name: str,
    words: str,
    result: Callable[[Tool, Path], object],
    predicted: float,
    aim: float,
    prepare: Callable[[Tool, Path], None] = _nothing,
) -> Case:
    aims = {place: (Aim("rival", aim),) for place in ("tmpfs", "disk")}
    return Case(
        name, f"tiffin {words}", lambda _: words.split(), prepare, result, _everywhere(predicted), aims, warm=True
    )


# In this order in one repository of chained stages that have nothing to do.
ASKING = (
    _case("repro, nothing to do, first time", "repro", _lock, 60, 100, _forget_answers),
    _case("repro, nothing to do", "repro", _lock, 200, 100),
    _case("status", "status", _answer("status", "--json"), 100, 100),
    _case("params diff", "params diff HEAD~1 HEAD", _answer("params", "diff", "HEAD~1", "HEAD", "--json"), 25, 25),
    _case("dag", "dag --dot", _answer("dag", "--dot"), 25, 25),
)

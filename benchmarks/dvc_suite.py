"""Let DVC's own benchmark suite time both programs, and write docs/benchmarks/dvc-suite.md: `make bench-dvc`.

    python -m benchmarks.dvc_suite [--dataset tiny|small|mnist] [--scale SHARE] [--rounds N] [--output FILE]

The suite is `dvc.testing.benchmarks`, which takes any program by `--dvc-bin`.  It needs a repository with data sets and
a project with plots: both are made here, the data sets synthetic and of the published number of files and bytes.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from benchmarks import _workload as workload
from benchmarks._measure import spread
from benchmarks._report import describe_machine
from benchmarks._workload import Tool

__all__ = ["main"]

ROOT = Path(__file__).parents[1]
DATASETS = {"tiny": (14, 18_000_000), "small": (2_226, 93_000_000), "mnist": (70_000, 19_000_000)}  # files, bytes
DESELECTED = {"test_exp_show": "clones a project from GitHub and fetches its experiments: needs the network"}
PLOTS = """\
stages:
  train:
    cmd: cp start.csv history.csv
    deps:
    - start.csv
    outs:
    - history.csv
plots:
- history.csv:
    x: step
    y: loss
"""


class _Outcome(NamedTuple):
    """Seconds by name of a measured command, and why tests failed."""

    seconds: Mapping[str, float]
    failures: Mapping[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite with both programs in turn; return 0 also where tests fail: the page says which."""
    options = _parser().parse_args(arguments)
    (ROOT / "scratch").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "scratch") as scratch:
        text = _run(options, Path(scratch))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {options.output}", file=sys.stderr)
    return 0


def _run(options: argparse.Namespace, scratch: Path) -> str:
    programs = Path(sys.executable).parent
    environment = workload.environment(scratch / "home")
    ours = Tool("tiffin", options.tiffin or programs / "tiffin", environment)
    theirs = Tool("dvc", options.dvc or programs / "dvc", environment)
    files, size = (max(1, round(figure * options.scale)) for figure in DATASETS[options.dataset])
    _say(f"data set {options.dataset}: {files:,} files, {size:,} bytes")
    data, project = scratch / "dvc-bench", scratch / "project"
    _make_data(theirs, data, options.dataset, files, size)
    _make_project(theirs, project)
    seconds: dict[str, defaultdict[str, list[float]]] = {tool.name: defaultdict(list) for tool in (ours, theirs)}
    failures: dict[str, dict[str, str]] = {tool.name: {} for tool in (ours, theirs)}
    for number in range(options.rounds):
        for tool in (ours, theirs) if number % 2 else (theirs, ours):
            _say(f"{tool.name}, round {number + 1} of {options.rounds}")
            found = _suite(tool, scratch / f"{tool.name}-{number}", data, project, options)
            for name, value in found.seconds.items():
                seconds[tool.name][name].append(value)
            failures[tool.name].update(found.failures)
    facts = [
        *describe_machine([("disk", scratch)]),
        ("tiffin", workload.version(ours, scratch)),
        ("DVC", workload.version(theirs, scratch)),
        ("data set", f"{options.dataset}, synthetic: {files:,} files, {size:,} bytes"),
        ("rounds", str(options.rounds)),
        ("chosen tests", " and ".join(options.only) or "all but those above"),
    ]
    return _page(seconds[ours.name], seconds[theirs.name], failures, facts)


def _suite(tool: Tool, folder: Path, data: Path, project: Path, options: argparse.Namespace) -> _Outcome:
    folder.mkdir()
    figures, report, empty = folder / "figures.json", folder / "report.xml", folder / "pytest.ini"
    empty.write_text("[pytest]\n", encoding="ascii")
    command: list[str | Path] = [sys.executable, "-m", "pytest", "--pyargs", "dvc.testing.benchmarks", "-q"]
    command += ["-c", empty, "--rootdir", folder, "--basetemp", folder / "tmp"]
    command += ["-p", "dvc.testing.plugin", "-p", "no:cacheprovider", "-p", "no:randomly"]
    command += ["-k", " and ".join([*(f"not {name}" for name in DESELECTED), *options.only])]
    command += [f"--dvc-bin={tool.command}", f"--dvc-bench-repo={data}", f"--project-repo={project}"]
    command += [f"--dataset={options.dataset}", f"--benchmark-json={figures}", f"--junitxml={report}"]
    command += ["-o", "junit_logging=all"]
    environment = {**tool.environment, "PYTHONPATH": str(options.plugins)}
    with (folder / "output.log").open("w") as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=False)
    if not report.exists():
        raise RuntimeError(f"the suite did not run:\n{(folder / 'output.log').read_text()[-2000:]}")
    measured = json.loads(figures.read_text())["benchmarks"] if figures.exists() else []
    seconds = {item["name"].partition("[")[0].removeprefix("test_"): item["stats"]["median"] for item in measured}
    return _Outcome(seconds, _failures(report))


def _failures(report: Path) -> dict[str, str]:
    """Test -> the error the program printed, or else the first line of what pytest says."""
    failed = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - written by our own child a moment ago
        problem = next((child for child in case if child.tag in ("failure", "error")), None)
        if problem is None:
            continue
        printed = "\n".join(child.text or "" for child in case if child.tag.startswith("system-"))
        said = [line for line in printed.splitlines() if line.startswith("ERROR")]
        reason = said[-1] if said else (problem.get("message") or "").partition("\n")[0]
        failed[case.get("name", "").partition("[")[0]] = reason.replace(f"{report.parent}/", "").replace("|", "\\|")
    return failed


def _make_data(tool: Tool, repository: Path, dataset: str, files: int, size: int) -> None:
    workload.new_repository(tool, repository)
    folder = repository / "data" / dataset / "dataset"
    each = max(1, size // files)
    for number in range(files):
        path = folder / f"{number % 10}" / f"{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hashlib.shake_128(str(number).encode()).digest(each))
    _call(tool, repository, "add", "--quiet", f"data/{dataset}/dataset")
    _call(tool, repository, "push", "--quiet")


def _make_project(tool: Tool, repository: Path) -> None:
    workload.new_repository(tool, repository)
    rows = ["step,loss", *(f"{step},{1 / (step + 1):.6f}" for step in range(200))]
    (repository / "start.csv").write_text("\n".join(rows) + "\n", encoding="ascii")
    (repository / "dvc.yaml").write_text(PLOTS, encoding="ascii")
    _call(tool, repository, "repro", "--quiet")
    _call(tool, repository, "push", "--quiet")
    for words in (["add", "--all"], ["commit", "--quiet", "--message", "project"]):
        subprocess.run(["git", *words], cwd=repository, env=tool.environment, check=True)


def _call(tool: Tool, repository: Path, *words: str) -> None:
    subprocess.run([str(tool.command), *words], cwd=repository, env=tool.environment, check=True)


def _page(
    ours: Mapping[str, Sequence[float]],
    theirs: Mapping[str, Sequence[float]],
    failures: Mapping[str, Mapping[str, str]],
    facts: Sequence[tuple[str, str]],
) -> str:
    lines = [
        "# DVC's own benchmark suite",
        "",
        "Written by `make bench-dvc`; do not edit. `pytest --pyargs dvc.testing.benchmarks --dvc-bin=PROGRAM`, once",
        "for each program in every round. Names are the suite's: the test, then the command it times. Medians, in",
        "seconds.",
        "",
        "| command | tiffin | DVC | DVC ÷ tiffin |",
        "|---|--:|--:|--:|",
    ]
    for name in dict.fromkeys([*theirs, *ours]):
        here, there = (spread(runs[name]).median if runs.get(name) else None for runs in (ours, theirs))
        ratio = f"{there / here:.1f}" if here and there else ""
        lines.append(f"| {name} | {_seconds(here)} | {_seconds(there)} | {ratio} |")
    lines += ["", "## Not measured", "", "| test | program | why |", "|---|---|---|"]
    lines += [f"| {test} | both | deselected: {why} |" for test, why in DESELECTED.items()]
    lines += [f"| {test} | {tool} | {why} |" for tool, failed in failures.items() for test, why in failed.items()]
    lines += ["", "## Where", "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts), ""]
    return "\n".join(lines)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time tiffin and DVC with DVC's own benchmark suite.")
    parser.add_argument("--dataset", choices=DATASETS, default="small")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the data set's files and bytes")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="tests whose name has the word")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "dvc-suite.md")
    parser.add_argument("--plugins", type=Path, default=ROOT / "build" / "bench" / "python", help="pytest-benchmark")
    parser.add_argument("--tiffin", type=Path, help="the program to measure (default: beside this Python)")
    parser.add_argument("--dvc", type=Path, help="the program to compare with (default: beside this Python)")
    return parser


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

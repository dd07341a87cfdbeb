"""Training of sparse models beside Vowpal Wabbit: `make bench-training`.

Both read the same text file from the start to the end, once, learn a logistic regression over hashed features, write a
model file, and say the progressive loss.  Then both predict later examples, and the loss of those is worked out here
from the predictions, the same way for both.
"""

import argparse
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import _workload as workload
from benchmarks._measure import Sample, measure, spread, touch_memory
from benchmarks._report import describe_machine

ROOT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")
ROWS, FIELDS, BITS = 800_000, 20, 24
HELD_OUT = 100_000

# Published vocabulary sizes of the Criteo terabyte log, of as many fields as there are here.
VOCABULARIES = (
    45833188, 36746, 17245, 7413, 20243, 3, 7114, 1441, 62, 29275261, 1572176, 345138, 10, 2209, 11267, 128, 4, 974,
    14, 48937457,
)  # fmt: skip


class Case(NamedTuple):
    """The same job for both.  aim: how many times faster ours should be, by the clock."""

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    aim: float
    predicted: float


CASES = (
    Case(
        "LR, adaptive",
        ("--set", "optimizer=adagrad", "--set", "alpha=0.3"),
        (),
        6,
        5,
    ),
    Case(
        "LR, FTRL",
        ("--set", "optimizer=ftrl", "--set", "alpha=0.3"),
        ("--ftrl", "--ftrl_alpha", "0.3", "--ftrl_beta", "1"),
        12,
        10,
    ),
)


class Round(NamedTuple):
    """One round of one case: both programs, what theirs needs to start, and the losses of what they predicted."""

    ours: Sample
    theirs: Sample
    their_start_s: float
    our_progressive: float
    their_progressive: float
    our_loss: float
    their_loss: float


def make_data(folder: Path, rows: int, *, seed: int) -> tuple[Path, Path, np.ndarray, float]:
    """Files to learn from and to predict, the labels of the latter, and the least loss that the teacher allows.

    Ids are log-uniform (Zipf with exponent 1) in vocabularies of the published sizes; labels come from a hidden
    logistic regression whose weights are hashes of the ids.
    """
    random = np.random.default_rng(seed)
    train, held = folder / "train.vw", folder / "held.vw"
    labels, least = [], []
    for path, count in ((train, rows), (held, HELD_OUT if rows >= ROWS else rows // 8 + 1)):
        with path.open("w", encoding="ascii") as file:
            for start in range(0, count, 50_000):
                size = min(50_000, count - start)
                ids = np.stack([_ids(random, size, vocabulary) for vocabulary in VOCABULARIES], axis=1)
                scores = _teacher(ids).sum(axis=1) - 1.0
                chance = 1 / (1 + np.exp(-scores))
                label = random.random(size) < chance
                if path == held:
                    labels.append(label)
                    least.append(_log_loss(chance, label))
                for row in range(size):
                    features = " ".join([f"{field}_{value}" for field, value in enumerate(ids[row].tolist())])
                    file.write(f"{1 if label[row] else -1} | {features}\n")
    return train, held, np.concatenate(labels), float(np.mean(np.concatenate(least)))


def _ids(random: np.random.Generator, size: int, vocabulary: int) -> np.ndarray:
    return np.minimum(np.exp(random.random(size) * math.log(vocabulary + 1)).astype(np.int64), vocabulary)


def _teacher(ids: np.ndarray) -> Any:
    """The hidden weight of each id: a hash of field and id, made roughly normal."""
    field = np.arange(ids.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (ids.astype(np.uint64) + field) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    parts = [(mixed >> np.uint64(shift) & np.uint64(0xFFFF)).astype(np.float64) / 65535 for shift in (0, 16, 32, 48)]
    return (sum(parts) - 2) * 0.9


def _log_loss(chance: np.ndarray, label: np.ndarray) -> Any:
    bounded = np.clip(chance, 1e-9, 1 - 1e-9)
    return -np.where(label, np.log(bounded), np.log(1 - bounded))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything and write the page; return 0."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.rows, options.rounds = 20_000, 1
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=place) as folder:
        text = _run(options, Path(folder))
    options.output.write_text(text, encoding="utf-8")
    print(text)
    return 0


def _run(options: argparse.Namespace, folder: Path) -> str:
    _say("making data")
    train, held, labels, least = make_data(folder, options.rows, seed=1)
    if not options.quick:
        touch_memory()
    environment = workload.environment(folder / "home")
    rounds: dict[str, list[Round]] = {case.name: [] for case in CASES}
    for number in range(options.rounds):
        for case in CASES:
            _say(f"{case.name}, round {number + 1} of {options.rounds}")
            rounds[case.name].append(_round(case, options, folder, train, held, labels, environment))
    return _page(options, rounds, folder, train, least)


def _round(
    case: Case,
    options: argparse.Namespace,
    folder: Path,
    train: Path,
    held: Path,
    labels: np.ndarray,
    environment: dict[str, str],
) -> Round:
    log = folder / "log"
    our_model, their_model, predictions = folder / "model", folder / "model.vw", folder / "predictions"
    ours = measure(_our_command(case, options, train, our_model), folder, environment, log)
    measure([options.tiffin, "predict", our_model, "--data", held, "--out", predictions], folder, environment, log)
    our_loss = _loss_of(predictions, labels, lambda lines: np.array(lines[1:], dtype=float))
    theirs = measure(_their_command(case, options, train, their_model), folder, environment, log)
    ask = [*options.vw, "-t", "-i", their_model, "-d", held, "-p", predictions, "--link", "logistic", "--quiet"]
    measure(ask, folder, environment, log)
    their_loss = _loss_of(predictions, labels, lambda lines: np.array(lines, dtype=float))
    our_progressive = float(re.search(r"loss ([\d.]+)", ours.output)[1])  # type: ignore[index]
    their_progressive = float(re.search(r"average loss = ([\d.]+)", theirs.output)[1])  # type: ignore[index]
    start = measure([*options.vw, "--version"], folder, environment, log)
    return Round(ours, theirs, start.wall_s, our_progressive, their_progressive, our_loss, their_loss)


def _our_command(case: Case, options: argparse.Namespace, train: Path, model: Path) -> list[str | Path]:
    return [options.tiffin, "train", "lr", "--data", train, "--set", f"bits={BITS}", *case.ours, "--out", model]


def _their_command(case: Case, options: argparse.Namespace, train: Path, model: Path) -> list[str | Path]:
    return [*options.vw, "-d", train, "-b", str(BITS), "--loss_function", "logistic", *case.theirs, "-f", model]


def _loss_of(path: Path, labels: np.ndarray, parse: Callable[[list[str]], np.ndarray]) -> float:
    chance = parse(path.read_text(encoding="ascii").splitlines())
    return float(np.mean(_log_loss(chance, labels)))


def _page(options: argparse.Namespace, rounds: dict[str, list[Round]], folder: Path, train: Path, least: float) -> str:
    rows = [
        "# Training: tiffin beside Vowpal Wabbit",
        "",
        "Written by `make bench-training`; do not edit. Whole processes, wall time, both programs in turn in every",
        "round, from the same text file in memory to a model file. A figure is the median, in brackets the range.",
        "",
        "| job | tiffin | VW | VW ÷ tiffin | aim | | less start | CPU: tiffin | CPU: VW | peak: tiffin | peak: VW |",
        "|---|--:|--:|--:|---|---|--:|--:|--:|--:|--:|",
    ]
    for case in CASES:
        found = rounds[case.name]
        ratio = spread([one.theirs.wall_s / one.ours.wall_s for one in found])
        cells = [
            case.name,
            f"{spread([one.ours.wall_s for one in found]).median:.2f} s",
            f"{spread([one.theirs.wall_s for one in found]).median:.2f} s",
            f"{ratio.median:.1f} ({ratio.least:.1f} to {ratio.most:.1f})",
            f"≥ {case.aim:g}×",
            "met" if ratio.median >= case.aim else "**not met**",
            f"{spread([(one.theirs.wall_s - one.their_start_s) / one.ours.wall_s for one in found]).median:.1f}",
            *(f"{spread([s.user_s + s.system_s for s in side]).median:.2f} s" for side in _sides(found)),
            *(f"{max(s.peak for s in side) / 2**20:.0f} MiB" for side in _sides(found)),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    rows += [
        "",
        "## How good",
        "",
        f"Log loss. The labels come from a hidden model; nobody can do better than {least:.4f} on the later examples.",
        "",
        "| job | progressive: tiffin | VW | later examples: tiffin | VW |",
        "|---|--:|--:|--:|--:|",
    ]
    for case in CASES:
        found = rounds[case.name]
        medians = [spread([getattr(one, name) for one in found]).median for name in Round._fields[3:]]
        rows.append(f"| {case.name} | " + " | ".join(f"{value:.4f}" for value in medians) + " |")
    rows += ["", "## What ran", "", "| job | | command |", "|---|---|---|"]
    for case in CASES:
        for name, command in (
            ("tiffin", _our_command(case, options, train, folder / "model")),
            ("VW", _their_command(case, options, train, folder / "model.vw")),
        ):
            words = " ".join(Path(str(word)).name if "/" in str(word) else str(word) for word in command)
            rows.append(f"| {case.name} | {name} | `{words}` |")
    facts = [
        *describe_machine([("memory" if folder.is_relative_to(MEMORY) else "disk", folder)]),
        ("examples", f"{options.rows:,} of {FIELDS} features, {train.stat().st_size / 1e6:.0f} MB of text"),
        ("later examples", f"{HELD_OUT if options.rows >= ROWS else options.rows // 8 + 1:,}"),
        ("VW", measure([*options.vw, "--version"], folder, dict(os.environ), folder / "log").output.split()[0]),
        ("rounds", f"{options.rounds}"),
        ("predicted", ", ".join(f"{case.name} {case.predicted:g}×" for case in CASES)),
    ]
    rows += ["", "## Where", "", "| | |", "|---|---|", *(f"| {name} | {what} |" for name, what in facts), ""]
    return "\n".join(rows)


def _sides(found: list[Round]) -> tuple[list[Sample], list[Sample]]:
    return [one.ours for one in found], [one.theirs for one in found]


def _parser() -> argparse.ArgumentParser:
    programs = Path(sys.executable).parent
    parser = argparse.ArgumentParser(description="Measure training beside Vowpal Wabbit.")
    parser.add_argument("--quick", action="store_true", help="one round of little data: does it run?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks" / "training.md")
    parser.add_argument("--tiffin", type=Path, default=programs / "tiffin", help="the program to measure")
    parser.add_argument(
        "--vw", type=str.split, default=[sys.executable, "-m", "vowpalwabbit"], help="the command to compare with"
    )
    return parser


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

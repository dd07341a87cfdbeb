"""Networks with their layers on a GPU, beside the same on the processors: `make bench-gpu` where there is one.

The same examples, seeds and settings, through the command line; the tables are on the GPU, too, if they fit into half
of what is free there, and else in the memory of the machine.  Prints a table.  With other devices than `cuda` it runs
anywhere, which is how it is tested.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import _criteo as criteo
from benchmarks import _workload as workload
from benchmarks._measure import Sample, measure, spread
from benchmarks.learners import Place, Tiffin
from benchmarks.training import quality_of

MODELS = ("deepfm", "dcn")
LAYERS = ("64,32", "400,400,400", "1024,1024,512")


def report(folder: Path, rows: int, rounds: int, devices: Sequence[str], layers: Sequence[str]) -> Iterator[str]:
    """Lines of the table, which has ratios to the first device."""
    data = criteo.make(folder / "data", rows, max(rows // 4, 1000), ("criteo",), seed=2)
    environment = workload.environment(folder / "home")
    yield "| model | layers | device | wall | rows/s | log loss | AUC | times as fast |"
    yield "|---|---|---|--:|--:|--:|--:|--:|"
    for model in MODELS:
        for sizes in layers:
            programs = [
                Tiffin(model, "criteo", "k=16", f"layers={sizes}", "batch=4096", "bits=22", f"device={device}")
                for device in devices
            ]
            places = [Place(folder / f"{at}-model", folder / f"{at}-predictions") for at in range(len(devices))]
            runs: list[list[Sample]] = [[] for _ in devices]
            for number in range(rounds):
                order = [*zip(runs, programs, places, strict=True)]
                for found, program, place in order if number % 2 else order[::-1]:
                    command = program.train(data.train["criteo"], place)
                    found.append(measure(command, folder, environment, folder / "log"))
            walls = [spread([one.wall_s for one in found]).median for found in runs]
            for device, wall, program, place in zip(devices, walls, programs, places, strict=True):
                measure(program.predict(data.held["criteo"], place), folder, environment, folder / "log")
                quality = quality_of(program.chances(place), data.labels)
                yield (
                    f"| {model} | {sizes} | {device} | {wall:.2f} s | {rows / wall:,.0f} | {quality.loss:.4f} "
                    f"| {quality.auc:.4f} | {walls[0] / wall:.2f} |"
                )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; return 0, or 2 where there is no GPU to run on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--devices", nargs="+", default=["cpu", "cuda"])
    parser.add_argument("--layers", nargs="+", default=LAYERS)
    options = parser.parse_args(arguments)
    if "cuda" in options.devices and not _has_gpu():
        print("benchmarks.gpu: PyTorch finds no GPU on this machine", file=sys.stderr)
        return 2
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tiffin-bench-", dir=place) as folder:
        for line in report(Path(folder), options.rows, options.rounds, options.devices, options.layers):
            print(line, flush=True)
    return 0


def _has_gpu() -> bool:
    import torch  # noqa: PLC0415 - takes seconds

    return torch.cuda.is_available()


if __name__ == "__main__":
    sys.exit(main())

"""Networks beside plain PyTorch: rows a second of one pass, each in a process of its own."""

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

__all__ = ["LAYERS", "deep_rates", "write_rows"]

FIELDS, K, BATCH = 39, 16, 4096
BITS = 22  # of our table, and rows of theirs
LAYERS = ("64,32", "400,400,400")


def write_rows(path: Path, rows: int, *, seed: int = 0) -> None:
    """A file in Criteo's form: 13 small integers, and 26 categories of up to a million values with a long tail."""
    random = np.random.default_rng(seed)
    integers = random.geometric(0.05, (rows, 13)).astype("U4")
    sizes = np.geomspace(10, 1_000_000, 26)
    categories = (sizes ** random.random((rows, 26))).astype(np.int64) * 64 + np.arange(26)
    labels = (random.random(rows) < 0.1 + 0.3 * (categories[:, 20] % 3 == 0)).astype(int)
    with path.open("w") as file:
        for label, small, large in zip(labels, integers, categories, strict=True):
            file.write(f"{label}\t" + "\t".join(small) + "\t" + "\t".join(f"{x:08x}" for x in large) + "\n")


def deep_rates(folder: Path, rows: int) -> list[tuple[str, str, float, float]]:
    """(layers, who, rows/s, loss) of DeepFM: ours from text, theirs from tensors that are in memory already.

    Both have vectors of 16 numbers, AdaGrad on tables, Adam on layers, and batches of 4096.
    """
    path = folder / "rows.criteo"
    write_rows(path, rows)
    found = []
    for layers in LAYERS:
        for who in ("ours", "plain"):
            words = [sys.executable, "-m", "benchmarks._deep", who, str(path), layers]
            answer = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
            found.append((layers, who, float(answer[0]), float(answer[1])))
    return found


def _ours(path: str, layers: str) -> tuple[float, float]:
    from tiffin.models import make_model  # noqa: PLC0415 - not in the rival's process
    from tiffin.train import train  # noqa: PLC0415 - as above

    model = make_model("deepfm", {"k": K, "layers": layers, "batch": BATCH, "bits": BITS, "optimizer": "adagrad"})
    done = train(model, [path]).passes[0]
    return done.rows_per_s, done.learned.loss


def _plain(path: str, layers: str) -> tuple[float, float]:
    import torch  # noqa: PLC0415 - an extra
    from torch import nn  # noqa: PLC0415 - as above

    from tiffin.stream import batches  # noqa: PLC0415 - the same examples

    with batches([path], rows=BATCH) as found:
        read = [
            (torch.from_numpy((batch.keys * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - BITS)).astype(np.int64)),
             torch.from_numpy(batch.labels))
            for batch in found
        ]  # fmt: skip
    torch.manual_seed(0)
    vectors = nn.Embedding(1 << BITS, K, sparse=True)
    weights = nn.EmbeddingBag(1 << BITS, 1, mode="sum", sparse=True)
    nn.init.uniform_(vectors.weight, -0.025, 0.025)
    nn.init.zeros_(weights.weight)
    widths = [FIELDS * K, *map(int, layers.split(","))]
    hidden = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.ReLU())]
    mlp = nn.Sequential(*hidden, nn.Linear(widths[-1], 1))
    sparse = torch.optim.Adagrad([*vectors.parameters(), *weights.parameters()], lr=0.05)
    dense = torch.optim.Adam(mlp.parameters(), lr=0.001)
    losses, rows = 0.0, 0
    begun = time.perf_counter()
    for flat, labels in read:
        places = flat.view(-1, FIELDS)
        v = vectors(places)
        sums = v.sum(1)
        pairs = 0.5 * (sums * sums - (v * v).sum(1)).sum(1)
        scores = weights(places)[:, 0] + pairs + mlp(v.flatten(1))[:, 0]
        loss = nn.functional.binary_cross_entropy_with_logits(scores, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in (sparse, dense):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses += loss.item() * len(labels)
        rows += len(labels)
    return rows / (time.perf_counter() - begun), losses / rows


if __name__ == "__main__":
    print(*{"ours": _ours, "plain": _plain}[sys.argv[1]](*sys.argv[2:]))

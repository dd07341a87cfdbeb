"""What is compared in training, and with whom.  A rival more is a class in `benchmarks.learners` and a case here."""

from pathlib import Path
from typing import NamedTuple

from benchmarks._report import Aim
from benchmarks.learners import (
    Import,
    NativeFactors,
    Program,
    Script,
    Tiffin,
    VowpalWabbit,
    XLearn,
    numpy_factors,
    tiffin_script,
)
from benchmarks.learners._program import BESIDE, THIS_PYTHON

__all__ = [
    "BITS",
    "DATA",
    "FEWER",
    "FURTHER",
    "LONGER",
    "NUMBERS",
    "SHORTER",
    "WIDE",
    "Case",
    "cases",
    "further_passes",
]

# Data sets, by what is said of them on the page.
WIDE = "0.8 M × 20"
DATA = "1 M × 39"
FEWER = "0.2 M × 39"
NUMBERS = "0.4 M × 30 numbers"


BITS = 24
_ADAPTIVE = ("optimizer=adagrad", "alpha=0.3", f"bits={BITS}")
FURTHER = "LR, each further pass"
# Passes of the longer run, and of the shorter one that is taken away from it: both have written the cache by then.
LONGER, SHORTER = 22, 2


class Case(NamedTuple):
    """The same job for both.

    data: which.  before: programs whose runs are taken away from theirs, each a part of the same job; what is left is
    divided by `parts`.  learns: predictions of later rows are compared, too.  predicted: the gain, written down before
    the first run.  loop: a command that does nothing, to compare with.
    """

    name: str
    data: str
    ours: Program
    theirs: Program
    aims: tuple[Aim, ...]
    predicted: float
    before: tuple[Program, Program] | None = None
    parts: int = 1
    learns: bool = True
    loop: tuple[str | Path, ...] = ()


def further_passes(threads: int = 0) -> tuple[Tiffin, Tiffin]:
    """Tiffin's longer run, and its shorter one.  threads: 0: as many as there are processors."""
    longer, shorter = (
        Tiffin("lr", "vw", *_ADAPTIVE, options=("--passes", f"{passes}", "--threads", f"{threads}"))
        for passes in (LONGER, SHORTER)
    )
    return longer, shorter


def cases() -> tuple[Case, ...]:
    """All of them, the quick ones first."""
    ftrl = ("optimizer=ftrl", "alpha=0.3", f"bits={BITS}")
    vw_ftrl = ("--ftrl", "--ftrl_alpha", "0.3", "--ftrl_beta", "1", "-b", "24")
    ours = further_passes()
    cached = ("--cache_file", "cache", "-k", "--holdout_off", "-b", "24")
    fields = ("optimizer=adagrad", "alpha=0.5")
    factors = ("optimizer=adagrad", "alpha=0.1", "latent_alpha=0.05", "bits=20")
    return (
        Case("LR, adaptive", WIDE, Tiffin("lr", "vw", *_ADAPTIVE), VowpalWabbit("-b", "24"), (Aim("rival", 6),), 5),
        Case("LR, FTRL", WIDE, Tiffin("lr", "vw", *ftrl), VowpalWabbit(*vw_ftrl), (Aim("rival", 12),), 10),
        Case(
            FURTHER,
            DATA,
            ours[0],
            VowpalWabbit("--passes", f"{LONGER}", *cached),
            (Aim("rival", 4),),
            6,
            before=(ours[1], VowpalWabbit("--passes", f"{SHORTER}", *cached)),
            parts=LONGER - SHORTER,
            learns=False,
        ),
        Case("FM, k = 4", DATA, Tiffin("fm", "svm", "k=4", *factors), XLearn("fm", 4), (Aim("rival", 3),), 4),
        Case("FM, k = 8", DATA, Tiffin("fm", "svm", "k=8", *factors), XLearn("fm", 8), (Aim("rival", 3),), 4),
        Case(
            "FM, k = 8",
            FEWER,
            Tiffin("fm", "vw", "k=8", *factors),
            VowpalWabbit("--lrq", "xx8", "--lrqdropout", "-l", "0.1", "-b", "20"),
            (Aim("rival", 50),),
            80,
        ),
        Case(
            "FM in NumPy, k = 8",
            DATA,
            numpy_factors(),
            NativeFactors("fm", "svm", "k=8", *factors),
            (Aim("rival", 0.3),),
            0.5,
        ),
        Case(
            "FFM, k = 4",
            DATA,
            Tiffin("ffm", "ffm", "k=4", "fields=39", *fields),
            XLearn("ffm", 4),
            (Aim("rival", 2),),
            2,
        ),
        Case(
            "LR in Python",
            DATA,
            tiffin_script(),
            Script("scikit-learn", "criteo", "sklearn_sgd.py", "scikit-learn", THIS_PYTHON),
            (Aim("rival", 5),),
            15,
        ),
        Case(
            "LR in Python",
            DATA,
            tiffin_script(),
            Script("river", "criteo", "river_lr.py", "river"),
            (Aim("rival", 100),),
            180,
        ),
        Case("LR in Python", FEWER, tiffin_script(), Script("river", "criteo", "river_lr.py", "river"), (), 120),
        *_networks(),
        Case(
            "trees",
            NUMBERS,
            Tiffin("trees", "parquet", "rounds=100", options=("--label", "label")),
            Script("LightGBM", "parquet", "lightgbm_trees.py", "lightgbm", THIS_PYTHON),
            (Aim("rival", 0.95),),
            0.9,
        ),
        Case(
            "import",
            FEWER,
            Import("tiffin", "tiffin.train", "tiffin"),
            Import("scikit-learn", "sklearn.linear_model", "scikit-learn"),
            (Aim("loop", 1, offset_s=0.2),),
            10,
            learns=False,
            loop=(THIS_PYTHON, "-c", "pass"),
        ),
    )


def _networks() -> tuple[Case, ...]:
    """Both of the same size, whose tables have 5 million rows there and 4 million here."""
    found = []
    for model, name in (("deepfm", "DeepFM"), ("dcn", "DCNv2")):
        for layers, aims, predicted in (
            ("64,32", {"DeepCTR-Torch": 2.0, "FuxiCTR": 2.0, "PyTorch": None}, 5),
            ("400,400,400", {"PyTorch": 1.0}, 1.1),
        ):
            ours = Tiffin(model, "criteo", "k=16", f"layers={layers}", "batch=4096", "bits=22", "optimizer=adagrad")
            for rival, aim in aims.items():
                script, library, python = _NETWORKS[rival]
                theirs = Script(rival, "criteo", script, library, python, (model, layers))
                wanted = () if aim is None else (Aim("rival", aim),)
                found.append(Case(f"{name}, {layers}", FEWER, ours, theirs, wanted, predicted))
    return tuple(found)


_NETWORKS = {
    "DeepCTR-Torch": ("deepctr_networks.py", "deepctr-torch", BESIDE),
    "FuxiCTR": ("fuxictr_networks.py", "fuxictr", BESIDE),
    "PyTorch": ("torch_networks.py", "torch", THIS_PYTHON),
}

from pathlib import Path

import numpy as np

from benchmarks import training


def test_the_comparison_with_vw_runs_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "training.md"
    assert training.main(["--rows", "2000", "--rounds", "1", "--output", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for part in ("LR, adaptive", "LR, FTRL", "How good", "What ran", "2,000 of 20 features"):
        assert part in text


def test_nobody_predicts_better_than_the_teacher(tmp_path: Path) -> None:
    _, held, labels, least = training.make_data(tmp_path, 4_000, seed=3)
    assert len(labels) == len(held.read_text(encoding="ascii").splitlines()) == 501
    share = labels.mean()
    assert 0 < least < -np.log(share) * share - np.log(1 - share) * (1 - share)

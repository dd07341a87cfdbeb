from pathlib import Path

import pytest

from benchmarks import gpu, large
from benchmarks._checkpoint_cost import _costs


def test_a_part_is_written_beside_those_that_were_measured_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Old\n\n## {large.PARTS['minute']}\n\nThree seconds.\n\n## Machine\n\n- old\n", encoding="utf-8")
    arguments = ["--only", "ids", "--ids", "2000", "--examples", "2000", "--output", str(page)]
    assert large.main(arguments) == 0
    text = page.read_text(encoding="utf-8")
    assert "| exact, 25% of the memory |" in text
    assert "Three seconds." in text
    assert text.index(large.PARTS["ids"]) < text.index(large.PARTS["minute"]) < text.index("## Machine")
    assert "- old" not in text


def test_what_checkpoints_cost_is_seen_within_one_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    arguments = ["--only", "checkpoints", "--filling", "20000", "--checkpoints", "2", "--every", "1"]
    assert large.main([*arguments, "--output", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "2 of them" in text
    assert "One a minute costs" in text


def test_a_pause_is_lost_and_what_goes_on_beside_the_training_is_not() -> None:
    # A hundred rows a second, but for a third of a second in which a checkpoint of one second began.
    moments = [(t / 20, 5.0 * t if t <= 200 else 5.0 * max(t - 20 / 3, 200)) for t in range(400) if not 200 < t < 220]
    (found,) = _costs(moments, [(10.0, 11.0, 7)], 4.0)
    assert found == pytest.approx((7, 1.0, 1 / 3), abs=1e-6)


def test_devices_are_compared_on_the_same_examples(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--rows", "2000", "--rounds", "1", "--devices", "cpu", "cpu", "--layers", "8"]
    assert gpu.main(arguments) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[2] for row in rows] == ["cpu"] * 4
    assert rows[0][5:7] == rows[1][5:7], "the same losses"

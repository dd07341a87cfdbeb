from pathlib import Path

import pytest

from benchmarks import gpu, large


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


def test_devices_are_compared_on_the_same_examples(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--rows", "2000", "--rounds", "1", "--devices", "cpu", "cpu", "--layers", "8"]
    assert gpu.main(arguments) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[2] for row in rows] == ["cpu"] * 4
    assert rows[0][5:7] == rows[1][5:7], "the same losses"

from itertools import pairwise

from benchmarks import data
from benchmarks._growth import Point, section
from benchmarks._plot import Series, log_log


def test_a_tenth_of_the_way_is_the_same_everywhere_on_a_logarithmic_axis():
    picture = log_log([Series("line", [(1, 0.1), (10, 1), (100, 10)], "red")], across="files", up="seconds")
    path = next(line for line in picture.splitlines() if line.endswith('stroke="red" stroke-width="2" fill="none"/>'))
    places = [tuple(map(float, place.lstrip("ML").split())) for place in path.split('"')[1].split(" L")]
    steps = [(right[0] - left[0], right[1] - left[1]) for left, right in pairwise(places)]
    assert steps[0] == steps[1]


def test_a_label_cannot_end_the_picture():
    assert "<b>" not in log_log([Series("<b>", [(1, 1)], "red")], across="files", up="seconds")


def test_a_point_is_shown_beside_the_loop_of_the_same_size():
    points = [Point("tiffin", "status", 10, 2.0, calls=30), Point("loop", "stat", 10, 0.5)]
    rows = section(points, "growth.svg", "disk")
    assert any(
        row.startswith("| status | 10 | tiffin | 2.000 s | 5 ") and row.endswith("| 3.0 | 4.0 |") for row in rows
    )


def test_the_comparison_of_data_commands_runs_and_writes_its_page(tmp_path):
    page = tmp_path / "data.md"
    slow = ["push of all", "push, nothing to push", "status, one file changed", "diff between revisions", "pull of all"]
    arguments = ["--rounds", "1", "--files", "60", "--targets", "3", "--big-bytes", "3000000", "--not-on", "tmpfs"]
    arguments += ["--sizes", "10,100", "--dvc-sizes", "0", "--output", str(page)]
    assert data.main([*arguments, *(word for case in slow for word in ("--skip", case))]) == 0
    text = page.read_text(encoding="utf-8")
    for case in (
        "add of all",
        "status, clean",
        "checkout of all",
        "add of tracked targets",
        "Predicted",
        "Growth",
        "its `sync -f` took",
    ):
        assert case in text
    assert (tmp_path / "data-growth.svg").read_text(encoding="utf-8").endswith("</svg>\n")

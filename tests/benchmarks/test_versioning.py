from benchmarks import versioning
from benchmarks._measure import Sample, spread, together
from benchmarks._report import Aim, Result


def _sample(wall_s):
    return Sample(wall_s, wall_s / 2, wall_s / 4, 1 << 20, "")


def _result(ours, theirs, loop=()):
    runs = [[_sample(wall_s) for wall_s in walls] for walls in (ours, theirs, loop)]
    return Result("add", "disk", "tiffin add", ours=runs[0], theirs=runs[1], loop=runs[2], aims=())


def test_a_ratio_is_taken_round_by_round():
    # The ratio of the medians would be 10; the disk that was slow in one round was slow for both.
    gain = _result([1, 10, 2], [10, 40, 30]).gain()
    assert gain == (10, 4, 15)


def test_an_aim_against_dvc_is_a_least_gain():
    result = _result([1, 1, 1], [9, 10, 11])
    assert result.met(Aim("rival", 10))
    assert not result.met(Aim("rival", 10.5))


def test_an_aim_against_the_loop_is_a_most_with_an_offset():
    result = _result([0.1], [9], [0.025])
    assert not result.met(Aim("loop", 2))
    assert result.met(Aim("loop", 2, offset_s=0.06))


def test_spread_of_an_even_number_of_rounds_is_between_the_middle_two():
    assert spread([4, 1, 3, 2]) == (2.5, 1, 4)


def test_runs_one_after_the_other_add_up():
    assert together([_sample(1), _sample(3)])[:4] == (4, 2, 1, 1 << 20)


def test_the_whole_comparison_runs_and_writes_its_page(tmp_path):
    page = tmp_path / "versioning.md"
    assert versioning.main(["--rounds", "1", "--files", "100", "--stages", "2", "--output", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for case in ("add data", "push", "pull", "checkout", "status", "repro", "--version", "MD5 on one core"):
        assert case in text

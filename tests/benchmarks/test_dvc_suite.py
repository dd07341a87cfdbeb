from pathlib import Path

from benchmarks.dvc_suite import _failures, _page

REPORT = """<testsuites><testsuite>
<testcase name="test_push[None]"/>
<testcase name="test_get[None]"><failure message="CalledProcessError: 255&#10;more">trace</failure>
<system-err>hint: none&#10;ERROR: there is | no cache&#10;</system-err></testcase>
<testcase name="test_ls[None]"><error message="failed on setup&#10;more">trace</error></testcase>
</testsuite></testsuites>"""


def test_a_failure_is_told_in_the_words_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT, encoding="utf-8")
    assert _failures(tmp_path / "report.xml") == {
        "test_get": "ERROR: there is \\| no cache",
        "test_ls": "failed on setup",
    }


def test_a_command_that_one_program_lacks_is_on_the_page_without_a_ratio() -> None:
    page = _page({"push": [0.1]}, {"push": [1.0], "get": [2.0]}, {"tiffin": {"test_get": "no such command"}}, [])
    assert "| push | 0.100 | 1.000 | 10.0 |" in page
    assert "| get |  | 2.000 |  |" in page
    assert "| test_get | tiffin | no such command |" in page

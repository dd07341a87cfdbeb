from benchmarks import pipelines


def test_the_comparison_of_pipelines_runs_and_writes_its_page(tmp_path):
    page = tmp_path / "pipelines.md"
    slow = ["repro of independent stages", "repro, nothing to do, first time", "params diff", "dag"]
    skipped = [word for case in slow for word in ("--skip", case)]
    assert pipelines.main(["--quick", "--stages", "3", *skipped, "--output", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for case in ("repro of chained stages", "repro, nothing to do", "status", "Side by side", "Growth"):
        assert case in text
    assert (tmp_path / "pipelines-growth.svg").read_text(encoding="utf-8").endswith("</svg>\n")

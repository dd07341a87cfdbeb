from benchmarks import pipelines


def test_the_comparison_of_pipelines_runs_and_writes_its_page(tmp_path):
    page = tmp_path / "pipelines.md"
    assert pipelines.main(["--quick", "--stages", "3", "--output", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for case in ("repro of chained stages", "repro, nothing to do", "params diff", "dag", "Side by side", "Growth"):
        assert case in text
    assert (tmp_path / "pipelines-growth.svg").read_text(encoding="utf-8").endswith("</svg>\n")

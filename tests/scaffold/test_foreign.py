"""Templates of cookiecutter and copier: what comes out, and what may not happen without consent."""

import json
import sys
import zipfile
from pathlib import Path

import pytest

from tests.scaffold.conftest import Desk

EVIL = "{{ cycler.__init__.__globals__.os.system('touch " + "%s') }}"


@pytest.fixture
def cookiecutter(desk: Desk) -> Desk:
    """A template of cookiecutter in `theirs`."""
    desk.write(
        "theirs/cookiecutter.json", '{"project_name": "Nobody", "slug": "{{ cookiecutter.project_name|lower }}"}'
    )
    desk.write("theirs/{{cookiecutter.slug}}/README.md", "# {{ cookiecutter.project_name }}\n")
    desk.write("theirs/{{cookiecutter.slug}}/src/{{cookiecutter.slug}}.py", "x = 1\n")
    return desk


@pytest.fixture
def copier(desk: Desk) -> Desk:
    """A template of copier in `theirs`."""
    desk.write("theirs/copier.yml", "project_name: {type: str, default: Nobody}\ndepth: {type: int, default: 3}\n")
    desk.write("theirs/README.md.jinja", "# {{ project_name }}, {{ depth }} deep\n")
    desk.write("theirs/{{ project_name }}.py", "x = 1\n")
    return desk


def _committed(desk: Desk) -> None:
    desk.git("init", "-q", "-b", "main", cd="theirs")
    desk.git("add", ".", cd="theirs")
    desk.git("commit", "-qm", "template", cd="theirs")


def test_a_cookiecutter_template_becomes_a_project(cookiecutter: Desk) -> None:
    cookiecutter.tiffin("new", "Box", "--template", "theirs", "--defaults")
    assert cookiecutter.files("Box") == [
        ".dvc/.gitignore",
        ".dvc/config",
        ".dvcignore",
        "README.md",
        "src/box.py",
    ]
    assert (cookiecutter.root / "Box/README.md").read_text("utf-8") == "# Box\n"
    assert cookiecutter.git("log", "--format=%s", cd="Box") == "Start Box\n"
    assert cookiecutter.names() == ["Box", "theirs"]


def test_a_copier_template_becomes_a_project(copier: Desk) -> None:
    copier.tiffin("new", "box", "--template", "theirs", "--defaults", "--set", "depth=5")
    assert (copier.root / "box/README.md").read_text("utf-8") == "# box, 5 deep\n"
    assert "box.py" in copier.files("box")
    assert copier.names() == ["box", "theirs"]


def test_questions_are_answered_on_the_command_line(cookiecutter: Desk) -> None:
    cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", "-s", "project_name=Big Box", "-s", "slug=big")
    assert "src/big.py" in cookiecutter.files("box")
    assert (cookiecutter.root / "box/README.md").read_text("utf-8") == "# Big Box\n"


def test_a_template_in_a_git_repository_at_any_revision(cookiecutter: Desk) -> None:
    _committed(cookiecutter)
    cookiecutter.git("tag", "v1", cd="theirs")
    cookiecutter.git("branch", "old", cd="theirs")
    cookiecutter.write("theirs/{{cookiecutter.slug}}/later.py")
    _committed(cookiecutter)
    url = f"file://{cookiecutter.root}/theirs"
    cookiecutter.tiffin("new", "new", "-t", url, "--defaults")
    assert "later.py" in cookiecutter.files("new")
    for rev in ("v1", "old"):
        cookiecutter.tiffin("new", rev, "-t", url, "--rev", rev, "--defaults")
        assert "later.py" not in cookiecutter.files(rev)
    cookiecutter.tiffin("new", "path", "-t", "theirs", "--rev", "v1", "--defaults")
    assert "later.py" not in cookiecutter.files("path")
    assert "unknown Git revision 'nope'" in cookiecutter.tiffin("new", "x", "-t", url, "--rev", "nope", code=255).err


def test_a_copier_template_by_url_can_be_updated_later(copier: Desk) -> None:
    copier.write("theirs/{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers|to_nice_yaml }}")
    _committed(copier)
    copier.git("tag", "v1.0.0", cd="theirs")
    url = f"file://{copier.root}/theirs"
    copier.tiffin("new", "box", "-t", url, "--defaults")
    answers = (copier.root / "box/.copier-answers.yml").read_text("utf-8")
    assert "_commit: v1.0.0\n" in answers
    assert f"_src_path: git+{url}\n" in answers


def test_a_template_in_a_folder_and_one_in_an_archive(cookiecutter: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(cookiecutter.root / "theirs.zip", "w") as archive:
        archive.mkdir("top")
        for name in cookiecutter.files("theirs"):
            archive.write(cookiecutter.root / "theirs" / name, f"top/{name}")
    (cookiecutter.root / "many").mkdir()
    (cookiecutter.root / "theirs").rename(cookiecutter.root / "many/one")
    assert "holds no template" in cookiecutter.tiffin("new", "box", "-t", "many", code=255).err
    cookiecutter.tiffin("new", "box", "-t", "many", "--folder", "one", "--defaults")
    monkeypatch.setattr("tempfile.tempdir", str(cookiecutter.root / "many"))
    cookiecutter.tiffin("new", "boxed", "-t", "theirs.zip", "--defaults")
    assert cookiecutter.names("many") == ["one"]
    assert "src/boxed.py" in cookiecutter.files("boxed")
    assert "no folder '..' in" in cookiecutter.tiffin("new", "x", "-t", "many", "--folder", "..", code=255).err


def test_nothing_of_a_run_is_kept_in_the_home_directory(cookiecutter: Desk) -> None:
    cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults")
    home = Path.home()
    assert not (home / ".cookiecutters").exists()
    assert not (home / ".cookiecutter_replay").exists()


# Programs of the template


@pytest.mark.parametrize("hook", ["pre_prompt.py", "pre_gen_project.sh", "post_gen_project.py"])
def test_hooks_run_with_trust_only(cookiecutter: Desk, hook: str) -> None:
    ran = cookiecutter.root / "ran"
    code = f"#!/bin/sh\ntouch '{ran}'\n" if hook.endswith(".sh") else f"open({str(ran)!r}, 'w').close()\n"
    cookiecutter.write(f"theirs/hooks/{hook}", code).chmod(0o755)
    answer = cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert f"the template wants to run programs of its own: hooks/{hook}" in answer.err
    assert "--trust" in answer.err
    assert not (cookiecutter.root / "box").exists()
    cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", "--skip-hooks")
    assert not ran.exists()
    cookiecutter.tiffin("new", "trusted", "-t", "theirs", "--defaults", "--trust")
    assert ran.exists()


def test_tasks_run_with_trust_only(copier: Desk) -> None:
    copier.write("theirs/copier.yml", "_tasks: ['touch ran']\nproject_name: a\ndepth: 1\n")
    answer = copier.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "the template wants to run programs of its own: tasks" in answer.err
    copier.tiffin("new", "box", "-t", "theirs", "--defaults", "--skip-hooks")
    assert "ran" not in copier.files("box")
    copier.tiffin("new", "trusted", "-t", "theirs", "--defaults", "--trust")
    assert "ran" in copier.files("trusted")


@pytest.mark.parametrize("consent", [[], ["--skip-hooks"]])
def test_extensions_of_jinja_are_programs_too(cookiecutter: Desk, consent: list[str]) -> None:
    cookiecutter.write("theirs/cookiecutter.json", '{"slug": "x", "project_name": "y", "_extensions": ["evil.Ext"]}')
    cookiecutter.write("theirs/evil.py", f"open({str(cookiecutter.root / 'ran')!r}, 'w').close()\n")
    cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", *consent, code=0 if consent else 255)
    assert not (cookiecutter.root / "ran").exists()
    assert "evil" not in sys.modules


@pytest.mark.parametrize("place", ["content", "name", "answer"])
def test_expressions_of_a_template_reach_nothing(cookiecutter: Desk, place: str) -> None:
    evil = EVIL % "ran"
    values = {"project_name": "box", "slug": evil if place == "answer" else "box"}
    cookiecutter.write("theirs/cookiecutter.json", json.dumps(values))
    name = EVIL.replace("/", "") % "ran" if place == "name" else "file"
    cookiecutter.write(f"theirs/{{{{cookiecutter.slug}}}}/{name}", evil if place == "content" else "")
    answer = cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "cookiecutter cannot use the template:" in answer.err
    assert "unsafe" in answer.err
    assert not list(cookiecutter.root.rglob("ran"))
    assert not Path("ran").exists()


@pytest.mark.parametrize("value", ["../../out", "a/../../../out", "/{home}/out"])
def test_a_name_that_leads_out_is_refused(cookiecutter: Desk, value: str) -> None:
    value = value.replace("/{home}", str(cookiecutter.root))
    cookiecutter.write("theirs/{{cookiecutter.slug}}/{{cookiecutter.way}}", "out")
    cookiecutter.write("theirs/cookiecutter.json", json.dumps({"project_name": "a", "slug": "b", "way": value}))
    answer = cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "the template would write outside of the project" in answer.err
    assert cookiecutter.names() == ["theirs"]


def test_links_out_of_template_or_project_are_refused(cookiecutter: Desk) -> None:
    secret = cookiecutter.write("secret", "precious")
    (cookiecutter.root / "theirs/{{cookiecutter.slug}}/link").symlink_to(secret)
    answer = cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "the template holds a link that leads out of it, 'link'" in answer.err


def test_links_out_of_a_copier_project_are_refused(copier: Desk) -> None:
    copier.write("theirs/copier.yml", "_preserve_symlinks: true\nproject_name: a\ndepth: 1\n")
    (copier.root / "theirs/link").symlink_to("/etc/hostname")
    answer = copier.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "the template makes a link that leads out of the project, 'link'" in answer.err
    assert not (copier.root / "box").exists()


def test_a_git_directory_made_by_a_template_is_refused(cookiecutter: Desk) -> None:
    cookiecutter.write("theirs/{{cookiecutter.slug}}/{{'.git'}}/hooks/post-commit", "#!/bin/sh\n")
    answer = cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255)
    assert "the template brings a Git directory of its own, '.git'" in answer.err


# What is wrong


def test_a_template_that_is_not_there(desk: Desk) -> None:
    answer = desk.tiffin("new", "box", "-t", "flight", code=255)
    assert "no template 'flight' (there are: data-science, flights, ctr)" in answer.err
    assert "did you mean 'flights'?" in answer.err
    answer = desk.tiffin("new", "box", "-t", "x/y", code=255)
    assert "a template can be one of these, a path, or a URL" in answer.err
    desk.write("notes.txt")
    assert "is no template: it is a file" in desk.tiffin("new", "box", "-t", "notes.txt", code=255).err
    assert desk.names() == ["notes.txt"]


def test_an_address_where_nothing_is(desk: Desk) -> None:
    answer = desk.tiffin("new", "box", "-t", f"file://{desk.root}/nothing", code=255)
    assert f"cannot clone 'file://{desk.root}/nothing'" in answer.err
    assert desk.names() == []


def test_short_addresses_are_those_of_cookiecutter_and_copier(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiffin.scaffold import Wish, _foreign

    asked = [_foreign._located(Wish("/x", template, "/")) for template in ("gh:a/b", "gl:a/b.git", "git@x.org:a/b.git")]
    assert asked == ["https://github.com/a/b.git", "https://gitlab.com/a/b.git", "git@x.org:a/b.git"]


def test_a_broken_template_is_named_by_its_library(cookiecutter: Desk) -> None:
    cookiecutter.write("theirs/{{cookiecutter.slug}}/file", "{{ cookiecutter.nothing }}")
    assert (
        "cookiecutter cannot use the template: "
        in cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255).err
    )
    cookiecutter.write("theirs/cookiecutter.json", "{")
    assert (
        "cookiecutter cannot use the template: "
        in cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255).err
    )
    cookiecutter.write("theirs/copier.yml", "project_name: {type: nothing}\n")
    assert (
        "copier cannot use the template: "
        in cookiecutter.tiffin("new", "box", "-t", "theirs", "--defaults", code=255).err
    )
    assert cookiecutter.names() == ["theirs"]


@pytest.mark.parametrize(("library", "file"), [("copier", "copier.yml"), ("cookiecutter", "cookiecutter.json")])
def test_without_the_extra_it_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch, library: str, file: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    desk.write(f"theirs/{file}", "{}")
    answer = desk.tiffin("new", "box", "-t", "theirs", code=255)
    assert f"templates of {library} need the package {library}" in answer.err
    assert "pip install 'tiffin[templates]'" in answer.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--set", "x"], "--set: found 'x'"), (["--trust", "--skip-hooks"], "--trust and --skip-hooks were both given")],
)
def test_a_command_line_that_makes_no_sense(desk: Desk, arguments: list[str], told: str) -> None:
    assert told in desk.tiffin("new", "box", *arguments, code=254).err

"""`add .`: what is too large for Git is shown, and tracked once that is agreed to."""

import subprocess

import pytest
from inline_snapshot import snapshot

KB = 1024


@pytest.fixture
def project(sandbox):
    """Code, large and small data, and things that are someone else's."""
    sandbox.write("train.py", "p")
    sandbox.write("big.py", "p" * 3 * KB)  # code is Git's, however long
    sandbox.write("model.bin", "m" * 2 * KB)
    sandbox.write("small.csv", "s")
    for number in range(5):
        sandbox.write(f"images/train/{number}.png", "i" * 500)
    sandbox.write("images/labels.csv", "l")
    sandbox.write("src/lib.py", "p")
    sandbox.write("src/weights.bin", "w" * 3 * KB)
    sandbox.write("src/tests/sample.bin", "t" * 500)
    sandbox.write("old/notes", "n")
    sandbox.git("add", "old/notes")
    sandbox.write("old/raw/a", "a" * 2 * KB)
    sandbox.write("scratch/x", "x" * 9 * KB)
    sandbox.write("logs/y", "y" * 9 * KB)
    sandbox.write(".gitignore", "/scratch/\n")
    sandbox.write(".dvcignore", "logs\n*.tmp\n")
    sandbox.write("images/half.tmp", "h" * 9 * KB)
    sandbox.write("own/.dvc/config")
    sandbox.write("own/data", "o" * 9 * KB)
    subprocess.run(["git", "init", "--quiet", sandbox.root / "module"], check=True)
    sandbox.write("module/data", "o" * 9 * KB)
    (sandbox.root / "link").symlink_to("model.bin")
    (sandbox.root / "broken").symlink_to("nowhere")
    return sandbox


def test_the_plan_is_shown_and_nothing_happens_without_a_yes(project):
    answer = project.tiffin("add", "--larger", "1k", ".", code=1)
    assert answer.out == snapshot(
        """\
To be tracked:
   2.44k  images/  6 files
   2.00k  model.bin
   2.00k  old/raw/  1 file
   3.00k  src/weights.bin
Left to Git: 5 files, 3.49k in all
"""
    )
    assert answer.err == snapshot("""\
ERROR: nothing was tracked
hint: agree to it, or use -y; or name the files and directories
""")
    assert not [file for file in project.root.rglob("*.dvc") if file.is_file()]


def test_what_was_shown_is_what_is_tracked(project):
    project.tiffin("add", "-y", "--larger", "1KiB", ".")
    tracked = {file.relative_to(project.root).as_posix() for file in project.root.rglob("*.dvc") if file.is_file()}
    assert tracked == {"images.dvc", "model.bin.dvc", "old/raw.dvc", "src/weights.bin.dvc"}
    assert "nfiles: 6" in project.read("images.dvc")
    assert project.tiffin("add", "--larger", "1k", ".").out.endswith(
        "Nothing here is larger than 1.00k and new to Git and tiffin.\n"
    )


def test_below_a_directory(project):
    project.tiffin("add", "-y", "--larger", "1k", "src/.")
    assert project.exists("src/weights.bin.dvc")
    assert not project.exists("images.dvc")
    project.tiffin("add", "-y", "--larger", "1k", ".", cd="old")
    assert project.exists("old/raw.dvc")


def test_the_limit_is_a_megabyte_unless_git_config_says_otherwise(project):
    assert "larger than 1.00M" in project.tiffin("add", ".").out
    project.git("config", "tiffin.larger", "2.5k")
    project.tiffin("add", "-y", ".")
    assert project.exists("src/weights.bin.dvc")
    assert not project.exists("model.bin.dvc")
    assert "'much' is no size" in project.tiffin("add", "--larger", "much", ".", code=1).err


def test_beside_other_targets(project):
    project.tiffin("add", "-y", "--larger", "2.9k", "small.csv", ".")
    assert project.exists("small.csv.dvc")
    assert project.exists("src/weights.bin.dvc")


def test_without_git(tmp_path, sandbox):
    sandbox.write("../plain/data/a", "a" * 3 * KB)
    sandbox.write("../plain/run.py", "")
    sandbox.tiffin("init", "-q", "--no-scm", cd="../plain")
    sandbox.tiffin("add", "-y", "--larger", "1k", ".", cd="../plain")
    assert (tmp_path / "plain/data.dvc").exists()

"""Executable bits inside directories: recorded, restored and compared where somebody asked for it."""

import subprocess
import sys

import pytest
from inline_snapshot import snapshot

from tiffin.errors import FormatError
from tiffin.formats import executable


def _is_executable(sandbox, path):
    return bool((sandbox.root / path).stat().st_mode & 0o100)


@pytest.fixture
def opted_in(sandbox):
    sandbox.tiffin("config", "feature.executable", "true")
    sandbox.write("data/bin/run.sh", "#!/bin/sh\n").chmod(0o755)
    sandbox.write("data/plain", "text")
    sandbox.tiffin("add", "data")
    return sandbox


def test_bits_are_recorded_and_restored(opted_in):
    assert opted_in.read("data.dvc") == snapshot("""\
outs:
- md5: b9f1ba38912f408639a31c2899eebcd7.dir
  size: 14
  nfiles: 2
  hash: md5
  path: data
  meta:
    tiffin:
      executable:
      - bin/run.sh
""")
    for kind in ("copy", "hardlink", "symlink"):
        opted_in.tiffin("config", "cache.type", kind)
        subprocess.run(["rm", "-r", str(opted_in.root / "data")], check=True)
        opted_in.tiffin("checkout")
        assert _is_executable(opted_in, "data/bin/run.sh")
        assert not _is_executable(opted_in, "data/plain")
        assert opted_in.tiffin("status", "--json").out == "{}\n"
        assert opted_in.tiffin("checkout").out == ""
    assert all(not path.stat().st_mode & 0o111 for path in (opted_in.root / ".dvc/cache").rglob("*") if path.is_file())


def test_a_changed_bit_is_a_change(opted_in):
    (opted_in.root / "data/bin/run.sh").chmod(0o644)
    (opted_in.root / "data/plain").chmod(0o755)
    assert opted_in.tiffin("status").out == snapshot("""\
data.dvc:
	changed outs:
		modified:           data
""")
    assert opted_in.tiffin("checkout").out == "M       data/\n"
    assert opted_in.tiffin("status", "--json").out == "{}\n"
    (opted_in.root / "data/plain").chmod(0o755)
    opted_in.tiffin("commit", "-f")
    assert opted_in.tiffin("status", "--json").out == "{}\n"
    (opted_in.root / "data/plain").chmod(0o644)
    opted_in.tiffin("checkout")
    assert _is_executable(opted_in, "data/plain")


def test_a_part_that_is_added_or_checked_out(opted_in):
    opted_in.write("data/bin/new.sh", "#!/bin/sh\n").chmod(0o755)
    opted_in.write("data/bin/other.sh", "#!/bin/sh\n# other").chmod(0o755)
    opted_in.tiffin("add", "data/bin/new.sh")
    assert "bin/new.sh" in opted_in.read("data.dvc")
    assert "other.sh" not in opted_in.read("data.dvc")
    (opted_in.root / "data/bin/other.sh").unlink()
    for name in ("new.sh", "run.sh"):
        (opted_in.root / "data/bin" / name).chmod(0o644)
    opted_in.tiffin("checkout", "data/bin/new.sh")
    assert _is_executable(opted_in, "data/bin/new.sh")
    assert not _is_executable(opted_in, "data/bin/run.sh")


def test_who_did_not_ask_for_it_sees_nothing_of_it(sandbox):
    sandbox.write("data/run.sh").chmod(0o755)
    sandbox.tiffin("add", "data")
    assert "meta" not in sandbox.read("data.dvc")
    (sandbox.root / "data/run.sh").chmod(0o644)
    assert sandbox.tiffin("status", "--json").out == "{}\n"
    (sandbox.root / "data/run.sh").chmod(0o755)
    sandbox.tiffin("checkout", "--force")
    assert _is_executable(sandbox, "data/run.sh")
    # With the setting what is not recorded yet shows, and is left alone until it is recorded.
    sandbox.tiffin("config", "--local", "feature.executable", "true")
    assert "modified" in sandbox.tiffin("status").out
    sandbox.tiffin("checkout")
    assert _is_executable(sandbox, "data/run.sh")
    sandbox.tiffin("commit", "-f")
    # What is recorded is kept by everybody.
    (sandbox.root / ".dvc/config.local").unlink()
    (sandbox.root / "data/run.sh").chmod(0o644)
    sandbox.tiffin("checkout")
    assert _is_executable(sandbox, "data/run.sh")
    (sandbox.root / "data/run.sh").chmod(0o644)
    sandbox.tiffin("commit", "-f")
    assert "executable: []" in sandbox.read("data.dvc")


def test_dvc_leaves_the_list_as_it_is(opted_in):
    def dvc(*arguments):
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=opted_in.root, check=True, capture_output=True)

    opted_in.write("data/plain", "changed")
    opted_in.write("data/more", "more")
    dvc("add", "data")
    assert "bin/run.sh" in opted_in.read("data.dvc")
    (opted_in.root / "data/bin/run.sh").chmod(0o644)
    opted_in.tiffin("checkout")
    assert _is_executable(opted_in, "data/bin/run.sh")
    dvc("status")
    dvc("data", "status")


PIPELINE = """\
stages:
  build:
    cmd: mkdir -p out && cp source out/tool && chmod 755 out/tool && echo x > out/notes
    deps:
    - source
    outs:
    - out
"""


def test_outputs_of_stages(sandbox):
    sandbox.tiffin("config", "feature.executable", "true")
    sandbox.write("source", "#!/bin/sh\n")
    sandbox.write("sub/source", "#!/bin/sh\n")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.write("sub/dvc.yaml", PIPELINE)
    sandbox.tiffin("repro", "-P")
    assert sandbox.read("tiffin.executable") == snapshot("""\
# tiffin executable 1
out/
out/tool
""")
    assert sandbox.read("sub/tiffin.executable") == sandbox.read("tiffin.executable")
    assert "tiffin" not in sandbox.read("dvc.lock")
    assert sandbox.tiffin("status", "--json").out == "{}\n"
    lock = sandbox.read("dvc.lock")
    (sandbox.root / "out/tool").chmod(0o644)
    assert "modified" in sandbox.tiffin("status").out
    sandbox.tiffin("checkout")
    assert _is_executable(sandbox, "out/tool")
    subprocess.run(["rm", "-r", str(sandbox.root / "out")], check=True)
    sandbox.tiffin("repro")
    assert _is_executable(sandbox, "out/tool")
    assert sandbox.tiffin("status", "--json").out == "{}\n"
    (sandbox.root / "out/notes").chmod(0o755)
    sandbox.tiffin("commit", "-f")
    assert "out/notes\n" in sandbox.read("tiffin.executable")
    assert sandbox.read("dvc.lock") == lock


def test_experiments_have_the_list(sandbox):
    sandbox.tiffin("config", "feature.executable", "true")
    sandbox.write("source", "#!/bin/sh\n")
    sandbox.write("dvc.yaml", PIPELINE)
    sandbox.commit()
    sandbox.tiffin("exp", "run", "--name", "mine")
    ref = sandbox.git("for-each-ref", "--format=%(refname)", "refs/exps").split()[-1]
    assert "tiffin.executable" in sandbox.git("ls-tree", "--name-only", ref).split()


def test_what_the_file_says_is_read_again():
    lists = {"out": ("b", "a b", 'c"d', "line\nend", "ü"), "sub/out": (), '"quoted"': ("#",)}
    text = executable.dump(lists, "tiffin.executable")
    assert executable.parse(text, "tiffin.executable") == {key: tuple(sorted(names)) for key, names in lists.items()}
    below = executable.dump({"sub/out": ("x",), "other": ()}, "sub/tiffin.executable")
    assert below == "# tiffin executable 1\n../other/\nout/\nout/x\n"
    assert executable.parse(below, "sub/tiffin.executable") == {"other": (), "sub/out": ("x",)}


@pytest.mark.parametrize(
    "text", ["", "# tiffin executable 2\n", "# tiffin executable 1\nout/x\n", '# tiffin executable 1\n"x\n']
)
def test_broken_files_are_refused(text):
    with pytest.raises(FormatError):
        executable.parse(text, "tiffin.executable")


def test_a_file_that_only_lost_bits_for_others_is_unchanged(sandbox):
    sandbox.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    sandbox.tiffin("add", "run.sh")
    for mode in (0o744, 0o644, 0o755):
        (sandbox.root / "run.sh").chmod(mode)
        assert sandbox.tiffin("status", "--json").out == "{}\n"


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_adding_by_links_loses_no_bits(opted_in, kind):
    opted_in.tiffin("config", "cache.type", kind)
    opted_in.tiffin("config", "--unset", "feature.executable")  # the list that is there says enough
    opted_in.write("data/bin/other.sh", "#!/bin/sh -e\n").chmod(0o755)
    opted_in.write("single.sh", "#!/bin/sh -u\n").chmod(0o755)
    opted_in.tiffin("add", "data", "single.sh")
    assert "isexec: true" in opted_in.read("single.sh.dvc")
    assert all(f"- bin/{name}.sh" in opted_in.read("data.dvc") for name in ("run", "other"))
    for _ in range(2):
        assert all(_is_executable(opted_in, name) for name in ("single.sh", "data/bin/run.sh", "data/bin/other.sh"))
        assert opted_in.tiffin("status", "--json").out == "{}\n"
        opted_in.tiffin("checkout", "--relink")

"""Metadata files from a stranger: refused in little time and memory; nothing in them is executed."""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.conftest import Sandbox

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 9)}]\n" for depth in range(1, 12)
)
STAGE = "stages:\n  s:\n    cmd: echo\n"
DEEP = 20_000


def answers(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command with little time and little memory."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    return subprocess.run(
        [sys.executable, "-m", "tiffin", *arguments],
        cwd=sandbox.root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


@pytest.mark.parametrize("name", ["dvc.yaml", "data.dvc", "dvc.lock", ".dvcignore"])
def test_a_text_of_terabytes_is_not_read(sandbox: Sandbox, name: str) -> None:
    sandbox.write("dvc.yaml", STAGE)
    with (sandbox.root / name).open("wb") as file:
        file.truncate(1 << 40)
    answer = answers(sandbox, "status")
    assert answer.returncode != 0
    assert "File too large" in answer.stderr
    assert name in answer.stderr


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"dvc.yaml": "vars:\n- params.yaml\n" + STAGE + "    desc: ${a11}\n", "params.yaml": BOMB}, "aliases stand for"),
        ({"dvc.yaml": f"{STAGE}    desc: ${{a11}}\n", "params.yaml": f"{BOMB}? *a11\n: 1\n"}, "aliases stand for"),
        ({"dvc.yaml": BOMB + STAGE}, "aliases stand for"),
        ({"data.dvc": f"{BOMB}outs:\n- path: x\n"}, "aliases stand for"),
        ({"dvc.yaml": STAGE, "dvc.lock": f"{BOMB}schema: '2.0'\nstages: *a11\n"}, "aliases stand for"),
        ({"dvc.yaml": "vars:\n- x: &a [*a]\n" + STAGE}, "an alias stands for something that holds it"),
        ({"dvc.yaml": "stages: &s\n  <<: *s\n"}, "an alias stands for something that holds it"),
        ({"dvc.yaml": f"{STAGE}    meta: {'[' * DEEP}{']' * DEEP}\n"}, "nested too deeply"),
        ({"dvc.yaml": "\n".join(" " * depth + "a:" for depth in range(2000))}, "nested too deeply"),
        ({"data.dvc": f"outs: {'{a: ' * DEEP}{'}' * DEEP}"}, "nested too deeply"),
        ({"dvc.yaml": f"{STAGE}    params:\n    - p.json:\n      - a\n", "p.json": "[" * DEEP}, "p.json: n"),
        ({"dvc.yaml": f"{STAGE}    params:\n    - p.toml:\n      - a\n", "p.toml": "a = " + "[" * DEEP}, "p.toml: n"),
        ({"dvc.yaml": f"{STAGE}    params:\n    - p.py:\n      - a\n", "p.py": f"a = {'-' * DEEP}1"}, "p.py: nested"),
        ({"dvc.yaml": f"{STAGE}    params: [a]\n", "params.yaml": "a: " + "9" * 10_000}, "a value cannot be read"),
        ({"dvc.yaml": f"{STAGE}    params:\n    - p.json:\n      - a\n", "p.json": f'{{"a": {"9" * 10_000}}}'}, "p.json"),
        ({"dvc.yaml": f"{STAGE}  s:\n    cmd: echo\n"}, "duplicate key"),
        ({"dvc.yaml": "vars:\n- x: [" + ", ".join(map(str, range(2000))) + "]\nstages:\n  s:\n    matrix:\n"
          "      a: ${x}\n      b: ${x}\n    cmd: echo\n"}, "makes 4000000 stages"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else value[:14],
)  # fmt: skip
def test_what_would_take_all_memory_is_refused(sandbox: Sandbox, files: dict[str, str], reason: str) -> None:
    for path, text in files.items():
        sandbox.write(path, text)
    done = answers(sandbox, "status")
    assert done.returncode == 1, done.stderr
    assert reason in done.stderr
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["dvc.yaml", "data.dvc", "dvc.lock", "params.yaml", ".dvc/config", ".dvcignore"])
def test_bytes_that_are_no_text_are_no_traceback(sandbox: Sandbox, name: str) -> None:
    sandbox.write("dvc.yaml", f"{STAGE}    params: [a]\n")
    (sandbox.root / name).write_bytes(b"a: \xff\xfe\0\x80\n")
    done = answers(sandbox, "status")
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/x-of-a-stranger",
        "a/../../x",
        "..",
        ".",
        "''",
        ".git",
        ".git/config",
        ".GIT/config",
        ".dvc/config",
        "a/.git/x",
    ],
)
@pytest.mark.parametrize("kind", ["dvc", "yaml"])
def test_an_output_elsewhere_is_refused(sandbox: Sandbox, path: str, kind: str) -> None:
    body = b"x"
    oid = "9dd4e461268c8034f5c8564e155c67a6"
    (sandbox.root / ".dvc/cache/files/md5" / oid[:2]).mkdir(parents=True)
    (sandbox.root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).write_bytes(body)
    if kind == "dvc":
        sandbox.write("data.dvc", f"outs:\n- md5: {oid}\n  hash: md5\n  path: {path}\n")
    else:
        sandbox.write("dvc.yaml", f"{STAGE}    outs:\n    - {path}\n")
        sandbox.write(
            "dvc.lock",
            f"schema: '2.0'\nstages:\n  s:\n    cmd: echo\n    outs:\n    - path: {path}\n      hash: md5\n"
            f"      md5: {oid}\n      size: 1\n",
        )
    config = sandbox.read(".git/config")
    assert sandbox.tiffin("checkout", "--force", code=255).err.startswith("ERROR: ")
    assert sandbox.read(".git/config") == config
    assert not Path("/x-of-a-stranger").exists()
    assert not (sandbox.root.parent / "x").exists()


@pytest.mark.parametrize("oid", ["../../../../etc/passwd", "x" * 32, "0" * 31, "0" * 4000, "ab/cd"])
def test_an_id_that_is_none_is_refused(sandbox: Sandbox, oid: str) -> None:
    sandbox.write("data.dvc", f"outs:\n- md5: '{oid}'\n  hash: md5\n  path: data\n")
    assert "no MD5" in sandbox.tiffin("checkout", code=255).err
    assert not sandbox.exists("data")


# ---- nothing is executed


def test_tags_and_parameter_files_are_not_executed(sandbox: Sandbox) -> None:
    sandbox.write("params.yaml", "a: !!python/object/apply:os.system ['touch executed']\n")
    sandbox.write("p.py", "import os\nos.system('touch executed')\na = 1\n")
    sandbox.write("dvc.yaml", f"{STAGE}    params:\n    - a\n    - p.py:\n      - a\n")
    assert "constructor for the tag" in answers(sandbox, "repro").stderr
    sandbox.write("params.yaml", "a: 1\n")
    assert answers(sandbox, "repro").returncode == 0
    assert not sandbox.exists("executed")


PICKLE = b"cos\nsystem\n(S'touch executed'\ntR."


@pytest.mark.parametrize("name", ["plain", "-rf", "$(touch executed)", "a;touch$IFS'executed'", "é", "x" * 200, "a@b"])
def test_an_experiment_with_a_pickle_and_an_odd_name_is_only_data(sandbox: Sandbox, name: str) -> None:
    sandbox.write("dvc.yaml", STAGE)
    baseline = sandbox.commit("pipeline")
    sandbox.write("metrics.json", json.dumps({"a": 1}))
    for path in (".dvc/tmp/repro.dat", ".dvc/tmp/exps/run/x", "args.pickle"):
        (sandbox.root / path).parent.mkdir(parents=True, exist_ok=True)
        (sandbox.root / path).write_bytes(PICKLE)
        sandbox.git("add", "--force", path)
    sandbox.commit("experiment")
    odd = sandbox.git("rev-parse", "HEAD").strip()
    sandbox.git("reset", "--quiet", "--hard", baseline)
    reference = f"refs/exps/{baseline[:2]}/{baseline[2:]}/{name}"
    done = subprocess.run(["git", "update-ref", reference, odd], cwd=sandbox.root, check=False)
    if done.returncode:
        pytest.skip("Git takes no such name")
    for command in (("exp", "show", "--json"), ("status",)):
        shown = answers(sandbox, *command)
        assert shown.returncode == 0, shown.stderr
    applied = answers(sandbox, "exp", "apply", "--", name)
    assert "Traceback" not in applied.stderr
    assert "unexpected" not in applied.stderr
    removed = answers(sandbox, "exp", "remove", "--", name)
    assert "unexpected" not in removed.stderr
    assert not sandbox.exists("executed")


def test_a_lock_that_is_a_link_leaves_what_it_leads_to(sandbox: Sandbox) -> None:
    sandbox.write("file")
    kept = sandbox.write("../kept", "mine")
    lock = sandbox.root / ".dvc/tmp/lock"
    lock.unlink(missing_ok=True)
    lock.parent.mkdir(exist_ok=True)
    lock.symlink_to(kept)
    assert "'.dvc/tmp/lock' is a symlink" in sandbox.tiffin("add", "file", code=253).err
    assert kept.read_text() == "mine"


@pytest.mark.parametrize("place", [".dvc/tmp", ".dvc/tmp/tiffin"])
@pytest.mark.parametrize("command", ["status", "checkout", "repro"])
def test_a_link_in_the_place_of_our_own_directories_is_not_followed(
    sandbox: Sandbox, tmp_path: Path, place: str, command: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "lock").write_text("precious")
    shutil.rmtree(sandbox.root / ".dvc/tmp", ignore_errors=True)
    (sandbox.root / place).parent.mkdir(exist_ok=True)
    (sandbox.root / place).symlink_to(outside)
    sandbox.git("add", "--force", place)
    answer = sandbox.tiffin(command, code=253)
    assert f"'{place}' is a symlink that Git tracks" in answer.err
    assert [file.name for file in outside.iterdir()] == ["lock"]
    assert (outside / "lock").read_text() == "precious"
    # A user's own link, which is not in Git, is fine.
    sandbox.git("rm", "--cached", "--quiet", place)
    (outside / "lock").unlink()
    sandbox.tiffin("status")


@pytest.mark.parametrize(
    "place", ["tiffin/outputs", "tiffin/answers/status", "tiffin/index", "tiffin/index/files", "lock", "rwlock"]
)
@pytest.mark.parametrize("target", ["outside", "/dev/zero"])
def test_a_link_in_the_place_of_a_file_of_our_own_is_refused(
    sandbox: Sandbox, tmp_path: Path, place: str, target: str
) -> None:
    (tmp_path / "outside").write_text("precious")
    link = sandbox.root / ".dvc/tmp" / place
    if link.is_dir():
        shutil.rmtree(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(tmp_path / target)
    for command in ("status", "checkout"):
        words = [sys.executable, "-m", "tiffin", command]
        done = subprocess.run(words, cwd=sandbox.root, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 253
        assert f"'.dvc/tmp/{place}' is a symlink: nothing is written through it" in done.stderr
    assert (tmp_path / "outside").read_text() == "precious"


def test_a_metadata_file_that_is_a_link_out_of_the_repository_is_not_written_through(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.write("data", "data")
    (sandbox.root / "data.dvc").symlink_to(tmp_path / "outside")
    assert "'data.dvc' is a link that leads out of the repository" in sandbox.tiffin("add", "data", code=1).err
    sandbox.write("dvc.yaml", "stages:\n  make:\n    cmd: echo 1 > out\n    outs: [out]\n")
    (sandbox.root / "dvc.lock").symlink_to(tmp_path / "outside")
    assert "'dvc.lock' is a link that leads out of the repository" in sandbox.tiffin("repro", code=255).err
    assert not (tmp_path / "outside").exists()
    for name in ("dvc.lock", "data.dvc"):
        (sandbox.root / name).unlink()
    (sandbox.root / "data.dvc").symlink_to("elsewhere.dvc")
    sandbox.tiffin("add", "data")
    assert "path: data" in sandbox.read("elsewhere.dvc")


def test_a_pipeline_or_parameters_behind_a_link_out_of_the_repository_are_not_edited(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pipeline = "stages:\n  make:\n    cmd: echo 1 > out\n    params: [x]\n    outs: [out]\n  other:\n    cmd: echo 2\n"
    (tmp_path / "pipeline").write_text(pipeline)
    (tmp_path / "params").write_text("x: 1\n")
    (sandbox.root / "dvc.yaml").symlink_to(tmp_path / "pipeline")
    (sandbox.root / "params.yaml").symlink_to(tmp_path / "params")
    sandbox.commit()
    leaves = "is a link that leads out of the repository"
    for code, words in (
        (255, ("stage", "add", "-n", "new", "echo")),
        (1, ("freeze", "make")),
        (1, ("remove", "make")),
        (255, ("exp", "run", "-S", "x=2")),
    ):
        assert leaves in sandbox.tiffin(*words, code=code).err
    assert (tmp_path / "pipeline").read_text() == pipeline
    assert (tmp_path / "params").read_text() == "x: 1\n"

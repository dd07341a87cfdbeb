"""`completion`: the shells themselves complete command lines."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tiffin.cli import main

SHELLS = ("bash", "zsh", "fish")
needs = {shell: pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed") for shell in SHELLS}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The script of each shell."""
    folder = tmp_path_factory.mktemp("scripts")
    command = "import sys; from tiffin.cli import main; sys.exit(main(sys.argv[1:]))"
    for shell in SHELLS:
        done = subprocess.run(
            [sys.executable, "-c", command, "completion", "-s", shell], capture_output=True, text=True, check=True
        )
        (folder / shell).write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with a stage, a tracked file with a blank in its name, and a remote."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    for arguments in (["init", "-q", "--no-scm"], ["remote", "add", "-q", "store", "../store"]):
        assert main(arguments) == 0
    (tmp_path / "my data").write_text("1", encoding="utf-8")
    assert main(["add", "-q", "my data"]) == 0
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  train: {cmd: echo, outs: [model]}\n  $(touch hacked): {cmd: echo}\n", encoding="utf-8"
    )
    return tmp_path


def _in_bash(scripts, *words):
    line = " ".join(f"'{word}'" for word in words)
    text = f"source {scripts / 'bash'}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _tiffin"
    program = ["bash", "--norc", "-c", text + '; printf "%s\\n" "${COMPREPLY[@]}"']
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def _in_fish(scripts, *words):
    text = f"source {scripts / 'fish'}; complete -C '{' '.join(words)}'"
    done = subprocess.run(["fish", "--no-config", "-c", text], capture_output=True, text=True, check=True)
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


@pytest.fixture
def zsh(scripts, project):
    """Give a line to a real zsh, press Tab, and get the line as it is then."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-f"], {**os.environ, "PS1": "", "TERM": "dumb"})
    setup = (
        "autoload -U compinit; compinit -u -D; zstyle ':completion:*' menu no; setopt no_beep; "
        f'source {scripts / "zsh"}; show() {{ print -r -- "<$BUFFER>" >&2; BUFFER=; zle accept-line }}; zle -N show; '
        "bindkey '^X' show; print re''ady\n"
    )
    os.write(terminal, setup.encode())
    _until(terminal, b"ready")

    def completed(line):
        os.write(terminal, line.encode() + b"\t\x18")
        return re.findall(rb"<(.*?)>", _until(terminal, b">"))[-1].decode()

    yield completed
    os.write(terminal, b"\x03exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)


def _until(terminal, mark):
    told, deadline = b"", time.monotonic() + 60
    while mark not in told and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            told += os.read(terminal, 4096)
    assert mark in told, told
    return told


@needs["bash"]
def test_bash(scripts, project):
    assert _in_bash(scripts, "tiffin", "pu") == ["push", "pull"]
    assert _in_bash(scripts, "tiffin", "remote", "re") == ["remove", "rename"]
    assert _in_bash(scripts, "tiffin", "-q", "--cd", "x", "stage", "") == ["add", "list"]
    assert "--no-commit" in _in_bash(scripts, "tiffin", "add", "--no")
    assert _in_bash(scripts, "tiffin", "push", "-r", "s") == ["store"]
    assert _in_bash(scripts, "tiffin", "push", "--remote", "=", "s") == ["store"]
    assert _in_bash(scripts, "tiffin", "repro", "tr") == ["train"]
    assert _in_bash(scripts, "tiffin", "checkout", "mo") == ["model"]
    assert sorted(_in_bash(scripts, "tiffin", "add", "my")) == ["my data", "my data.dvc"]
    assert _in_bash(scripts, "tiffin", "completion", "--shell", "") == list(SHELLS)
    assert "$(touch hacked)" in _in_bash(scripts, "tiffin", "repro", "$")
    assert not (project / "hacked").exists()


@needs["fish"]
def test_fish(scripts, project):
    assert sorted(_in_fish(scripts, "tiffin", "pu")) == ["pull", "push"]
    assert sorted(_in_fish(scripts, "tiffin", "remote", "re")) == ["remove", "rename"]
    assert "--no-commit" in _in_fish(scripts, "tiffin", "add", "--no")
    assert _in_fish(scripts, "tiffin", "push", "-r", "s") == ["store"]
    assert _in_fish(scripts, "tiffin", "repro", "tr") == ["train"]
    assert "my data" in _in_fish(scripts, "tiffin", "add", "my")
    assert not (project / "hacked").exists()


@needs["zsh"]
def test_zsh(zsh, project):
    assert zsh("tiffin checko") == "tiffin checkout "
    assert zsh("tiffin unp") == "tiffin unprotect "
    assert zsh("tiffin remote def") == "tiffin remote default "
    assert zsh("tiffin push -r s") == "tiffin push -r store "
    assert zsh("tiffin repro tr") == "tiffin repro train "
    assert not (project / "hacked").exists()


@pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs[shell]) for shell in SHELLS])
def test_the_script_has_no_error_in_it(scripts, shell):
    subprocess.run([shell, "-n", scripts / shell], check=True)


def test_words_of_the_repository(project, capfd):
    def asked(*arguments):
        capfd.readouterr()
        assert main(["complete", *arguments]) == 0
        return capfd.readouterr().out.splitlines()

    assert asked("target", "--", "m") == ["model", "my data", "my data.dvc"]
    assert asked("remote") == ["store"]
    assert "cache.type" in asked("setting", "cache.")
    assert asked("nothing") == []
    (project / "dvc.yaml").write_text("broken: [", encoding="utf-8")
    assert asked("target") == []

"""A command of plain words runs without a shell, and as it would with one."""

import os
import subprocess
from pathlib import Path

import pytest

from tiffin.pipeline._children import Children
from tiffin.pipeline._command import command_of
from tiffin.pipeline._stage import Stage

SHELLS = ("/bin/sh", "/bin/bash")
# Those that a shell would only pass on, and those that it does something with.
PLAIN = (
    "cat a.txt b.txt",
    "cat  a.txt   b.txt",
    "./hello",
    "./sub/hello --level=3 x,y 50% a:b",
    "./no-interpreter 1",
    "./not-executable",
    "no-such-program --at-all",
    "./missing",
    "./ends 3",
    "ls -1",
    "env -0 --unset=X true",
    "printenv PWD DVC_ROOT DVC_STAGE",
)
FOR_A_SHELL = (
    "echo -n x",
    "printf %s x",
    "test -f a.txt",
    "false",
    "exit 4",
    ". ./hello",
    "A=1 printenv A",
    "cat 'a.txt'",
    "cat *.txt",
    "cat ~/x",
    "cat $HOME",
    "cat {a,b}.txt",
    "cat a.txt | wc -l",
    "cat a.txt > c.txt",
    "cat a.txt && cat b.txt",
    "cat a.txt # said",
    "cat a.txt\ncat b.txt",
    " cat a.txt",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name, text in {
        "a.txt": "one\n",
        "b.txt": "two\n",
        "hello": '#!/bin/sh\necho hello "$@"\n',
        "sub/hello": '#!/bin/sh\nfor word; do echo "<$word>"; done\n',
        "no-interpreter": 'echo as a script "$1"\n',
        "not-executable": "#!/bin/sh\necho no\n",
        "ends": '#!/bin/sh\nexit "$1"\n',
        "kills-itself": "#!/bin/sh\nkill -9 $$\n",
    }.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o644 if name == "not-executable" else 0o755)
    return tmp_path


def stage_in(wdir: str) -> Stage:
    return Stage("dvc.yaml", "s", wdir, "x", (), (), (), frozen=False, always_changed=False, lock=None)


def ran(text: str, folder: Path, shell: str) -> tuple[int | None, str]:
    """Exit code and output of a command as a stage runs it."""
    children = Children()
    command = command_of(stage_in(""), text, str(folder), {**os.environ, "SHELL": shell})
    with (folder.parent / "log").open("w+b") as log:
        child = children.start(command, log=log.fileno(), terminal=None, own_group=False)
        while not children.wait():
            pass
        log.seek(0)
        return child.code, log.read().decode()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("text", [*PLAIN, *FOR_A_SHELL])
def test_it_is_as_the_shell_would_have_it(folder: Path, text: str, shell: str) -> None:
    environment = {**os.environ, "DVC_ROOT": str(folder), "DVC_STAGE": "s", "SHELL": shell}
    words = [shell, *(["--noprofile", "--norc"] if "bash" in shell else []), "-c", text]
    done = subprocess.run(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert ran(text, folder, shell) == (done.returncode, done.stdout.decode())


def test_what_a_signal_ended_says_so(folder: Path) -> None:
    assert ran("./kills-itself", folder, "/bin/sh") == (-9, "")  # a shell that stays would answer 137


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_need_no_shell(folder: Path, text: str) -> None:
    command = command_of(stage_in(""), text, str(folder), {"SHELL": "/bin/bash", "PATH": os.environ["PATH"]})
    assert command.words == text.split()


@pytest.mark.parametrize("text", FOR_A_SHELL)
def test_what_a_shell_would_read_gets_one(folder: Path, text: str) -> None:
    assert command_of(stage_in(""), text, str(folder), {"SHELL": "/bin/bash"}).words is None


@pytest.mark.parametrize(
    "environment",
    [
        {"SHELL": "/bin/zsh"},
        {"SHELL": "/usr/bin/fish"},
        {"SHELL": "/bin/bash", "BASH_ENV": "rc"},
        {"SHELL": "/bin/bash", "BASH_FUNC_cat%%": "() { echo mine; }"},
        {"SHELLOPTS": "xtrace"},
    ],
)
def test_a_shell_that_would_do_more_is_asked(folder: Path, environment: dict[str, str]) -> None:
    assert command_of(stage_in(""), "cat a.txt", str(folder), environment).words is None


def test_the_directory_is_the_one_the_program_is_in(folder: Path) -> None:
    command = command_of(stage_in("sub"), "printenv PWD", str(folder), {"PWD": "/elsewhere", "SHELL": "/bin/sh"})
    assert (command.words, command.environment["PWD"]) == (["printenv", "PWD"], str(folder / "sub"))

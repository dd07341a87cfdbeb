"""A run on a terminal."""

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios


def on_terminal(sandbox, *arguments):
    """Run tiffin with a terminal of 100 columns for everything; its exit code, and what the terminal got."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "tiffin", *arguments],
        cwd=sandbox.root,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "100", "LINES": "30"},
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # nobody has it open any longer
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    return process.wait(), seen.decode().replace("\r\n", "\n")


def test_a_command_that_runs_alone_is_on_a_terminal(sandbox):
    ask = (
        "import os, sys; print('terminal', sys.stdout.isatty(), sys.stderr.isatty(), sys.stdin.isatty(), "
        "os.get_terminal_size(1).columns); print('and errors', file=sys.stderr)"
    )
    sandbox.write("ask.py", ask)
    sandbox.write("dvc.yaml", json.dumps({"stages": {"s": {"cmd": f"{sys.executable} ask.py"}}}))
    code, seen = on_terminal(sandbox, "repro")
    assert code == 0
    assert "terminal True True True 100\nand errors\n" in seen
    assert sandbox.tiffin("logs", "s").out.endswith("terminal True True True 100\nand errors\n")


def test_what_runs_is_shown_with_its_last_line_and_then_taken_away(sandbox):
    wait = "for i in $(seq 300); do test -e seen && break; sleep 0.02; done"
    stages = {
        "slow": {"cmd": f"printf 'loading\\nepoch 3\\033[1m\\n'; {wait}; sleep 1.2", "outs": []},
        "other": {"cmd": f"echo {'long ' * 40}; {wait}; sleep 1.2"},
        "quick": {"cmd": "touch seen", "outs": ["seen"]},
    }
    sandbox.write("dvc.yaml", json.dumps({"stages": stages}))
    code, seen = on_terminal(sandbox, "repro", "-j", "3")
    assert code == 0
    assert re.search(
        r"\n2 running, 1 done\n  slow  \d\.\d s  epoch 3\[1m\n  other  \d\.\d s  long long [long ]*\n\x1b\[3F\x1b\[J",
        seen,
    )
    assert all(len(line) < 100 for line in seen.splitlines() if line.startswith("  other"))
    # At the end there is nothing left but lines that stay.
    assert "running," not in seen.rpartition("\x1b[J")[2]
    assert "Stage 'slow' is done after" in seen

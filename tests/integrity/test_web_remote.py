"""A remote on a web server cannot be listed: what needs that says so, and nothing is removed."""

from pathlib import Path

import pytest

from tests.fs.server import serving
from tests.repo.conftest import Sandbox

WANTED = {
    (
        "gc",
        "--workspace",
        "--cloud",
    ): "`gc` works in directories only so far\nhint: nothing was removed; without --cloud",
    (
        "gc",
        "--workspace",
        "--not-in-remote",
    ): "`gc` works in directories only so far\nhint: nothing was removed; without",
    ("fsck", "--cloud"): "only directories can be checked\nhint: `tiffin fetch` checks all that it downloads\n",
}


@pytest.mark.parametrize("command", WANTED)
def test_what_would_have_to_list_a_web_server_is_refused(
    sandbox: Sandbox, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "web").mkdir()
    with serving(tmp_path / "web") as web:
        sandbox.tiffin("remote", "add", "--default", "web", web.url)
        for text in ("one", "two"):
            sandbox.write("file", text)
            sandbox.tiffin("add", "file")
            sandbox.tiffin("push")
        here, there = sandbox.objects(), sandbox.objects("../web/files/md5")
        force = ["--force", "--grace", "0s"] if command[0] == "gc" else []
        assert f"remote 'web' is at {web.url}: {WANTED[command]}" in sandbox.tiffin(*command, *force, code=251).err
        assert (sandbox.objects(), sandbox.objects("../web/files/md5")) == (here, there)
        assert len(there) == 2

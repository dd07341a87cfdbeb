"""`init`, `root`, `--version`, `config` and `remote`."""

import pytest

from tests.peer.twins import TwinRepos


@pytest.mark.parametrize("flags", [(), ("--no-scm",), ("-q",)])
def test_init(bare_twins: TwinRepos, flags: tuple[str, ...]) -> None:
    bare_twins.both("init", *flags)
    bare_twins.both("init", code=1)
    bare_twins.both("init", "-f", *flags)
    bare_twins.swap()


def test_init_outside_of_git(bare_twins: TwinRepos) -> None:
    bare_twins.remove(".git")
    bare_twins.both("init", code=1)
    bare_twins.both("status", code=253)
    bare_twins.both("init", "--no-scm")
    bare_twins.write("data", "1")
    bare_twins.both("add", "data")
    bare_twins.swap()


def test_init_of_a_subdirectory(bare_twins: TwinRepos) -> None:
    bare_twins.write("sub/keep", "")
    bare_twins.both("init", cwd="sub", code=1)
    bare_twins.both("init", "--subdir", cwd="sub")
    bare_twins.write("sub/data", "1")
    bare_twins.both("add", "data", cwd="sub")


def test_root(twins: TwinRepos) -> None:
    twins.write("a/b/c", "")
    for cwd in (".", "a/b"):
        twins.both("root", cwd=cwd, text=True)


def test_outside_of_a_repository(bare_twins: TwinRepos) -> None:
    for argv in (("root",), ("status",), ("add", "x"), ("repro",), ("push",), ("remote", "list")):
        bare_twins.both(*argv, code=None)


def test_command_lines_nobody_understands(twins: TwinRepos) -> None:
    for argv in ((), ("nope",), ("add",), ("add", "--nope"), ("remote",), ("remote", "add", "x"), ("status", "-z")):
        twins.both(*argv, code=254)


def test_config(twins: TwinRepos) -> None:
    twins.both("config", "core.autostage", "true")
    twins.both("config", "core.autostage", text=True)
    twins.both("config", "cache.type", "hardlink,symlink")
    twins.both("config", "cache.dir", "../cache dir")
    twins.both("config", "cache.dir", text=True)
    twins.both("config", "--local", "core.checksum_jobs", "3")
    twins.both("config", "--list", text=True)
    twins.both("config", "--list", "--show-origin", text=True)
    twins.both("config", "--list", "--local", text=True)
    twins.both("config", "core.nope", text=True)
    twins.both("config", "--project", "core.nope", code=251)
    twins.both("config", "core.nope", "1", code=251)
    twins.both("config", "core.autostage", "maybe", code=251)
    twins.both("config", "nonsense", code=254)
    twins.both("config", code=1)
    twins.both("config", "-u", "core.autostage")
    twins.both("config", "-u", "core.autostage", code=251)
    twins.both("config", "-u", "cache.type")
    twins.both("config", "Core.Remote", "X", code=None)


@pytest.mark.parametrize(
    "url", ["temp/", "{home}/remote", "s3://bucket/key/", "~/x/", "../a b", "a,b", "ssh://me@host:22/p"]
)
def test_remote_add(twins: TwinRepos, url: str) -> None:
    twins.write("sub/keep", "")
    twins.both("remote", "add", "-d", "Mine", url, state="{home}" not in url)
    twins.both("remote", "add", "mine", url, code=251, state=False)
    twins.both("remote", "add", "other", url, cwd="sub", state="{home}" not in url)
    twins.both("remote", "list", text=True, state=False)


def test_remotes_change(twins: TwinRepos) -> None:
    twins.both("remote", "add", "a", "../a")
    twins.both("remote", "add", "b", "s3://bucket")
    twins.both("remote", "modify", "b", "region", "us-east-1")
    twins.both("remote", "modify", "--local", "b", "secret_access_key", 'x"y#z,w')
    twins.both("remote", "modify", "b", "nope", "1", code=251)
    twins.both("remote", "modify", "c", "url", "x", code=251)
    twins.both("remote", "modify", "b", "-u", "region")
    twins.both("remote", "default", code=1, text=True)
    twins.both("remote", "default", "b")
    twins.both("remote", "default", text=True)
    twins.both("remote", "default", "c", code=251)
    # A secret left in the local file speaks of a remote that is gone: nothing loads then.
    twins.both("remote", "rename", "b", "Bee", code=251)
    twins.each(lambda repo: (repo / ".dvc" / "config.local").unlink())
    twins.both("remote", "list", text=True)
    twins.both("remote", "rename", "bee", "Bee", code=None)
    twins.both("remote", "rename", "a", "bee", code=251)
    twins.both("remote", "add", "chain", "remote://a/below")
    twins.both("remote", "list", text=True)
    twins.both("remote", "default", "-u")
    twins.both("remote", "default", "--local", "a")
    twins.both("remote", "remove", "a", code=None)
    twins.both("remote", "remove", "chain")
    twins.both("remote", "remove", "nope", code=251)
    twins.both("config", "--list", text=True)

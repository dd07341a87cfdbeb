"""`config` and `cache dir` on all levels, and how remotes build on each other."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.peer.twins import TwinRepos

LEVELS = ("--global", "--system", "--project", "--local")


@pytest.fixture
def both(twins: TwinRepos) -> Callable[..., Any]:
    """Runs a command in both repositories, each with its user's and its machine's settings beside the repository."""

    def run(*argv: str, **how: Any) -> Any:
        files = {name: f"../{name}" for name in ("user", "machine")}
        environ = {"DVC_GLOBAL_CONFIG_DIR": files["user"], "DVC_SYSTEM_CONFIG_DIR": files["machine"]}
        answer = twins.both(*argv, environ=environ, **how)
        for name in files:
            texts = [side.home / name / "config" for side in twins.sides]
            theirs, ours = (path.read_text() if path.exists() else None for path in texts)
            assert ours == theirs
        return answer

    return run


def test_levels(both: Callable[..., Any]) -> None:
    for level, jobs in zip(LEVELS, "1234", strict=True):
        both("config", level, "core.checksum_jobs", jobs)
        both("config", "core.checksum_jobs", text=True)
        both("config", level, "core.checksum_jobs", text=True)
        both("config", "-l", level, text=True)
    both("config", "-l", text=True)
    both("config", "--list", "--show-origin", text=True)
    both("config", "--show-origin", "core.checksum_jobs", text=True)
    for level in reversed(LEVELS):
        both("config", "-u", level, "core.checksum_jobs")
        both("config", "--show-origin", "core.checksum_jobs", text=True)
        both("config", level, "core.checksum_jobs", code=251)
        both("config", level, "--unset", "core.checksum_jobs", code=251)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("-l", "core.remote"), 1),
        (("-l", "-u"), 1),
        (("-u",), 1),
        (("--show-origin",), 1),
        (("--show-origin", "core.autostage", "true"), 1),
        (("--show-origin", "-u", "core.autostage"), 1),
        (("--global", "--local", "core.remote"), 254),
        (("core",), 254),
        (("core.a.b",), 254),
        (("remote.a.url",), 0),
        (
            (
                "--project",
                "remote.a.url",
            ),
            251,
        ),
        (("nope.option", "1"), 251),
        (("core.nope", "1"), 251),
        (("cache.type", "nope"), 251),
        (("cache.shared", "everybody"), 251),
        (("core.checksum_jobs", "0"), 251),
        (("remote.a.url", "x"), 0),
        (("remote.a.nope", "x"), 251),
        (("feature.anything", "true"), 0),
        (("db.pg.url", "postgres://"), 0),
        (("exp.auto_push", "yes"), 251),
        (("core.remote", "x y"), 0),
        (("-u", "cache.dir"), 251),
        (("core.remote", ""), 0),
    ],
)
def test_what_is_asked_for(both: Callable[..., Any], argv: tuple[str, ...], code: int) -> None:
    both("config", *argv, code=code, text=code == 0)
    both("config", "-l", text=True)


def test_values_that_need_quotes(both: Callable[..., Any]) -> None:
    for value in ("a,b", "a # b", "#x", " x ", "it's", 'say "so"', "a=b", "[x]", "1", "True"):
        both("config", "remote.a.url", "x")
        both("remote", "modify", "a", "url", value)
        both("config", "remote.a.url", text=True)
        both("config", "core.remote", value)
        both("config", "core.remote", text=True)
        both("remote", "list", text=True)


def test_the_directory_of_the_cache(both: Callable[..., Any], twins: TwinRepos) -> None:
    twins.write("sub/keep", "")
    both("cache", "dir", text=True)
    both("cache", "dir", "--local", code=251)
    both("cache", "dir", "-u", code=251)
    for level, place in zip(LEVELS, ("../one", "../two", "three", "/tmp/four"), strict=True):
        both("cache", "dir", level, place, cwd="." if level in LEVELS[:2] else "sub")
        both("cache", "dir", text=True)
        both("cache", "dir", level, text=True)
    for level in reversed(LEVELS):
        both("cache", "dir", "-u", level)
        both("cache", "dir", text=True)
    both("cache", code=254)


def test_remotes_that_build_on_others(both: Callable[..., Any], twins: TwinRepos) -> None:
    twins.write("file", "x")
    both("add", "file")
    both("remote", "add", "base", "../stores")
    both("remote", "add", "-d", "chain", "remote://base/below")
    both("remote", "add", "more", "remote://chain/deeper")
    both("push")
    both("push", "-r", "more")
    both("status", "-c", "--json")
    both("remote", "default", "--local", "more")
    both("remote", "default", text=True)
    both("status", "-c", "--json")
    both("remote", "modify", "--local", "base", "url", "../elsewhere")
    both("remote", "list", text=True)
    both("status", "-c", "--json")
    both("remote", "rename", "more", "most")
    both("remote", "list", text=True)
    both("remote", "remove", "most")
    both("remote", "list", text=True)
    both("remote", "add", "--global", "mine", "../mine")
    both("remote", "add", "mine", "../ours")
    both("remote", "list", text=True)
    both("remote", "list", "--global", text=True)
    both("remote", "remove", "mine")
    both("remote", "list", text=True)

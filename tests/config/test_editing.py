"""Writing settings: the bytes DVC would leave after the same change."""

import stat
from pathlib import Path
from typing import Any

import pytest

from tiffin.config import Config
from tiffin.config.editing import (
    add_remote,
    modify_remote,
    remove_remote,
    rename_remote,
    set_default_remote,
    split_name,
)
from tiffin.errors import ConfigError, RemoteMissing, UsageError


class Pair:
    """One repository for DVC's configuration class, one for ours."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        for name in ("system", "global", "ours/.dvc", "theirs/.dvc"):
            (root / name).mkdir(parents=True)
        self.environ = {
            "HOME": str(root),
            "DVC_SYSTEM_CONFIG_DIR": str(root / "system"),
            "DVC_GLOBAL_CONFIG_DIR": str(root / "global"),
        }
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)

    def seed(self, text: str) -> None:
        for side in ("ours", "theirs"):
            (self.root / side / ".dvc" / "config").write_text(text)

    @property
    def ours(self) -> Config:
        return Config.load(self.root / "ours" / ".dvc", self.environ)

    def text(self, side: str, name: str = "config") -> str:
        return (self.root / side / ".dvc" / name).read_text()

    def change_theirs(self, change: dict[str, dict[str, Any]], level: str = "repo") -> None:
        from dvc.config import Config as Theirs
        from dvc.config import merge

        with Theirs(str(self.root / "theirs" / ".dvc")).edit(level) as conf:
            merge(conf, change)

    def assert_equal(self) -> None:
        assert self.text("ours") == self.text("theirs")


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    for side in ("ours", "theirs"):
        (tmp_path / side / "sub").mkdir(parents=True)
    return Pair(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "url", ["temp/", "../x", "/abs/", "~/d/", "s3://b/k/", "remote://other/x", "a b", "a,b", "x#y"]
)
@pytest.mark.parametrize("below", [".", "sub"])
def test_a_new_remote(pair: Pair, monkeypatch: pytest.MonkeyPatch, url: str, below: str) -> None:
    if url.startswith("remote:"):
        pair.seed("['remote \"other\"']\n    url = /o\n")
    monkeypatch.chdir(pair.root / "theirs" / below)
    pair.change_theirs({"remote": {"r": {"url": url}}, "core": {"remote": "r"}})
    add_remote(pair.ours, "R", url, default=True, cwd=pair.root / "ours" / below)
    pair.assert_equal()


@pytest.mark.parametrize(
    "seed",
    [
        "[core]\nremote=r\n['remote \"r\"']\nurl=../a/../b/\n[cache]\ntype = copy, hardlink\n",
        "[cache]\n    type = copy\n[core]\n['remote \"r\"']\n    url = x\n['remote \"b\"']\n    url = y\n",
        "['remote \"r\"']\n  URL = ~/x\n[Core]\n  Analytics = false\n",
    ],
)
def test_a_file_is_written_anew_in_dvcs_order(pair: Pair, monkeypatch: pytest.MonkeyPatch, seed: str) -> None:
    pair.seed(seed)
    monkeypatch.chdir(pair.root / "theirs")
    pair.change_theirs({"remote": {"r": {"jobs": "3"}}, "plots": {"auto_open": "true"}})
    with pair.ours.edit("repo", cwd=pair.root / "ours") as editor:
        editor.set(("remote", "r"), "jobs", "3")
        editor.set(("plots", ""), "auto_open", "true")
    pair.assert_equal()


def test_comments_stay(pair: Pair) -> None:
    pair.seed("# ours\n[core]\n    # the lab's\n    remote = r\n['remote \"r\"']\n    url = /x\n")
    modify_remote(pair.ours, "r", "jobs", "4")
    assert pair.text("ours") == (
        "# ours\n[core]\n    # the lab's\n    remote = r\n['remote \"r\"']\n    url = /x\n    jobs = 4\n"
    )


def test_remove_takes_the_default_along_in_stronger_levels(pair: Pair) -> None:
    pair.seed("[core]\n    remote = r\n['remote \"r\"']\n    url = /x\n")
    (pair.root / "ours/.dvc/config.local").write_text("[core]\n    remote = r\n    autostage = true\n")
    remove_remote(pair.ours, "r")
    assert pair.text("ours") == "\n"
    assert pair.text("ours", "config.local") == "[core]\n    autostage = true\n"


def test_remove_makes_no_local_file(pair: Pair) -> None:
    pair.seed("['remote \"r\"']\n    url = /x\n")
    remove_remote(pair.ours, "r")
    assert not (pair.root / "ours/.dvc/config.local").exists()


def test_rename_takes_the_default_along(pair: Pair) -> None:
    pair.seed("[core]\n    remote = r\n['remote \"r\"']\n    url = /x\n['remote \"s\"']\n    url = /y\n")
    rename_remote(pair.ours, "r", "new")
    assert (
        pair.text("ours")
        == "[core]\n    remote = new\n['remote \"s\"']\n    url = /y\n['remote \"new\"']\n    url = /x\n"
    )
    with pytest.raises(ConfigError, match="remote 's' is there already"):
        rename_remote(pair.ours, "new", "s")


def test_default_is_set_and_unset(pair: Pair) -> None:
    pair.seed("['remote \"r\"']\n    url = /x\n")
    set_default_remote(pair.ours, "R")
    assert pair.ours.default_remote == "r"
    set_default_remote(pair.ours, "r", level="local")
    assert pair.text("ours", "config.local") == "[core]\n    remote = r\n"
    set_default_remote(pair.ours, None)
    assert pair.text("ours") == "['remote \"r\"']\n    url = /x\n"


@pytest.mark.parametrize("verb", [remove_remote, set_default_remote])
def test_a_missing_remote_is_named(pair: Pair, verb: Any) -> None:
    with pytest.raises(RemoteMissing, match=r"no remote 'x' in .*config"):
        verb(pair.ours, "x")


def test_modify_and_rename_of_a_missing_remote(pair: Pair) -> None:
    with pytest.raises(RemoteMissing):
        modify_remote(pair.ours, "x", "jobs", "1")
    with pytest.raises(RemoteMissing):
        rename_remote(pair.ours, "x", "y")


def test_secrets_of_a_remote_go_into_the_local_file(pair: Pair) -> None:
    pair.seed("['remote \"r\"']\n    url = s3://b\n")
    modify_remote(pair.ours, "r", "secret_access_key", 'a"b#c,d', level="local")
    assert pair.text("ours", "config.local") == "['remote \"r\"']\n    secret_access_key = 'a\"b#c,d'\n"
    modify_remote(pair.ours, "r", "secret_access_key", None, level="local")
    assert pair.text("ours", "config.local") == "['remote \"r\"']\n"


def test_an_add_over_a_remote_needs_force(pair: Pair) -> None:
    pair.seed("['remote \"r\"']\n    url = /x\n    jobs = 3\n")
    with pytest.raises(ConfigError, match="remote 'r' is there already"):
        add_remote(pair.ours, "r", "/y")
    add_remote(pair.ours, "r", "/y", force=True)
    assert pair.text("ours") == "['remote \"r\"']\n    url = /y\n"


def test_a_wrong_value_changes_nothing(pair: Pair) -> None:
    pair.seed("[core]\n    autostage = true\n")
    with pytest.raises(ConfigError, match="expected true or false"), pair.ours.edit() as editor:
        editor.set(("core", ""), "autostage", "maybe")
    assert pair.text("ours") == "[core]\n    autostage = true\n"


def test_unset(pair: Pair) -> None:
    pair.seed("[core]\n    autostage = true\n    analytics = false\n")
    with pair.ours.edit() as editor:
        editor.unset(("core", ""), "autostage")
    assert pair.text("ours") == "[core]\n    analytics = false\n"
    with pytest.raises(ConfigError, match=r"no option 'autostage' in \[core\] of"), pair.ours.edit() as editor:
        editor.unset(("core", ""), "autostage")


def test_the_mode_and_a_link_stay(pair: Pair) -> None:
    real = pair.root / "dotfiles"
    real.write_text("[core]\n    autostage = true\n")
    real.chmod(0o600)
    (pair.root / "global" / "config").symlink_to(real)
    with pair.ours.edit("global") as editor:
        editor.set(("core", ""), "autostage", "false")
    assert (pair.root / "global" / "config").is_symlink()
    assert real.read_text() == "[core]\n    autostage = false\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_repo_levels_need_a_repository(pair: Pair) -> None:
    with pytest.raises(ConfigError, match="no repo configuration: not inside a repository"):
        Config.load(None, pair.environ).edit()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("core.remote", (("core", ""), "remote")),
        ("Remote.R.Url", (("remote", "r"), "url")),
        ("db.d.url", (("db", "d"), "url")),
    ],
)
def test_names(name: str, split: tuple[tuple[str, str], str]) -> None:
    assert split_name(name) == split


@pytest.mark.parametrize("name", ["core", "a.b.c", "remote.a.b.c", ""])
def test_wrong_names(name: str) -> None:
    with pytest.raises(UsageError, match=f"no setting can be called '{name}'"):
        split_name(name)

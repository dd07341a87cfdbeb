"""Reading settings: levels, paths, types, remotes."""

from pathlib import Path

import pytest

from tiffin.config import NAMED, REMOTES, SECTIONS, Config
from tiffin.errors import ConfigError, NoRemote, RemoteMissing


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": "/home/me",
        "DVC_SYSTEM_CONFIG_DIR": str(tmp_path / "system"),
        "DVC_GLOBAL_CONFIG_DIR": str(tmp_path / "global"),
    }


@pytest.fixture
def dvc_dir(tmp_path: Path) -> Path:
    (tmp_path / "repo" / ".dvc").mkdir(parents=True)
    return tmp_path / "repo" / ".dvc"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def _load(dvc_dir: Path, environ: dict[str, str], text: str) -> Config:
    _write(dvc_dir / "config", text)
    return Config.load(dvc_dir, environ)


def test_without_files_defaults_hold(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = Config.load(dvc_dir, environ)
    assert config.default_remote is None
    assert config.flag("core.autostage") is False
    assert config.link_types == ("reflink", "copy")
    assert config.cache_dir == str(dvc_dir / "cache")
    assert config.site_cache_dir == "/var/tmp/dvc"
    assert config.remotes == {}


def test_stronger_levels_win(tmp_path: Path, dvc_dir: Path, environ: dict[str, str]) -> None:
    _write(tmp_path / "system" / "config", "[core]\nchecksum_jobs = 1\nautostage = true\n")
    _write(tmp_path / "global" / "config", "[core]\nchecksum_jobs = 2\n['remote \"g\"']\nurl = data\n")
    _write(dvc_dir / "config", "[core]\nchecksum_jobs = 3\n['remote \"r\"']\nurl = ../x\n")
    _write(dvc_dir / "config.local", "[core]\nchecksum_jobs = 4\n['remote \"r\"']\njobs = 7\n")
    config = Config.load(dvc_dir, environ)
    assert config.number("core.checksum_jobs") == 4
    assert config.flag("core.autostage")
    assert list(config.remotes) == ["g", "r"]
    assert config.remote("g").url == str(tmp_path / "global" / "data")
    remote = config.remote("R")
    assert (remote.url, remote.jobs, remote.level) == (str(dvc_dir.parent / "x"), 7, "repo")


def test_outside_of_a_repository_two_levels_are_left(environ: dict[str, str]) -> None:
    config = Config.load(None, environ)
    assert list(config.files) == ["system", "global"]
    assert config.cache_dir is None


def test_the_environment_wins_over_files(dvc_dir: Path, environ: dict[str, str]) -> None:
    environ |= {"DVC_SITE_CACHE_DIR": "/site", "DVC_EXP_AUTO_PUSH": "true"}
    config = _load(dvc_dir, environ, "[core]\nsite_cache_dir = /other\n")
    assert config.site_cache_dir == "/site"
    assert config.flag("exp.auto_push")


def test_directories_follow_xdg() -> None:
    config = Config.load(None, {"HOME": "/home/me", "XDG_CONFIG_DIRS": "/a:/b"})
    assert dict(config.files) == {"system": "/a/dvc/config", "global": "/home/me/.config/dvc/config"}


def test_paths_are_resolved_against_their_file(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(dvc_dir, environ, "[cache]\ndir = ../../shared/\n['remote \"h\"']\nurl = ~/data/\n")
    assert config.cache_dir == str(dvc_dir.parent.parent / "shared")
    assert config.remote("h").url == "/home/me/data/"


def test_a_remote_builds_on_another(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(
        dvc_dir,
        environ,
        "['remote \"server\"']\nurl = ssh://localhost\nuser = root\nask_password = true\n"
        "['remote \"images\"']\nurl = remote://server/tmp/pictures\nuser = alice\nask_password = false\n",
    )
    images = config.remote("images")
    assert (images.url, images.scheme) == ("ssh://localhost/tmp/pictures", "ssh")
    assert images.options == {"user": "alice", "ask_password": False}


def test_a_circle_of_remotes_is_named(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(dvc_dir, environ, "['remote \"a\"']\nurl = remote://b/x\n['remote \"b\"']\nurl = remote://a/y\n")
    with pytest.raises(ConfigError, match="'a' builds on itself: a -> b -> a"):
        config.remote("a")


def test_no_remote(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(dvc_dir, environ, "['remote \"a\"']\nurl = /x\n")
    with pytest.raises(NoRemote, match="no remote was named and there is no default one"):
        config.remote()
    with pytest.raises(RemoteMissing) as caught:
        config.remote("b")
    assert caught.value.message == "no remote 'b' (known: a)"
    assert caught.value.hint == "add it with `tiffin remote add b URL`"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[core]\nremot = r", "unknown option 'core.remot' in the repo configuration", "did you mean 'core.remote'?"),
        ("[coer]\nremote = r", "unknown section 'coer' in the repo configuration", "did you mean 'core'?"),
        ("['remote \"r\"']\nurl = s3://b\nprofil = x", "unknown option 'remote.r.profil' in the repo configuration",
         "did you mean 'remote.r.profile'?"),
        ("['remote \"r\"']\njobs = 2", "remote 'r' has no url", "set it with `tiffin remote modify r url URL`"),
        ("['remote \"r\"']\nurl = ftp://x", "remote 'r': no support for ftp:// (ftp://x)", None),
        ("[core]\nautostage = yes", "core.autostage: expected true or false, found 'yes'", None),
        ("[core]\nchecksum_jobs = 0", "core.checksum_jobs: expected 1 or more, found 0", None),
        ("[core]\nchecksum_jobs = x", "core.checksum_jobs: expected a whole number, found 'x'", None),
        ("[state]\nrow_cleanup_quota = 101", "state.row_cleanup_quota: expected 0 to 100, found 101", None),
        ("['remote \"r\"']\nurl = http://x\nread_timeout = -1",
         "remote.r.read_timeout: expected 0 or more, found -1", None),
        ("['remote \"r\"']\nurl = http://x\nread_timeout = x",
         "remote.r.read_timeout: expected a number, found 'x'", None),
        ("[cache]\ntype = reflnk", "cache.type: no link type 'reflnk'", "choose from reflink, hardlink, symlink, copy"),
        ("[cache]\nshared = all", "cache.shared: expected group, found 'all'", None),
        ("[core]\nremote = a, b", "core.remote: expected one value, found the list 'a, b'", 'quote it: "a, b"'),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(
    dvc_dir: Path, environ: dict[str, str], text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(dvc_dir, environ, text)
    assert caught.value.message == message
    if hint is not None:
        assert caught.value.hint == hint


def test_what_old_repositories_hold_is_accepted(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(
        dvc_dir,
        environ,
        "[state]\nrow_limit = 5\n[feature]\nparametrization = true\n[cache]\nprotected = true\ns3 = x\n"
        "[index]\ndir = x\n['machine \"m\"']\ncloud = aws\n['db \"d\"']\nurl = x\n",
    )
    assert config.link_types == ("reflink", "copy")


@pytest.mark.parametrize(("written", "types"), [("hardlink, copy", ("hardlink", "copy")), ('"copy"', ("copy",))])
def test_link_types_may_be_a_list(dvc_dir: Path, environ: dict[str, str], written: str, types: tuple[str]) -> None:
    assert _load(dvc_dir, environ, f"[cache]\ntype = {written}\n").link_types == types


def test_verification_is_the_rule_only_where_dvc_has_it(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(dvc_dir, environ, "['remote \"a\"']\nurl = /x\n['remote \"b\"']\nurl = gdrive://x\n")
    assert (config.remote("a").verify, config.remote("b").verify) == (False, True)


def test_entries_are_listed_remotes_first(dvc_dir: Path, environ: dict[str, str]) -> None:
    config = _load(dvc_dir, environ, "[core]\nremote = r\n['remote \"r\"']\nurl = ../x\n")
    listed = [(name, entry.value) for name, entry in config.entries("repo")]
    assert listed == [("remote.r.url", str(dvc_dir.parent / "x")), ("core.remote", "r")]


def test_every_setting_is_one_that_dvc_knows() -> None:
    from dvc.config_schema import REMOTE_SCHEMAS, SCHEMA

    assert {section: set(options) for section, options in SECTIONS.items() if section != "feature"} == {
        section: {str(option) for option in options}
        for section, options in SCHEMA.items()
        if section not in ("remote", "feature", "machine", "db")
    }
    assert {scheme: set(options) for scheme, options in REMOTES.items()} == {
        scheme: {str(option) for option in options} for scheme, options in REMOTE_SCHEMAS.items() if scheme != "remote"
    }
    assert {kind: set(options) for kind, options in NAMED.items()} == {
        kind: {str(option) for option in SCHEMA[kind][str]} for kind in ("machine", "db")
    }


def test_path_options_are_those_declared_as_paths(dvc_dir: Path) -> None:
    from tiffin.config._config import path_options

    declared = {option for options in REMOTES.values() for option, (kind, _, _) in options.items() if kind == "path"}
    assert path_options("remote") == declared


def test_every_setting_has_a_sentence() -> None:
    for options in (*SECTIONS.values(), *REMOTES.values(), *NAMED.values()):
        for option, (_, _, sentence) in options.items():
            assert sentence[0].isupper() or sentence[0] == "`", option
            assert sentence.endswith("."), option


def test_unreadable_text_is_refused(dvc_dir: Path, environ: dict[str, str]) -> None:
    (dvc_dir / "config").write_bytes(b"[core]\nremote = \xff\n")
    with pytest.raises(ConfigError, match="config: not UTF-8 text"):
        Config.load(dvc_dir, environ)


def test_what_is_wrong_can_still_be_shown_and_repaired(dvc_dir: Path, environ: dict[str, str]) -> None:
    _write(dvc_dir / "config", "[core]\nnope = 1\n['remote \"r\"']\nurl = remote://x/y\n['remote \"s\"']\njobs = 1\n")
    config = Config.load(dvc_dir, environ, check=False)
    assert config.remote_urls() == {"r": "remote://x/y"}
    assert config.remote_urls("local") == {}
    assert ("core.nope", "1") in [(name, entry.value) for name, entry in config.entries()]
    with pytest.raises(ConfigError, match=r"unknown option 'core.nope'"):
        assert config.default_remote

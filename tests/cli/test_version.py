"""`version`: the facts of DVC's own, in its order."""

import re

from tiffin import __version__
from tiffin.cli import main
from tiffin.repo import describing


def _told(capfd, directory):
    capfd.readouterr()
    assert main(["--cd", str(directory), "doctor"]) == 0
    return capfd.readouterr().out


def test_outside_of_a_repository(tmp_path, capfd):
    lines = _told(capfd, tmp_path).splitlines()
    assert lines[0] == f"tiffin version: {__version__}"
    assert [line.partition(":")[0] for line in lines[2:]] == [
        "Platform",
        "MD5 engine",
        "Config",
        "\tGlobal",
        "\tSystem",
    ]


def test_in_a_repository(tmp_path, capfd):
    main(["--cd", str(tmp_path), "init", "-q", "--no-scm"])
    assert "\nCache types: not known before there is a cache\nCaches: local\nRemotes: None\n" in _told(capfd, tmp_path)
    main(["--cd", str(tmp_path), "remote", "add", "-q", "one", str(tmp_path)])
    main(["--cd", str(tmp_path), "remote", "add", "-q", "two", "s3://bucket/path"])
    (tmp_path / "data").write_text("1", encoding="utf-8")
    main(["--cd", str(tmp_path), "add", "-q", "data"])
    text = _told(capfd, tmp_path)
    assert re.search(r"^Cache types: .*hardlink, symlink\nCache directory: \w+ on .+$", text, flags=re.MULTILINE)
    assert "\nRemotes: local, s3\nWorkspace directory: " in text
    assert text.endswith("\nRepo: dvc (no_scm)\n")


def test_the_innermost_mount_counts(tmp_path, monkeypatch):
    inner = tmp_path / "a b"
    inner.mkdir()
    table = tmp_path / "mounts"
    point = str(inner).replace(" ", "\\040")
    table.write_text(f"/dev/one / ext4 rw 0 0\n/dev/two {point} xfs rw 0 0\n/dev/three {point}x zfs rw 0 0\n")
    monkeypatch.setattr(describing, "_MOUNTS", str(table))
    assert describing.file_system(str(inner)) == "xfs on /dev/two"
    assert describing.file_system(str(tmp_path)) == "ext4 on /dev/one"
    monkeypatch.setattr(describing, "_MOUNTS", str(tmp_path / "no table"))
    assert describing.file_system(str(inner)) == "unknown"

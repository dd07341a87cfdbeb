"""What differs on purpose: what DVC does, and what tiffin does instead."""

import hashlib
import json
import subprocess
from pathlib import Path

from tests.fs.server import serving
from tests.peer.twins import TwinRepos


def _read(twins: TwinRepos, path: str) -> tuple[str, str]:
    theirs, ours = (
        (side.repo / path).read_text(encoding="utf-8") if (side.repo / path).exists() else "" for side in twins.sides
    )
    return theirs, ours


def _objects(twins: TwinRepos, store: str = ".dvc/cache/files/md5") -> tuple[set[str], set[str]]:
    theirs, ours = (
        {path.parent.name + path.name for path in (side.repo / store).glob("??/*") if path.is_file()}
        for side in twins.sides
    )
    return theirs, ours


def test_add_leaves_the_workspace_alone(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("file", "2")
    before = [_changed_ns(side.repo) for side in twins.sides]
    twins.both("add", "data", "file")
    theirs, ours = (_changed_ns(side.repo) == found for side, found in zip(twins.sides, before, strict=True))
    assert (theirs, ours) == (False, True)


def _changed_ns(repo: Path) -> list[int]:
    return [(repo / name).stat().st_ctime_ns for name in ("data/a", "file")]


def test_links_in_a_directory_stay_in_the_workspace(twins: TwinRepos) -> None:
    twins.write("outside", "o")
    twins.write("data/file", "f")
    twins.each(lambda repo: (repo / "data" / "link").symlink_to("../outside"))
    twins.both("add", "data", but=("tree data/link",))
    assert [(side.repo / "data" / "link").is_symlink() for side in twins.sides] == [False, True]


def test_a_part_that_is_added_leaves_the_size_known_and_no_listing_of_its_own(twins: TwinRepos) -> None:
    twins.write("data/a", "1")
    twins.write("data/sub/b", "2")
    twins.both("add", "data")
    twins.write("data/sub/b", "22")
    twins.apart("add", "data/sub")
    theirs, ours = _read(twins, "data.dvc")
    assert "size:" not in theirs
    assert "  size: 3\n" in ours
    theirs_stored, ours_stored = _objects(twins)
    assert ours_stored < theirs_stored
    assert all(oid.endswith(".dir") for oid in theirs_stored - ours_stored)


def test_data_that_moves_is_not_stored(twins: TwinRepos) -> None:
    twins.write("file", "1")
    twins.both("add", "file")
    twins.write("file", "changed")
    twins.both("move", "file", "other", but=("store",))
    theirs, ours = _objects(twins)
    assert (len(theirs), len(ours)) == (2, 1)


def test_the_remote_is_asked_whatever_is_remembered_of_it(twins: TwinRepos) -> None:
    twins.both("remote", "add", "-d", "store", "../remote")
    twins.write("file", "1")
    twins.both("add", "file")
    ask = ("data", "status", "--not-in-remote", "--no-remote-refresh", "--json")
    twins.both(*ask)
    twins.both("push")
    theirs, ours = (json.loads(answer.out).get("not_in_remote") for answer in twins.apart(*ask))
    assert (theirs, ours) == (["file"], None)


def test_a_file_lost_at_the_remote_below_its_listing_is_noticed_and_pushed_again(twins: TwinRepos) -> None:
    twins.both("remote", "add", "-d", "store", "../remote")
    twins.write("data/a", "1")
    twins.write("data/b", "2")
    twins.both("add", "data")
    twins.both("push")
    lost = hashlib.md5(b"1").hexdigest()
    for side in twins.sides:
        (side.home / "remote/files/md5" / lost[:2] / lost[2:]).unlink()
    theirs, ours = (json.loads(answer.out) for answer in twins.apart("status", "--cloud", "--json"))
    assert (theirs, ours) == ({}, {"data/a": "new"})
    twins.apart("push")
    theirs_stored, ours_stored = _objects(twins, "../remote/files/md5")
    assert (lost in theirs_stored, lost in ours_stored) == (False, True)


def test_an_import_of_changes_nobody_committed_is_stored_under_its_own_hash(twins: TwinRepos) -> None:
    for side in twins.sides:
        other = side.home / "other"
        other.mkdir()
        for argv in (["init", "-q"], ["config", "user.name", "a"], ["config", "user.email", "a@example.org"]):
            subprocess.run(["git", *argv], cwd=other, check=True)
        (other / "file").write_text("clean")
        for argv in (["init", "-q"], ["add", "-q", "file"]):
            assert side.tool.run(argv, other, {}).code == 0
        subprocess.run(["git", "add", "--all"], cwd=other, check=True)
        subprocess.run(["git", "commit", "-qm", "clean"], cwd=other, check=True)
        (other / "file").write_text("dirty")
    twins.apart("import", "../other", "file")
    named, dirty = (hashlib.md5(text).hexdigest() for text in (b"clean", b"dirty"))
    theirs, ours = (
        {path.parent.name + path.name: path.read_bytes() for path in (side.repo / ".dvc/cache/files/md5").glob("??/*")}
        for side in twins.sides
    )
    assert theirs == {named: b"dirty"}
    assert ours == {dirty: b"dirty"}


def test_what_goes_to_the_remote_is_kept_out_of_git_and_leaves_nothing_else(twins: TwinRepos) -> None:
    twins.both("remote", "add", "-d", "store", "../store")
    twins.write("inside", "in")
    twins.apart("add", "--to-remote", "inside", "-o", "named")
    assert [("/named" in text) for text in _read(twins, ".gitignore")] == [False, True]
    assert [any((side.home / "store").rglob("*.tmp")) for side in twins.sides] == [True, False]


def test_a_partial_import_from_a_server_without_etags_is_pulled(twins: TwinRepos, tmp_path: Path) -> None:
    with serving(tmp_path / "web", etags=False) as web:
        web.write("f", b"one")
        twins.both("import-url", "--no-download", f"{web.url}/f")
        theirs, ours = (answer.code for answer in twins.apart("pull"))
    assert (theirs, ours) == (1, 0)
    assert _read(twins, "f") == ("", "one")


def test_lines_of_stages_that_succeeded_stay_in_gitignore(twins: TwinRepos) -> None:
    twins.write(
        "dvc.yaml",
        "stages:\n  a:\n    cmd: echo a > a\n    outs: [a]\n  b:\n    cmd: exit 3\n    deps: [a]\n    outs: [b]\n",
    )
    twins.apart("repro")
    assert [("/a" in text.splitlines()) for text in _read(twins, ".gitignore")] == [False, True]


def test_an_output_edited_by_hand_is_a_change_to_an_experiment(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: cp in out\n    deps: [in]\n    outs: [out]\n")
    twins.write("in", "1")
    twins.both("repro")
    twins.commit("run")
    twins.write("out", "edited")
    answer = twins.apart("exp", "run", "-n", "mine")
    assert "Running stage 's'" not in answer.theirs.out
    assert "'s' didn't change" not in answer.ours.out
    assert _read(twins, "out") == ("1", "1")


def test_one_unreadable_parameter_file_hides_no_other(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    params: [x]\nparams: [more.yaml]\n")
    twins.write("params.yaml", "x: 1\n")
    twins.write("more.yaml", "y: 1\n")
    twins.commit("one")
    twins.write("params.yaml", "x: [\n")
    twins.write("more.yaml", "y: 2\n")
    theirs, ours = (json.loads(answer.out) for answer in twins.apart("params", "diff", "--json"))
    assert theirs["more.yaml"]["y"]["new"] is None
    assert ours["more.yaml"]["y"] == {"old": 1, "new": 2, "diff": 1}


def test_tuples_that_a_stage_names_are_shown(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    params:\n    - p.py: [PAIR]\n")
    twins.write("p.py", "PAIR = (1, 2)\n")
    twins.commit("one")
    twins.write("p.py", "PAIR = (1, 3)\n")
    theirs, ours = (json.loads(answer.out) for answer in twins.apart("params", "diff", "--json"))
    assert theirs == {}
    assert ours == {"p.py": {"PAIR": {"old": [1, 2], "new": [1, 3]}}}


def test_only_parameters_of_stages_in_every_row(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    params: [lr]\n    outs: [out]\n")
    twins.write("params.yaml", "lr: 1\nunused: 2\n")
    twins.both("repro")
    twins.commit("one")
    theirs, ours = (json.loads(answer.out) for answer in twins.apart("exp", "show", "--param-deps", "--json"))
    assert [[*_params(row)] for row in ours] == [["lr"], ["lr"]]
    assert [*_params(theirs[1])] == ["lr", "unused"]


def _params(row: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]) -> dict[str, object]:
    return row["data"]["params"]["params.yaml"]["data"]


def test_numbers_in_lists_are_numbers(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "params: [params.yaml]\n")
    twins.write("params.yaml", "layers: [0.25, 0.123456789]\n")
    twins.commit("one")
    theirs, ours = (answer.out for answer in twins.apart("exp", "show", "--md"))
    assert "['0.25', '0.12346']" in theirs
    assert "[0.25, 0.12346]" in ours


def test_two_names_of_one_commit_are_compared(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "metrics: [m.json]\n")
    twins.write("m.json", '{"auc": 0.5}')
    twins.commit("one")
    twins.git("tag", "v1")
    theirs, ours = (answer.out for answer in twins.apart("metrics", "diff", "v1", "HEAD", "--all"))
    assert "0.5" not in theirs
    assert "0.5" in ours


def test_whole_lists_are_made_of_single_entries(twins: TwinRepos) -> None:
    twins.write("dvc.yaml", "stages:\n  s:\n    cmd: echo > out\n    params: [layers.0, layers.1]\n    outs: [out]\n")
    twins.write("params.yaml", "layers: [1, 2]\n")
    twins.commit("one")
    twins.write("params.yaml", "layers: [1, 3]\n")
    theirs, ours = (json.loads(answer.out) for answer in twins.apart("params", "diff", "--deps", "--json"))
    assert ours == {"params.yaml": {"layers": {"old": "[1, 2]", "new": "[1, 3]"}}}
    assert theirs != ours


def test_a_path_of_an_import_leads_to_it_from_every_directory(twins: TwinRepos) -> None:
    twins.write("sub/keep", "")
    for side in twins.sides:
        other = side.home / "other"
        other.mkdir()
        for argv in (["init", "-q", "--no-scm"], ["add", "-q", "file"]):
            (other / "file").write_text("f")
            assert side.tool.run(argv, other, {}).code == 0
    twins.apart("import", "../../other", "file", cwd="sub")
    theirs, ours = (answer.code for answer in twins.apart("update", "sub/file.dvc"))
    assert (theirs, ours) == (1, 0)


def test_stages_are_removed_together_or_not_at_all(twins: TwinRepos) -> None:
    twins.write("file", "1")
    twins.both("add", "file")
    twins.apart("remove", "file.dvc", "nothing.dvc")
    assert [(side.repo / "file.dvc").exists() for side in twins.sides] == [False, True]


def test_links_to_lost_objects_are_absent_files(twins: TwinRepos) -> None:
    twins.both("config", "cache.type", "symlink")
    twins.write("data/a", "1")
    twins.write("data/b", "2")
    twins.both("add", "data", state=False)  # where links lead to differs between the twins
    oid = hashlib.md5(b"1", usedforsecurity=False).hexdigest()
    twins.each(lambda repo: (repo / ".dvc/cache/files/md5" / oid[:2] / oid[2:]).unlink())
    found = twins.both("status", "--json", state=False)
    assert found == {"data.dvc": [{"changed outs": {"data": "not in cache"}}]}
    twins.both("data", "status", "--granular", "--json", state=False)
    theirs, ours = twins.apart("checkout")
    assert (theirs.code, ours.code) == (0, 255)
    assert "not, or not wholly, in the cache" in ours.err


def test_rules_that_dvc_takes_for_nothing_or_not_at_all(twins: TwinRepos) -> None:
    for path in ("data/sub/a", "data/file", "data/b"):
        twins.write(path, path)
    found = {}
    for rule in ("*/", "a\\\\"):
        twins.write(".dvcignore", f"{rule}\n")
        answers = twins.apart("check-ignore", "data/sub/a", "data/file")
        found[rule] = [(answer.code, answer.out.split()) for answer in answers]
    assert found["*/"] == [(1, []), (0, ["data/sub/a", "data/file"])]
    theirs, ours = found["a\\\\"]
    assert theirs[0] != 0
    assert ours == (1, [])


def test_text_of_settings_is_taken_as_it_is(twins: TwinRepos) -> None:
    twins.each(
        lambda repo: (repo / ".dvc/config").write_text(
            "['remote \"r\"']\n    url = https://host/%(name)s\n    name = x\n"
        )
    )
    theirs, ours = twins.apart("config", "remote.r.url")
    assert ours.out == "https://host/%(name)s\n"
    assert theirs.out != ours.out


def test_an_executable_file_stays_so_for_all(twins: TwinRepos) -> None:
    twins.write("run.sh", "#!/bin/sh\n", mode=0o755)
    twins.both("add", "run.sh")
    assert [oct((side.repo / "run.sh").stat().st_mode & 0o777) for side in twins.sides] == ["0o744", "0o755"]

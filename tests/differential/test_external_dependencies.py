"""Stages that depend on what lies outside: beside the repository, below a remote."""

from tests.peer.twins import TwinRepos

PIPELINE = """\
stages:
  s:
    cmd: cat ../outside/file ../outside/dir/a > out
    deps: [../outside/file, ../outside/dir]
    outs: [out]
  away:
    cmd: echo away
    deps: [remote://away/file, remote://away/dir]
  inner:
    cmd: cat ../../outside/file > inner
    wdir: sub
    deps: [../../outside/file, ../out]
    outs: [inner]
"""


def test_what_lies_outside_counts(twins: TwinRepos) -> None:
    twins.write("../outside/file", "1")
    twins.write("../outside/dir/a", "a")
    twins.write("sub/keep", "")
    twins.both("remote", "add", "away", "../outside")
    twins.write("dvc.yaml", PIPELINE)
    twins.both("status", "--json")
    twins.both("repro")
    twins.both("status", "--json")
    twins.write("../outside/file", "2")
    twins.both("status", "--json")
    twins.both("repro")
    twins.write("../outside/dir/b", "b")
    twins.both("status", "--json")
    twins.both("repro", "--dry")
    twins.remove("../outside/file")
    twins.both("status", "--json")
    twins.both("repro", code=None, state=False)  # DVC has removed the output by now
    twins.swap()

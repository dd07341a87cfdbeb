"""The merge driver where DVC has one too: directories that `add` tracks."""

import pytest

from tests.peer.twins import TwinRepos

# base, ours and theirs, by what is done to them
SIDES = {
    "both add": ({"a": "1"}, {"a": "1", "o": "2"}, {"a": "1", "t": "3"}),
    "both change": ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2"}),
    "one adds, one deletes": ({"a": "1", "b": "1"}, {"b": "1"}, {"a": "1", "b": "1", "d/é": "2"}),
    "both the same": ({"a": "1"}, {"a": "1", "n": "2"}, {"a": "1", "n": "2"}),
}


@pytest.mark.parametrize("kind", SIDES)
def test_directories(twins: TwinRepos, kind: str) -> None:
    texts = []
    for tree in SIDES[kind]:
        for name, text in tree.items():
            twins.write(f"data/{name}", text)
        twins.both("add", "data")
        texts.append((twins.ours.repo / "data.dvc").read_bytes())
        twins.remove("data")
    for name, body in zip(("base.dvc", "our.dvc", "their.dvc"), texts, strict=True):
        twins.write(f"merge/{name}", body)
    files = ("--ancestor", "base.dvc", "--our", "our.dvc", "--their", "their.dvc")
    twins.both("git-hook", "merge-driver", *files, cwd="merge")

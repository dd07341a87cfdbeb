"""What `status --cloud` sees and DVC does not."""

import hashlib
import json

import pytest


@pytest.fixture
def pushed(sandbox):
    """A directory and a file, pushed to the default remote."""
    for name in ("data/a", "data/sub/b", "file"):
        sandbox.write(name, name)
    sandbox.tiffin("add", "data", "file")
    sandbox.tiffin("remote", "add", "-d", "store", "../remote")
    sandbox.tiffin("push")
    return sandbox


def lose(pushed, oid, store):
    (pushed.root / store / "files/md5" / oid[:2] / oid[2:]).unlink()


def oid_of(pushed, path):
    return hashlib.md5(pushed.read(path).encode()).hexdigest()


def ask(pushed, *arguments):
    return json.loads(pushed.tiffin("status", "--cloud", "--json", *arguments).out)


def test_an_object_deleted_at_the_remote_below_its_listing(pushed):
    lose(pushed, oid_of(pushed, "data/sub/b"), "../remote")
    assert ask(pushed) == {"data/sub/b": "new"}
    assert ask(pushed, "data/sub") == {"data/sub/b": "new"}
    assert ask(pushed, "data/a") == {}


def test_a_listing_that_is_nowhere(pushed):
    listing = next(oid for oid in pushed.objects() if oid.endswith(".dir"))
    lose(pushed, listing, "../remote")
    lose(pushed, listing, ".dvc/cache")
    assert ask(pushed) == {"data": "missing"}


def test_an_output_with_a_remote_of_its_own(pushed):
    pushed.tiffin("remote", "add", "other", "../other")
    with (pushed.root / "file.dvc").open("a") as file:
        file.write("  remote: other\n")
    assert ask(pushed) == {"file": "new"}
    pushed.tiffin("push")
    assert ask(pushed) == {}


def test_asking_leaves_the_cache_as_it_is(pushed):
    listing = next(oid for oid in pushed.objects() if oid.endswith(".dir"))
    lose(pushed, listing, ".dvc/cache")
    lose(pushed, oid_of(pushed, "data/a"), ".dvc/cache")
    assert ask(pushed) == {"data/a": "deleted"}
    assert listing not in pushed.objects()

"""However fast files change, and however little of it shows in their sizes and times, a look gives what is there."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tiffin._native import Table
from tiffin.formats.values import Content
from tiffin.index import Workspace
from tiffin.objects import ObjectStore

FILES = ("single", "data/a", "data/b", "data/deep/c")
OUTPUTS = ("single", "data")
TEXTS = ("one", "two", "six")  # of one size

writes = st.tuples(st.just("write"), st.sampled_from(FILES), st.sampled_from(TEXTS))
outputs = st.sampled_from(OUTPUTS)
steps = st.one_of(
    writes,
    writes,
    st.tuples(st.just("look"), outputs, st.none()),
    st.tuples(st.just("store"), outputs, st.none()),
    st.tuples(st.just("part"), st.sampled_from(("data/a", "data/deep")), st.none()),
    st.tuples(st.just("checkout"), outputs, st.integers(0, 5)),
    st.tuples(st.just("restart"), st.none(), st.none()),
)


def _ids(table: Table) -> Iterator[tuple[str, str | None]]:
    return zip(table.paths(), table.oids(), strict=True)


class Bench:
    """A workspace, and every content that was ever stored."""

    def __init__(self, base: str) -> None:
        self.root = Path(base, "work")
        for file in FILES:
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_text("one", encoding="ascii")
        self.base = base
        self.restart()
        self.stored: dict[str, list[Content]] = {
            path: [content] for path, content in self.workspace.store_all(OUTPUTS).items()
        }

    def restart(self) -> None:
        """What a new process would have."""
        store = ObjectStore(f"{self.base}/store")
        self.workspace = Workspace(self.root, store=store, state=f"{self.base}/state", links=("copy",))

    def write(self, file: str, text: str) -> None:
        """In place, with the time of before: as little as possible shows."""
        path = self.root / file
        before = path.stat()
        with path.open("r+", encoding="ascii") as stream:
            stream.write(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def do(self, verb: str, path: str | None, what: object) -> None:
        if verb == "restart" or path is None:
            self.restart()
        elif verb == "write":
            self.write(path, str(what))
        elif verb == "store":
            self.stored[path].append(self.workspace.store_all([path])[path])
        elif verb == "part":
            self.stored["data"].append(self.workspace.store_part("data", path, self.stored["data"][-1]))
        elif verb == "checkout":
            contents = self.stored[path]
            self.workspace.checkout(path, contents[int(str(what)) % len(contents)], force=True)
        else:
            self.check(path)
        self.workspace.forget()

    def check(self, path: str) -> None:
        seen = self.workspace.look(path)
        assert seen is not None
        table = {"": seen.content.oid} if seen.table is None else dict(_ids(seen.table))
        for name, oid in table.items():
            body = (self.root / path / name).read_bytes()
            assert oid == hashlib.md5(body).hexdigest(), f"{path}/{name} holds {body!r}"


# Where every change gets a time of its own (Linux 6.13 on), the index has it easy: other kernels test more.
@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=3, max_size=40))
def test_what_is_seen_is_what_is_there(sequence: list[tuple[str, str | None, object]]) -> None:
    base = tempfile.mkdtemp(prefix="tiffin-racy-")
    try:
        bench = Bench(base)
        for step in sequence:
            bench.do(*step)
        for output in OUTPUTS:
            bench.check(output)
    finally:
        shutil.rmtree(base)

"""Two repositories that start equal, one for DVC and one for tiffin, and what must stay equal between them."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.peer.tools import Result, Tool

__all__ = ["Pair", "Side", "TwinRepos", "snapshot"]

# The same dates give the same commit ids on both sides.
_DATES = {"GIT_AUTHOR_DATE": "2024-01-02T03:04:05 +0000", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05 +0000"}
_METADATA = ("dvc.yaml", "dvc.lock", ".gitignore", ".dvcignore", ".dvc/config")


class Side(NamedTuple):
    """One of the twins: the tool that owns it, its repository, and the directory that holds that and the remote."""

    tool: Tool
    home: Path

    @property
    def repo(self) -> Path:
        return self.home / "repo"


class Pair(NamedTuple):
    """What both commands answered, paths of the twins masked."""

    theirs: Result
    ours: Result


class TwinRepos:
    """Runs each command in both twins and compares everything that a user or a colleague would see."""

    def __init__(self, theirs: Tool, ours: Tool, home: Path) -> None:
        """Takes the twins below `home` as they are, or makes two empty Git repositories."""
        self.theirs = Side(theirs, home / "T")
        self.ours = Side(ours, home / "O")
        if not self.theirs.home.exists():
            for side in self.sides:
                side.repo.mkdir(parents=True)
            self.git("init", "-q", "-b", "main")

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.theirs, self.ours

    # What a person does between two commands

    def write(self, path: str, content: str | bytes, *, mode: int | None = None) -> None:
        """Write a file on both sides."""
        for side in self.sides:
            file = side.repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
            if mode is not None:
                file.chmod(mode)

    def remove(self, *paths: str) -> None:
        """Remove files or whole directories on both sides."""
        for side in self.sides:
            for path in paths:
                target = side.repo / path
                if target.is_dir() and not target.is_symlink():
                    shutil.rmtree(target)
                else:
                    target.unlink()

    def each(self, change: Callable[[Path], object]) -> None:
        """Change both repositories by a function of their directory."""
        for side in self.sides:
            change(side.repo)

    def git(self, *arguments: str) -> None:
        """Run git on both sides."""
        for side in self.sides:
            subprocess.run(
                ["git", *arguments], cwd=side.repo, check=True, capture_output=True, env={**os.environ, **_DATES}
            )

    def commit(self, message: str) -> None:
        """Commit everything on both sides."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    # Commands and comparisons

    def both(
        self,
        *argv: str,
        cwd: str = ".",
        code: int | None = 0,
        text: bool | str = False,
        environ: Mapping[str, str] | None = None,
        mask: Callable[[Any], Any] = lambda answer: answer,
        state: bool = True,
        but: tuple[str, ...] = (),
    ) -> Any:
        """Run a command on both sides; give what it printed: JSON as data for --json commands, else text.

        Compares exit codes (and with `code`, None for any), JSON through `mask`, printed text if `text`, and with
        `state` all that the command left behind, `but` for the places of a deliberate difference.
        """
        pair = Pair(*(self._run(side, side.tool, argv, cwd, environ) for side in self.sides))
        shown = f"$ {' '.join(argv)}\ntheirs {pair.theirs}\nours   {pair.ours}"
        assert pair.ours.code == pair.theirs.code, f"exit codes differ\n{shown}"
        assert code is None or pair.theirs.code == code, f"expected exit code {code}\n{shown}"
        if "--json" in argv and pair.theirs.code == 0:
            answers = [mask(json.loads(result.out or "null")) for result in pair]
            assert answers[1] == answers[0], f"JSON differs\n{shown}"
            answer = answers[0]
        else:
            # "lines": DVC's order of files is that of a set, another one each time.
            outs = [sorted(result.out.splitlines()) if text == "lines" else result.out for result in pair]
            assert not text or outs[1] == outs[0], f"output differs\n{shown}"
            answer = pair.theirs.out
        if state:
            self.compare(f"after {' '.join(argv)}", but=but)
        return answer

    def apart(self, *argv: str, cwd: str = ".") -> Pair:
        """Run a command on both sides and compare nothing: for what differs on purpose."""
        return Pair(*(self._run(side, side.tool, argv, cwd, None) for side in self.sides))

    def compare(self, when: str = "now", *, but: tuple[str, ...] = ()) -> None:
        """Compare both sides' metadata, stores, work trees, index and refs, without places such as "tree a/link"."""
        theirs, ours = (snapshot(side.home) for side in self.sides)
        for place in but:
            kind, _, name = place.partition(" ")
            for side in (theirs, ours):
                side.pop(place, None)
                listed = side.get(kind)
                if isinstance(listed, dict):
                    listed.pop(name, None)
        differences = _differences(theirs, ours)
        assert not differences, "\n".join([f"{when}:", *differences])

    def compare_stores(self) -> None:
        """Compare only the objects in the caches and remotes."""
        theirs, ours = (snapshot(side.home) for side in self.sides)
        for place in ("store", "beside"):
            differences = _differences(theirs[place], ours[place], place)
            assert not differences, "\n".join(differences)

    def swap(self, *argv: str, mask: Callable[[Any], Any] = lambda answer: answer) -> None:
        """Each tool looks at the other's repository and finds there what its owner finds: as clean, or as changed.

        argv: another question than `status`, answered in JSON, which is compared through `mask`.
        """
        question = argv or ("status", "--json")
        for side, other in ((self.theirs, self.ours), (self.ours, self.theirs)):
            own, foreign = (self._run(side, tool, question, ".", None) for tool in (side.tool, other.tool))
            assert own.code == foreign.code == 0, f"{question} fails\nowner {own}\nvisitor {foreign}"
            answers = [mask(json.loads(result.out)) for result in (own, foreign)]
            assert answers[1] == answers[0], f"{question} differs in {side.tool.module}'s repository"

    def crossed(self, *argv: str, environ: Mapping[str, str] | None = None) -> Pair:
        """Each tool runs a command in the other's repository; theirs is what DVC answered in ours."""
        theirs = self._run(self.ours, self.theirs.tool, argv, ".", environ)
        ours = self._run(self.theirs, self.ours.tool, argv, ".", environ)
        return Pair(theirs, ours)

    def _run(
        self, side: Side, tool: Tool, argv: tuple[str, ...], cwd: str, environ: Mapping[str, str] | None
    ) -> Result:
        arguments = [argument.replace("{home}", str(side.home)) for argument in argv]
        result = tool.run(arguments, side.repo / cwd, {**_DATES, **(environ or {})})
        return result._replace(out=_masked(result.out, side.home), err=_masked(result.err, side.home))


def _differences(theirs: Any, ours: Any, where: str = "") -> list[str]:
    """What differs, one line a place; [] if nothing does."""
    if theirs == ours:
        return []
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [
            line
            for key in sorted(theirs.keys() | ours.keys(), key=str)
            for line in _differences(theirs.get(key), ours.get(key), f"{where} {key}".strip())
        ]
    return [f"{where}:", f"  theirs {theirs!r}", f"  ours   {ours!r}"]


def _masked(text: str, home: Path) -> str:
    return text.replace(str(home), "{home}")


def snapshot(home: Path) -> dict[str, object]:
    """All that is to be equal, by what it is: "file PATH", "store", "remote", "tree", "git"."""
    repo = home / "repo"
    found: dict[str, object] = {
        "store": _objects(repo / ".dvc" / "cache"),
        "tree": _tree(repo),
        "beside": {
            path.name: _objects(path) for path in sorted(home.iterdir()) if path.is_dir() and path.name != "repo"
        },
    }
    for path in _files(repo):
        relative = path.relative_to(repo).as_posix()
        if path.name in _METADATA or relative in _METADATA or path.suffix == ".dvc":
            found[f"file {relative}"] = path.read_bytes()
    if (repo / ".git").exists():
        found["git index"] = _git(repo, "ls-files", "--stage")
        found["git refs"] = _refs(repo)
    return found


def _files(repo: Path) -> list[Path]:
    files = []
    for directory, names, plain in os.walk(repo):
        here = Path(directory)
        if here == repo:
            names[:] = [name for name in names if name != ".git"]
        if here.name == ".dvc":
            names[:] = [name for name in names if name not in ("cache", "tmp")]
            plain = [name for name in plain if name != "config.local"]  # noqa: PLW2901
        files += [here / name for name in plain]
    return sorted(files)


def _objects(store: Path) -> dict[str, object]:
    # An object's name is the MD5 of its bytes: hashing again says whether it is sound.
    listed: dict[str, object] = {}
    for directory, folders, names in os.walk(store):
        if Path(directory) == store and "tiffin" in folders:
            folders.remove("tiffin")  # what is ours alone: docs/formats/shared-cache.md
        for name in names:
            path = Path(directory, name)
            relative = path.relative_to(store).as_posix()
            status = path.lstat()
            digest = hashlib.md5(path.read_bytes()).hexdigest()
            named = re.search(r"md5/(..)/([0-9a-f]{30})(\.dir)?$", f"md5/{relative}")
            sound = named is None or named[1] + named[2] == digest
            listed[relative] = (status.st_size, oct(stat.S_IMODE(status.st_mode)), digest, sound)
    return listed


def _tree(repo: Path) -> dict[str, object]:
    cached = {
        path.stat().st_ino
        for directory, _, names in os.walk(repo / ".dvc" / "cache")
        for path in (Path(directory, name) for name in names)
    }
    tree: dict[str, object] = {}
    for path in _files(repo):
        relative = path.relative_to(repo).as_posix()
        if relative.startswith(".dvc/"):
            continue
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            tree[relative] = ("symlink", _masked(str(path.readlink()), repo))
            continue
        kind = "hardlink" if status.st_ino in cached else "file"
        # What group and others may do is the user's choice; DVC takes some of it away (0755 becomes 0744).
        owner = oct(stat.S_IMODE(status.st_mode) & stat.S_IRWXU)
        tree[relative] = (kind, owner, hashlib.md5(path.read_bytes()).hexdigest())
    return tree


def _git(repo: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=repo, check=True, capture_output=True, text=True).stdout


def _refs(repo: Path) -> dict[str, str]:
    # Experiments are committed by the clock, so their trees are compared and not their ids.  What lies below exec,
    # temp, stash and celery is each tool's own business.
    lines = _git(repo, "for-each-ref", "--format=%(refname) %(tree)").splitlines()
    own = ("refs/stash", *(f"refs/exps/{name}" for name in ("exec/", "temp/", "stash", "apply/", "celery/")))
    return dict(line.split(" ", 1) for line in lines if not line.startswith(own))

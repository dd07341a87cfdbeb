"""Refs of another repository, which git knows as a remote, by a URL or by a path.

Through the `git` program: credentials, settings and hooks are the user's.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from tiffin.errors import GitError
from tiffin.scm._git import Git
from tiffin.scm._run import Answer, Runner, git_error

__all__ = ["GitRemote", "RefUpdate"]

_AT_ONCE = 500  # refs, as each is two words of a command line
_REFUSED = "!"
_MEANWHILE = {"stale info": "somebody else changed it meanwhile", "fetch first": "somebody else changed it meanwhile"}


class RefUpdate(NamedTuple):
    """What a ref shall point to (None: it shall go), and what it points to now (None: it is not there)."""

    ref: str
    new: str | None
    old: str | None


class GitRemote:
    """A remote of a repository, as the user calls it.  directory: where a relative path counts from.

    Every method speaks with the other side, and raises GitError where it cannot be reached.
    """

    def __init__(self, git: Git, name: str, directory: str) -> None:
        if not name or name.startswith("-"):
            raise GitError(f"'{name}' is no Git remote", hint="give the name of one, a URL or a path")
        self.name = name
        self._git = Runner(git.root)
        self._known = git.remotes()
        path = os.path.join(directory, name)
        is_path = name not in self._known and "://" not in name and os.path.exists(path)
        self._address = os.path.abspath(path) if is_path else name

    def refs(self, prefix: str) -> dict[str, str]:
        """Refs below a prefix ("refs/exps/") and the ids of what they point to, by name."""
        answer = self._run("read", "ls-remote", "--quiet", "--refs", "--", self._address, f"{prefix}*")
        lines = (line.partition("\t") for line in os.fsdecode(answer.out).split("\n"))
        # A pattern of ls-remote matches the end of a name, too.  A name that moves the cursor is no honest one.
        return {ref: oid for oid, _, ref in lines if ref.startswith(prefix) and ref.isprintable()}

    def fetch(self, refs: Iterable[str]) -> None:
        """Get the objects of refs.  No ref of this repository changes."""
        # Without a map, lest the user's own refspecs for the remote move refs here.
        flags = ("--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--stdin")
        self._run("fetch from", "fetch", *flags, "--", self._address, stdin="\n".join(refs).encode())

    def push(self, updates: Iterable[RefUpdate], *, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """Update refs, each only if it is there as it was seen; give why, for each that was refused.

        environ: what git and its hooks find in their environment beside the user's.
        """
        refused: dict[str, str] = {}
        rest = iter(updates)
        while some := list(islice(rest, _AT_ONCE)):
            refused.update(self._push(some, environ))
        return refused

    def _push(self, updates: Sequence[RefUpdate], environ: Mapping[str, str] | None) -> Mapping[str, str]:
        leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        specs = [f"{update.new or ''}:{update.ref}" for update in updates]
        # Tags of the user's own commits are not what was asked for.
        flags = ("--porcelain", "--no-follow-tags")
        answer = self._run(
            "push to", "push", *flags, *leases, "--", self._address, *specs, accept=(0, 1), environ=environ
        )
        refused = dict(_refusals(answer))
        if answer.status != 0 and not refused:
            raise self._failure("push to", _reason(answer))
        return refused

    def _run(
        self,
        what: str,
        *arguments: str,
        stdin: bytes = b"",
        accept: Iterable[int] = (0,),
        environ: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self._git.run(*arguments, stdin=stdin, accept=(*accept, 128), environ=environ)
        if answer.status == 128:
            raise self._failure(what, git_error(arguments[0], answer.err).message.partition(": ")[2])
        return answer

    def _failure(self, what: str, reason: str) -> GitError:
        if self._address == self.name and self.name not in self._known and ":" not in self.name:
            known = f" (known: {', '.join(self._known)})" if self._known else ""
            add = "" if "/" in self.name else f"; `git remote add {self.name} URL` adds it"
            return GitError(
                f"there is no Git remote '{self.name}'{known}", hint=f"give the name of one, a URL or a path{add}"
            )
        hint = f"check the address and your rights there with `git ls-remote {self.name}`"
        return GitError(f"cannot {what} Git remote '{self.name}': {reason}", hint=hint)


def _refusals(answer: Answer) -> Iterator[tuple[str, str]]:
    """Ref and reason, for each line of `git push --porcelain` that says so: flag TAB from ":" to TAB text."""
    said = [line.partition(":")[2].strip() for line in _lines(answer.err) if line.startswith("remote:")]
    more = "".join(f"; it says: {words}" for words in said if words and not words.startswith("error: hook declined"))
    for line in _lines(answer.out):
        flag, _, rest = line.partition("\t")
        names, _, text = rest.partition("\t")
        if flag == _REFUSED:
            reason = text.partition("(")[2].removesuffix(")") or text
            yield names.rpartition(":")[2], _MEANWHILE.get(reason, f"{reason}{more}")


def _reason(answer: Answer) -> str:
    """Why nothing was pushed at all: a hook said no, and git tells only that."""
    lines = [line for line in _lines(answer.err) if line.strip() and "failed to push some refs" not in line]
    return lines[0].removeprefix("error: ") if lines else "refused by a hook of this repository"


def _lines(text: bytes) -> list[str]:
    return os.fsdecode(text).splitlines()

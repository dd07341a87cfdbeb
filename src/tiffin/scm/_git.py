"""One Git repository, reached through git's plumbing commands."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from tiffin.errors import GitError
from tiffin.scm._objects import Commit, GitObjects, TreeEntry, parse_tree
from tiffin.scm._root import StrPath
from tiffin.scm._run import Runner, nul_joined, nul_split

__all__ = ["Change", "Git"]

_NO_COMMIT = "0" * 40
_NO_MODE = "0" * 6


class Change(NamedTuple):
    """A path that differs: from HEAD in the index, from the index in the work tree.

    Codes as in `git status`: " " same, "M", "A", "D", "T"; "??" untracked, "U" unmerged.
    """

    path: str
    staged: str
    unstaged: str


class Git:
    """A repository with a working tree at `root` (absolute).  Paths given are absolute or relative to it.

    Nothing is kept between calls: each asks git, in one process.  All errors of git are GitError.
    foreign: not the user's own repository, so GIT_DIR and its like are not about it; it may be bare, too.
    """

    def __init__(self, root: StrPath, *, foreign: bool = False) -> None:
        self.root = os.path.abspath(root)
        self._git = Runner(self.root, foreign=foreign)

    def objects(self) -> GitObjects:
        """A reader for many objects in one process."""
        return GitObjects(self.root, foreign=self._git.foreign)

    # Names and revisions

    def resolve_rev(self, rev: str) -> str:
        """The id of the commit that a name, an abbreviation or an expression like HEAD~2 means."""
        # An id goes by unlooked at in rev-parse; a name with a leading dash would be an option.
        if rev and not rev.startswith("-"):
            answer = self._git.run("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", accept=(0, 1, 128))
            if answer.status == 0:
                return answer.out.decode().strip()
        raise GitError(f"unknown Git revision {rev!r}")

    def head(self) -> str | None:
        """The id of the commit checked out; None in a repository without commits."""
        answer = self._git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", accept=(0, 1))
        return answer.out.decode().strip() or None

    def active_branch(self) -> str | None:
        """The branch checked out, which need not have a commit yet; None where HEAD is detached."""
        answer = self._git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))
        return os.fsdecode(answer.out).strip().removeprefix("refs/heads/") or None

    def branches(self) -> list[str]:
        """Local branches, by name."""
        return [ref.removeprefix("refs/heads/") for ref in self.for_each_ref("refs/heads/")]

    def tags(self) -> list[str]:
        """Tags, by name."""
        return [ref.removeprefix("refs/tags/") for ref in self.for_each_ref("refs/tags/")]

    def annotated_tags(self) -> dict[str, tuple[str, int]]:
        """Tags that are objects of their own, by name: their commit, and when they were made, in seconds since 1970."""
        fields = "%(objecttype) %(*objectname) %(taggerdate:unix) %(refname)"
        lines = (line.split(" ", 3) for line in self._git.lines("for-each-ref", f"--format={fields}", "refs/tags/"))
        return {
            ref.removeprefix("refs/tags/"): (commit, int(time or 0))
            for kind, commit, time, ref in lines
            if kind == "tag"
        }

    def all_commits(self) -> list[str]:
        """Ids of the commits that branches and tags reach, and HEAD, the newest first."""
        if self.head() is None:
            return []
        return self._git.text("rev-list", "HEAD", "--branches", "--tags", "--remotes").split()

    def first_parents(self, rev: str, count: int) -> list[str]:
        """The id of a revision and of its ancestors along first parents, `count` in all at most; -1 for no limit."""
        return self._git.text("rev-list", "--first-parent", f"--max-count={count}", self.resolve_rev(rev)).split()

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether a commit is another one or among its ancestors; False also where one of them is not here."""
        answer = self._git.run("merge-base", "--is-ancestor", old, new, accept=(0, 1, 128))
        return answer.status == 0

    def names(self, revs: Iterable[str]) -> dict[str, str | None]:
        """A name for each commit id: the current branch, else a tag, else a branch, else None."""
        named: dict[str, str] = {}
        for prefix in ("refs/tags/", "refs/heads/"):
            for ref, commit in self.for_each_ref(prefix).items():
                named.setdefault(commit, ref.removeprefix(prefix))
        head, branch = self.head(), self.active_branch()
        if head is not None and branch is not None:
            named[head] = branch
        return {rev: named.get(rev) for rev in revs}

    # What commits hold

    def commit(self, rev: str) -> Commit:
        """A commit's parents, author, time and message."""
        with self.objects() as objects:
            return objects.commit(rev)

    def read_blob(self, rev: str, path: str) -> bytes | None:
        """A file's bytes as of a revision, path from the root; None if it is not there.  Raises for an unknown rev."""
        commit = self.resolve_rev(rev)
        with self.objects() as objects:
            return objects.blob(commit, path)

    def ls_tree(self, rev: str, path: str = "") -> list[TreeEntry]:
        """All files of a revision at or below a path, in git's order."""
        target = [f":(literal){path}"] if path else []
        commit = self.resolve_rev(rev)
        # ls-tree takes plain prefixes, never patterns, but knows the literal magic.
        return parse_tree(self._git.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *target).out)

    def diff_trees(self, old: str, new: str) -> dict[str, str | None]:
        """The files that differ between two revisions: path -> mode in the new one, None where it lacks the file."""
        # line := ':' mode ' ' mode ' ' id ' ' id ' ' letter NUL path NUL
        answer = self._git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", old, new, "--")
        words = iter(nul_split(answer.out))
        modes = ((head.split(" ")[1], path) for head, path in zip(words, words, strict=True))
        return {path: None if mode == _NO_MODE else mode for mode, path in modes}

    def sizes(self, rev: str) -> dict[str, int]:
        """The sizes of all files of a revision, by the ids of their bytes."""
        lines = nul_split(self._git.run("ls-tree", "-r", "-l", "-z", "--full-tree", self.resolve_rev(rev)).out)
        # mode ' ' kind ' ' id ' ' size TAB path; a submodule has no size
        words = (line.partition("\t")[0].split() for line in lines)
        return {oid: int(size) for _, _, oid, size in words if size != "-"}

    # The working tree

    def status(self, *, untracked: Literal["no", "normal", "all"] = "normal") -> list[Change]:
        """What differs from HEAD.  untracked "normal" gives a directory without tracked files as one path, "dir/"."""
        out = self._git.run("status", "--porcelain=v1", "-z", "--no-renames", f"--untracked-files={untracked}").out
        return [Change(line[3:], line[0], line[1]) for line in nul_split(out)]

    def tracked(self, paths: Iterable[StrPath]) -> list[str]:
        """Files in the index that are one of the paths or below one, from the root."""
        wanted = [self._inside(path) for path in paths]
        if not wanted:
            return []
        return nul_split(self._git.run("--literal-pathspecs", "ls-files", "-z", "--", *wanted).out)

    def untracked(self, paths: Iterable[StrPath], *, ignored: bool = False) -> list[str]:
        """Files that are one of the paths or below one, that git neither tracks nor ignores, from the root.

        ignored: these as well.
        """
        wanted = [self._inside(path) for path in paths]
        if not wanted:
            return []
        rules = [] if ignored else ["--exclude-standard"]
        command = ["--literal-pathspecs", "ls-files", "--others", *rules, "-z", "--", *wanted]
        return nul_split(self._git.run(*command).out)

    def is_tracked(self, path: StrPath) -> bool:
        """Whether the index holds the path, or anything below it."""
        return bool(self.tracked([path]))

    def ignored(self, paths: Iterable[str]) -> set[str]:
        """Those of the paths that ignore rules cover, tracked or not, as they were given."""
        given = {self._inside(path): path for path in paths}
        # git refuses the root itself, which nothing can ignore.
        asked = [path for path in given if path != "."]
        if not asked:
            return set()
        answer = self._git.run("check-ignore", "--no-index", "-z", "--stdin", stdin=nul_joined(asked), accept=(0, 1))
        return {given[path] for path in nul_split(answer.out)}

    def is_ignored(self, path: str) -> bool:
        """Whether an ignore rule covers the path."""
        return bool(self.ignored([path]))

    def add(self, paths: Iterable[StrPath], *, force: bool = False) -> None:
        """Stage paths, removed ones too.  Ignored ones are refused unless forced."""
        wanted = [self._inside(path) for path in paths]
        if not wanted:
            return
        options = ["--all", *(["--force"] if force else [])]
        self._git.run(
            "--literal-pathspecs",
            "add",
            *options,
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            stdin=nul_joined(wanted),
        )

    def index(self) -> dict[str, str]:
        """What the index holds: path -> mode, id and stage, as `restore_index` takes them."""
        lines = nul_split(self._git.run("ls-files", "--stage", "-z").out)
        return {path: entry for entry, _, path in (line.partition("\t") for line in lines)}

    def restore_index(self, entries: Mapping[str, str | None]) -> None:
        """Put paths back into the index as they were, or take them out (None); the files stay as they are."""
        lines = [f"{entry or f'0 {_NO_COMMIT}'}\t{path}" for path, entry in entries.items()]
        if lines:
            self._git.run("update-index", "-z", "--index-info", stdin=nul_joined(lines))

    # Writing commits and refs

    def commit_tree_from_workspace(
        self, paths: Iterable[StrPath], parent: str | None, message: str, *, base: str | None = None
    ) -> str:
        """Write a commit whose tree is `base` with these files as they are in the working tree; give its id.

        base: a revision, the parent unless given.  See `write_tree_from_workspace`.
        """
        tree = self.write_tree_from_workspace(paths, base or parent)
        return self.commit_tree(tree, [parent] if parent else [], message)

    def write_tree_from_workspace(
        self, paths: Iterable[StrPath], base: str | None, *, contents: Mapping[str, bytes] = {}
    ) -> str:
        """Write the tree of a revision with these files as they are in the working tree; give its id.

        paths: files; one that is not there is left out of the tree, ignore rules do not matter.  contents: what files
        hold instead of what they hold in the working tree.  Nothing of the user's changes: index, files, branch, refs.
        """
        with self._index_of(base) as environ:
            wanted = nul_joined(self._inside(path) for path in paths)
            options = ("--add", "--remove", "--replace", "-z", "--stdin")
            self._git.run("update-index", *options, stdin=wanted, environ=environ)
            for path, content in contents.items():
                inside = self._inside(path)
                # With the path, so that its line ends and filters are those of the file.
                blob = self._git.run("hash-object", "-w", "--stdin", f"--path={inside}", stdin=content)
                line = f"{self._mode(inside)} {blob.out.decode().strip()}\t{inside}"
                self._git.run("update-index", "-z", "--index-info", stdin=nul_joined([line]), environ=environ)
            return self._git.run("write-tree", environ=environ).out.decode().strip()

    def write_tree_of_index(self) -> str:
        """Write the tree of what is staged; give its id.  Raises GitError while a merge is unfinished."""
        return self._git.run("write-tree").out.decode().strip()

    def write_files(self, rev: str, paths: Iterable[str], directory: str) -> None:
        """Write files of a revision below an absolute directory, as a checkout would: filters, modes and links."""
        with self._index_of(rev) as environ:
            command = ["checkout-index", "--quiet", "-z", "--stdin", f"--prefix={directory}/"]
            self._git.run(*command, stdin=nul_joined(paths), environ=environ)

    @contextmanager
    def _index_of(self, tree: str | None) -> Iterator[dict[str, str]]:
        """The environment in which git has an index of its own, with a tree (None: an empty one) in it."""
        index = os.path.join(self.git_dir(), f"tiffin-index-{os.getpid()}")
        environ = {"GIT_INDEX_FILE": index}
        try:
            self._git.run("read-tree", tree or "--empty", environ=environ)
            yield environ
        finally:
            for left in (index, index + ".lock"):
                if os.path.exists(left):
                    os.unlink(left)

    def _mode(self, path: str) -> str:
        """The mode a regular file gets in a tree."""
        return "100755" if os.access(os.path.join(self.root, path), os.X_OK) else "100644"

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Write a commit of a tree; give its id.  The message's bytes stay as they are."""
        arguments = ["commit-tree", tree]
        for parent in parents:
            arguments += ["-p", parent]
        answer = self._git.run(*arguments, stdin=message.encode(), accept=(0, 128))
        if answer.status != 0:
            # Most likely nobody told git who they are, as on a build machine: an experiment must not fail for that.
            environ = {**self._ident("AUTHOR"), **self._ident("COMMITTER")}
            answer = self._git.run(*arguments, stdin=message.encode(), environ=environ)
        return answer.out.decode().strip()

    def get_ref(self, ref: str) -> str | None:
        """The id a full ref name points to; None if there is none."""
        answer = self._git.run("rev-parse", "--verify", "--quiet", ref, accept=(0, 1))
        return answer.out.decode().strip() or None

    def for_each_ref(self, prefix: str) -> dict[str, str]:
        """Refs below a prefix ("refs/exps/") and the ids of their commits (tags are followed), by name."""
        lines = self._git.lines("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", prefix)
        refs = {}
        for line in lines:
            direct, followed, ref = line.split(" ", 2)
            refs[ref] = followed or direct
        return refs

    def update_ref(self, ref: str, new: str, *, old: str | None = None, message: str = "") -> None:
        """Point a ref at a commit.  old: what it must point to now ("" for nothing yet); GitError if it does not.

        message: the reflog's line; no reflog is begun without one.
        """
        expected = [] if old is None else [old or _NO_COMMIT]
        note = ["--create-reflog", "-m", message] if message else []
        self._git.run("update-ref", *note, ref, new, *expected)

    def update_refs(self, new: Mapping[str, str | None], *, old: Mapping[str, str] | None = None) -> None:
        """Point several refs at commits, or delete them (None): all or none.

        old: what they must point to now, those that it lacks to nothing; GitError if one does not.
        """
        expected = dict.fromkeys(new, "") if old is None else {ref: old.get(ref, _NO_COMMIT) for ref in new}
        lines = [
            f"update {ref}\0{to}\0{expected[ref]}\0" if to else f"delete {ref}\0{expected[ref]}\0"
            for ref, to in new.items()
        ]
        if lines:
            self._git.run("update-ref", "-z", "--stdin", stdin="".join(lines).encode())

    def symbolic_target(self, ref: str) -> str | None:
        """The ref that a symbolic one stands for; None if it is none."""
        answer = self._git.run("symbolic-ref", "--quiet", ref, accept=(0, 1, 128))
        return os.fsdecode(answer.out).strip() or None

    def is_branch_name(self, name: str) -> bool:
        """Whether a branch may be called so."""
        # Something like @{-1} is a name of another branch.
        answer = self._git.run("check-ref-format", "--branch", name, accept=(0, 1, 128, 129))
        return answer.status == 0 and os.fsdecode(answer.out).strip() == name

    def delete_ref(self, ref: str, *, old: str | None = None) -> None:
        """Delete a ref, if it is there, not what it stands for.  old: what it must point to now."""
        self._git.run("update-ref", "--no-deref", "-d", ref, *([] if old is None else [old]))

    def reflog(self, ref: str) -> list[tuple[str, str]]:
        """What a ref pointed to, the newest first: the id, and the line's message.  [] if there is no such ref."""
        if self.get_ref(ref) is None:
            return []
        lines = self._git.lines("reflog", "show", "--format=%H %gs", ref, "--")
        return [(line[:40], line[41:]) for line in lines]

    def drop_from_reflog(self, ref: str, indexes: Iterable[int]) -> None:
        """Take lines out of a ref's reflog (0: the newest), as `git stash drop` does; without lines the ref goes."""
        for index in sorted(indexes, reverse=True):
            self._git.run("reflog", "delete", "--updateref", "--rewrite", f"{ref}@{{{index}}}")
        if not self._git.run("reflog", "show", "--format=%H", ref, "--", accept=(0, 128)).out.strip():
            self.delete_ref(ref)

    # Places

    def git_dir(self) -> str:
        """The directory of this working tree's index and HEAD; of worktrees not `.git` itself."""
        return os.path.join(self.root, self._git.text("rev-parse", "--git-dir"))

    def remotes(self) -> list[str]:
        """The names under which git knows other repositories."""
        return self._git.lines("remote")

    def common_dir(self) -> str:
        """The directory that all working trees share: refs and objects are there."""
        return os.path.join(self.root, self._git.text("rev-parse", "--git-common-dir"))

    def config(self, name: str, *, is_path: bool = False) -> str | None:
        """A setting of git, or of a path what it stands for; None where it is not set."""
        kind = ["--type=path"] if is_path else []
        answer = self._git.run("config", *kind, "--get", name, accept=(0, 1))
        return os.fsdecode(answer.out).rstrip("\n") if answer.status == 0 else None

    def _ident(self, role: str) -> dict[str, str]:
        name = self.config("user.name") or "tiffin"
        email = self.config("user.email") or "tiffin@localhost"
        return {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": email}

    def _inside(self, path: StrPath) -> str:
        relative = os.path.relpath(os.path.join(self.root, path), self.root)
        if relative == ".." or relative.startswith(".." + os.sep):
            raise GitError(f"{os.fspath(path)} is outside of the Git repository {self.root}")
        return relative

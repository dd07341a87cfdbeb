"""Workers: processes that run what waits in the queue of experiments, one after the other, until nothing waits.

    celery/tiffin-worker-N.lock    held by worker N, with its process id
    celery/tiffin-worker-N.out     what it has to say

DVC's workers take from the same queue; they are told apart by their own files (dvc-exp-worker-N.*).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import sleep

from tiffin.errors import ExperimentError, LockHeld, TiffinError
from tiffin.experiments.queue import (
    DONE,
    FAILED,
    FAILED_RUN,
    QUEUED,
    Entry,
    Execution,
    Message,
    Process,
    Queue,
    RunFiles,
    Stashed,
    Task,
    drop,
    push,
)
from tiffin.fs import FileLock
from tiffin.repo._repo import EXPERIMENTS, Repo
from tiffin.repo.apart import working_tree
from tiffin.repo.queueing import Stash, queue_of, refs_held
from tiffin.repo.revisions import States

__all__ = ["kill", "start_workers", "stop_workers", "work", "workers"]

_LOCATION = "dvc-task"  # where DVC says that a queued experiment runs
_TRIES, _PAUSE_S = 200, 0.02


def start_workers(repo: Repo, count: int) -> int:
    """Start workers until `count` are at work; give the number of those started.  They outlive this process."""
    directory = _directory(repo)
    os.makedirs(directory, exist_ok=True)
    started = 0
    for number in range(1, count + 1):
        if _pid(_lock(repo, number)) is not None:
            continue
        with open(f"{directory}/tiffin-worker-{number}.out", "wb") as log:
            process = _start(repo, ["exp", "queue-worker", str(number)], log.fileno())
        started += 1
        for _ in range(_TRIES):  # so that who asks next sees it
            if _pid(_lock(repo, number)) is not None or process.poll() is not None:
                break
            sleep(_PAUSE_S)
        process.returncode = process.returncode or 0  # nobody waits for it, which Popen would complain of
    return started


def workers(repo: Repo) -> list[int]:
    """The process ids of the workers at work."""
    try:
        names = os.listdir(_directory(repo))
    except FileNotFoundError:
        return []
    numbers = [name[14:-5] for name in names if name.startswith("tiffin-worker-") and name.endswith(".lock")]
    found = [_pid(_lock(repo, int(number))) for number in numbers if number.isdecimal()]
    return [pid for pid in found if pid is not None]


def stop_workers(repo: Repo) -> int:
    """Let the workers end once what they run has; give their number."""
    found = workers(repo)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return len(found)


def kill(repo: Repo, tasks: Sequence[Task], *, force: bool = False) -> None:
    """Interrupt experiments that run, as Ctrl-C would; by force end them at once.  They count as failed.

    Raises ExperimentError for one that has not begun.
    """
    queue = queue_of(repo)
    for task in tasks:
        process = task.process
        if process is not None and process.lives:
            for group in _groups(process.pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL if force else signal.SIGINT)
        elif os.path.exists(queue.run(task.commit).lock):
            raise ExperimentError(f"experiment '{task.name}' is being prepared", hint="try again in a moment")
        else:
            queue.finish(task.message, ok=False, when=_iso(0.0))  # DVC's worker is gone, and nobody else will say so


def work(repo: Repo, number: int, now: Callable[[], float]) -> None:
    """Be worker `number`: run what waits until nothing does, or somebody asks to stop.  now: seconds since 1970."""
    queue = queue_of(repo)
    with suppress(LockHeld), _lock(repo, number), _stoppable() as stopped:  # held: there is such a worker already
        while not stopped():
            with queue.take() as task:
                if task is None:
                    return
                _run(repo, queue, task.message, now)


def _run(repo: Repo, queue: Queue, message: Message, now: Callable[[], float]) -> None:
    """Run one experiment in a process of its own, and say how it ended.  What it writes is kept."""
    entry = message.entry
    files = queue.run(entry.stash_rev)
    begun = False
    with open(files.log, "wb") as log:
        try:
            with working_tree(repo, Stash(entry.stash_rev, entry.baseline_rev, entry.name or "")) as apart:
                files.write_execution(_execution(apart, entry))
                begun = True
                _wait(repo, files, message, log.fileno())
        except (TiffinError, OSError) as error:
            log.write(f"ERROR: {error}\n".encode())
    _collect(repo, files, entry)
    queue.finish(message, ok=begun, when=_iso(now()))


def _execution(apart: Repo, entry: Entry) -> Execution:
    place = States(apart).git.root
    return Execution(
        git_url=f"file://{place}",
        baseline_rev=entry.baseline_rev,
        location=_LOCATION,
        root_dir=place,
        dvc_dir=os.path.relpath(apart.metadata, place),
        name=entry.name,
        wdir=os.path.relpath(os.path.join(apart.root, apart.directory), place),
    )


def _wait(repo: Repo, files: RunFiles, message: Message, log: int) -> None:
    paths = [word for path in message.copy_paths for word in ("--copy-paths", path)]
    text = ["--message", message.text] if message.text is not None else []
    process = _start(repo, ["exp", "exec-run", "--infofile", files.info, *paths, *text], log)
    files.write_process(Process(process.pid, None, files.log, None, None))
    code = process.wait()
    files.write_process(Process(process.pid, None, files.log, None, 128 - code if code < 0 else code))


def _collect(repo: Repo, files: RunFiles, entry: Entry) -> None:
    """Take it out of what waits; what failed is kept with the failed ones, so that nothing of it is lost."""
    execution = files.execution()
    git = States(repo).git
    good = execution is not None and execution.result_ref is not None
    if execution is not None:
        files.write_execution(execution._replace(status=DONE if good else FAILED_RUN))
    if not good:
        what = Stashed(entry.head_rev or entry.baseline_rev, entry.baseline_rev, entry.name or "", entry.branch)
        with refs_held(repo, FAILED):
            push(git, FAILED, entry.stash_rev, what)
    with refs_held(repo, entry.stash_ref if entry.stash_ref == QUEUED else QUEUED):
        drop(git, QUEUED, [entry.stash_rev])


def _start(repo: Repo, arguments: Sequence[str], log: int) -> "subprocess.Popen[bytes]":
    """Start tiffin at the repository's root, in a session of its own."""
    environment = {name: value for name, value in repo.environment.items() if not name.startswith("GIT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tiffin", *arguments],
        cwd=repo.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked to stop, which interrupts nothing."""
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGTERM, before)


def _groups(session: int) -> list[int]:
    """The process groups of a session: stages that run side by side have one each.  The leader's comes last."""
    found = {session}
    with suppress(OSError):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with suppress(OSError):
                if os.getsid(int(name)) == session:
                    found.add(os.getpgid(int(name)))
    return [*sorted(found - {session}), session]


def _lock(repo: Repo, number: int) -> FileLock:
    return FileLock(f"{_directory(repo)}/tiffin-worker-{number}.lock")


def _pid(lock: FileLock) -> int | None:
    """The process that holds a worker's lock; None if nobody does."""
    with lock.if_free() as free:
        return None if free else lock.owner()


def _directory(repo: Repo) -> str:
    return f"{repo.metadata}/{EXPERIMENTS}/celery"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()

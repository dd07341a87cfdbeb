"""Workers: processes that run what waits in the queue of experiments, one after the other, until nothing waits.

    celery/tiffin-worker-N.lock    held by worker N, with its process id
    celery/tiffin-worker-N.stop    it was asked to stop, and ends after what it runs
    celery/tiffin-worker-N.out     what it has to say

DVC's workers take from the same queue; they are told apart by their own files (dvc-exp-worker-N.*).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
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
    Taken,
    Task,
    drop,
    push,
)
from tiffin.fs import FileLock, remove_quietly, write_atomically
from tiffin.repo._repo import EXPERIMENTS, Repo
from tiffin.repo.apart import Place, clear_working_trees, working_tree
from tiffin.repo.queueing import Stash, queue_of, refs_held, tasks
from tiffin.repo.revisions import States
from tiffin.scm import OF_THE_USER

__all__ = ["clean", "kill", "start_workers", "stop_workers", "work", "workers"]

_LOCATION = "dvc-task"  # where DVC says that a queued experiment runs
_TRIES, _PAUSE_S = 500, 0.02


def start_workers(repo: Repo, wanted: int) -> int:
    """Start workers until so many are at work; give the number of those started.  They outlive this process.

    Raises ExperimentError if one cannot be started.
    """
    directory = _directory(repo)
    os.makedirs(directory, exist_ok=True)
    missing = max(0, wanted - len(workers(repo)))
    free = (number for number in count(1) if _lock(repo, number).holder() is None)
    for number, _ in zip(free, range(missing), strict=False):
        _start_worker(repo, number, f"{directory}/tiffin-worker-{number}")
    return missing


def workers(repo: Repo, *, stopping: bool = False) -> dict[int, int]:
    """The workers at work: number -> process id.  stopping: also those that were asked to end after what they run."""
    found = {number: _lock(repo, number).holder() for number in _numbers(repo)}
    return {
        number: pid
        for number, pid in found.items()
        if pid is not None and (stopping or not os.path.exists(f"{_directory(repo)}/tiffin-worker-{number}.stop"))
    }


def stop_workers(repo: Repo) -> int:
    """Let the workers end once what they run has; give their number."""
    found = workers(repo)
    for number in found:
        write_atomically(f"{_directory(repo)}/tiffin-worker-{number}.stop", "", durable=False)
    return len(found)


def kill(repo: Repo, wanted: Sequence[Task], *, force: bool = False) -> None:
    """Interrupt experiments that run, as Ctrl-C would; by force end them at once.  They count as failed.

    Raises ExperimentError for those that have no process at the moment, once all others are told.
    """
    queue = queue_of(repo)
    without = []
    for task in wanted:
        if task.process is not None and task.process.lives:
            _signal(task.process.pid, force=force)
        elif force and not os.path.lexists(queue.run(task.commit).lock):
            queue.finish(task.message, ok=False, when=_iso(0.0))  # DVC's worker is gone, and nobody else will say so
        else:
            without.append(task.name)
    if without:
        raise ExperimentError(
            f"no process to end: {', '.join(without)}: these experiments are being prepared, or their results kept",
            hint="try again in a moment; if DVC's worker is gone that took one of them, -f says that it failed",
        )


def clean(repo: Repo, now: Callable[[], float]) -> int:
    """Remove working trees that nobody has any more, and say of tasks whose workers were killed how they ended.

    Gives the number of trees.
    """
    queue = queue_of(repo)
    for task in tasks(repo, ["Failed", "Success"]):
        if not queue.has_ended(task.message):
            _end(repo, queue, task.message, queue.run(task.commit), now, begun=task.execution is not None)
    return clear_working_trees(repo)


def work(repo: Repo, number: int, now: Callable[[], float]) -> None:
    """Be worker `number`: run what waits until nothing does, or somebody asks to stop.  now: seconds since 1970."""
    queue = queue_of(repo)
    asked_to_stop = f"{_directory(repo)}/tiffin-worker-{number}.stop"
    # Once more: who queued something in the last moment saw a worker, and started none.
    for _ in range(2):
        with suppress(LockHeld), _lock(repo, number):  # held: there is such a worker already
            _work_off(repo, queue, now, lambda: os.path.exists(asked_to_stop))
        if not queue.waiting():
            break
    if _lock(repo, number).holder() is None:
        remove_quietly(asked_to_stop)


def _work_off(repo: Repo, queue: Queue, now: Callable[[], float], stopped: Callable[[], bool]) -> None:
    while not stopped():
        with queue.take() as taken:
            if taken is None:
                return
            _run(repo, queue, taken, now)


def _run(repo: Repo, queue: Queue, taken: Taken, now: Callable[[], float]) -> None:
    """Run one experiment in a process of its own, and say how it ended.  What it writes is kept."""
    entry = taken.message.entry
    files = queue.run(entry.stash_rev)
    begun = False
    with open(files.log, "wb") as log:
        try:
            with working_tree(repo, Stash(entry.stash_rev, entry.baseline_rev, entry.name or "")) as place:
                files.write_execution(_execution(place, entry))
                begun = True
                _wait(repo, files, taken, place, log.fileno())
            _end(repo, queue, taken.message, files, now, begun=begun)
        # Others wait, too: what is wrong with this one is said in its log.
        except (TiffinError, OSError) as error:
            log.write(f"ERROR: {error}\n".encode())
            log.flush()
            _end(repo, queue, taken.message, files, now, begun=begun)


def _execution(place: Place, entry: Entry) -> Execution:
    root = States(place.repo).git.root
    return Execution(
        git_url=f"file://{root}",
        baseline_rev=entry.baseline_rev,
        location=_LOCATION,
        root_dir=root,
        dvc_dir=os.path.relpath(place.repo.metadata, root),
        name=entry.name,
        wdir=os.path.relpath(os.path.join(place.repo.root, place.repo.directory), root),
    )


def _wait(repo: Repo, files: RunFiles, taken: Taken, place: Place, log: int) -> None:
    message = taken.message
    paths = [word for path in message.copy_paths for word in ("--copy-paths", path)]
    text = ["--message", message.text] if message.text is not None else []
    # It has the locks as well: if this worker is killed, the run goes on, and so does whoever asks see it.
    words = ["exp", "exec-run", "--infofile", files.info, *paths, *text]
    process = _start(repo, words, log, inherited=(taken.lock, place.lock))
    files.write_process(Process(process.pid, None, files.log, None, None))
    code = process.wait()
    files.write_process(Process(process.pid, None, files.log, None, 128 - code if code < 0 else code))


def _end(repo: Repo, queue: Queue, message: Message, files: RunFiles, now: Callable[[], float], *, begun: bool) -> None:
    """Take it out of what waits, and say that it is over; what failed is kept with the failed ones."""
    entry, execution = message.entry, files.execution()
    good = execution is not None and execution.result_ref is not None
    if execution is not None:
        files.write_execution(execution._replace(status=DONE if good else FAILED_RUN))
    try:
        if not good:
            what = Stashed(entry.head_rev or entry.baseline_rev, entry.baseline_rev, entry.name or "", entry.branch)
            with refs_held(repo, FAILED):
                push(States(repo).git, FAILED, entry.stash_rev, what)
        with refs_held(repo, QUEUED):
            drop(States(repo).git, QUEUED, [entry.stash_rev])
    except TiffinError as error:  # where it started from stays where it is
        with open(files.log, "ab") as log:
            log.write(f"WARNING: {error}\n".encode())
    queue.finish(message, ok=begun, when=_iso(now()))


def _start_worker(repo: Repo, number: int, stem: str) -> None:
    remove_quietly(f"{stem}.stop")
    with open(f"{stem}.out", "wb") as log:
        process = _start(repo, ["exp", "queue-worker", str(number)], log.fileno())
    for _ in range(_TRIES):  # so that who asks next sees it
        if _lock(repo, number).holder() is not None or process.poll() is not None:
            break
        sleep(_PAUSE_S)
    if process.returncode:
        with open(f"{stem}.out", encoding="utf-8", errors="replace") as log_file:
            said = log_file.read().strip().splitlines()[-1:]
        raise ExperimentError(f"no worker could be started: {''.join(said)}", hint=f"all it said is in {stem}.out")
    process.returncode = 0  # nobody waits for it, which Popen would complain of


def _start(repo: Repo, arguments: Sequence[str], log: int, inherited: Sequence[int] = ()) -> "subprocess.Popen[bytes]":
    """Start tiffin at the repository's root, in a session of its own."""
    environment = {name: value for name, value in repo.environment.items() if name not in OF_THE_USER}
    return subprocess.Popen(
        # -P: no module of the user's that happens to be called like one of ours, or of Python's.
        [sys.executable, "-P", "-m", "tiffin", *arguments],
        cwd=repo.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=inherited,
    )


def _signal(pid: int, *, force: bool) -> None:
    """To the process of a run; ours leads a session, DVC's is in a group with its worker."""
    with suppress(ProcessLookupError, PermissionError):
        if os.getsid(pid) != pid:
            if force:
                os.kill(pid, signal.SIGKILL)
            else:
                os.killpg(os.getpgid(pid), signal.SIGINT)
        elif force:
            for group in _groups(pid):
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGINT)  # which tells the stages that have groups of their own


def _groups(session: int) -> list[int]:
    """The process groups of a session: stages that run side by side have one each.  The leader's comes last."""
    found = set()
    with suppress(OSError):  # no /proc
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with suppress(OSError):
                if os.getsid(int(name)) == session:
                    found.add(os.getpgid(int(name)))
    return [*sorted(found - {session}), session]


def _numbers(repo: Repo) -> list[int]:
    try:
        names = os.listdir(_directory(repo))
    except FileNotFoundError:
        return []
    start, end = "tiffin-worker-", ".lock"
    numbers = (name[len(start) : -len(end)] for name in names if name.startswith(start) and name.endswith(end))
    return sorted(int(number) for number in numbers if number.isdecimal())


def _lock(repo: Repo, number: int) -> FileLock:
    return FileLock(f"{_directory(repo)}/tiffin-worker-{number}.lock")


def _directory(repo: Repo) -> str:
    return f"{repo.metadata}/{EXPERIMENTS}/celery"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()

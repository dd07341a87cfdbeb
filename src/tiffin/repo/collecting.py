"""Removing objects that nothing needs any more: `gc`."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from tiffin.errors import TiffinError
from tiffin.objects.collecting import Garbage, find_garbage, inventory, remove_garbage, stale_leftovers
from tiffin.repo._keeping import GRACE_S, Kept, Place, Request
from tiffin.repo._leftovers import remove_project_leftovers
from tiffin.repo._neighbours import lock_all
from tiffin.repo._repo import Repo
from tiffin.repo._used import Scope

__all__ = ["GRACE_S", "Collected", "Request", "Scope", "gc"]


class Collected(NamedTuple):
    """What was removed from one place, or would be.

    place: "repo", "legacy" (objects of DVC 2) or "remote"; young: objects that nothing needs and that stayed because of
    their age; paths: of the objects, only when dry.
    """

    place: str
    objects: int
    bytes: int
    young: int
    paths: Sequence[str] = ()


def gc(repo: Repo, request: Request, *, warn: Callable[[str], None] = lambda _text: None) -> list[Collected]:
    """Remove the objects that nothing in scope names; tell what was removed from each place.

    Nothing is removed before it is known everywhere what has to stay.  Raises ScopeUnreadable if that cannot be told,
    LockHeld if the project, or one that shares its cache, is in use.
    """
    with ExitStack() as held:
        neighbours = lock_all(repo, request.projects, held, dry=request.dry, warn=warn)
        places = list(Kept(repo, request, neighbours, warn).places())
        found = [inventory(place.store, repo.progress) for place in places]
        garbage = [
            find_garbage(here, place.files, place.listings, before_ns=place.before_ns)
            for place, here in zip(places, found, strict=True)
        ]
        if request.dry:
            return [_told(place, rubbish) for place, rubbish in zip(places, garbage, strict=True)]
        done = [_sweep(repo, place, rubbish) for place, rubbish in zip(places, garbage, strict=True)]
        for place, here in zip(places, found, strict=True):
            _remove_leftovers(place, here.others)
        with suppress(TiffinError):  # of a project that cannot be read, and need not be
            remove_project_leftovers(repo)
        return done


def _told(place: Place, garbage: Garbage) -> Collected:
    paths = [place.store.path(oid) for oid in garbage.ids()]
    return Collected(place.kind, len(garbage), garbage.size(), garbage.young, paths)


def _sweep(repo: Repo, place: Place, garbage: Garbage) -> Collected:
    swept = remove_garbage(place.store, garbage, before_ns=place.before_ns, progress=repo.progress)
    return Collected(place.kind, swept.objects, swept.bytes, garbage.young + len(garbage) - swept.objects)


def _remove_leftovers(place: Place, names: Sequence[str]) -> None:
    root = place.store.root
    for name in stale_leftovers(root, names, now_ns=place.now_ns, before_ns=place.before_ns):
        with suppress(OSError):
            os.unlink(f"{root}/{name}")

"""Queued experiments as messages of Celery's file transport, which DVC's workers take, too.

    file     := "broker/in/" milliseconds "_" uuid ".celery.msg", and "broker/processed/..." once somebody took it
    message  := {"body": base64, "headers": {"task": TASK, "id": uuid, ...}, "properties": {...}, ...}     JSON
    body     := [[entry], {"copy_paths": [path, ...], "message": text | null}, {}]                           JSON
    entry    := {"dvc_root", "scm_root", "stash_ref", "stash_rev", "baseline_rev", "branch", "name", "head_rev"}

Source: Celery's message protocol 2, kombu's file system transport.
"""

import base64
import binascii
import json
from typing import Any, NamedTuple

__all__ = ["Entry", "Message", "pack_message", "unpack_message"]

_HEX = frozenset("0123456789abcdef-")
_IDS = (40, 64)  # lengths of ids in Git
TASK = "dvc.repo.experiments.queue.tasks.run_exp"


class Entry(NamedTuple):
    """What is to be run: a stashed commit of a repository.  dvc_root, scm_root: absolute."""

    dvc_root: str
    scm_root: str
    stash_ref: str
    stash_rev: str
    baseline_rev: str
    branch: str | None
    name: str | None
    head_rev: str | None


class Message(NamedTuple):
    """id: Celery's.  copy_paths: files that Git does not have and the run needs.  text: for the result's commit."""

    id: str
    entry: Entry
    copy_paths: tuple[str, ...] = ()
    text: str | None = None


def pack_message(message: Message, *, delivery: str) -> bytes:
    """The file's bytes.  delivery: a name of its own, a UUID."""
    entry = message.entry._asdict()
    options = {"copy_paths": list(message.copy_paths), "message": message.text}
    nothing = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([[entry], options, nothing])
    headers: dict[str, Any] = {
        "lang": "py",
        "task": TASK,
        "id": message.id,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": message.id,
        "parent_id": None,
        "argsrepr": repr((entry,)),
        "kwargsrepr": repr(options),
        "origin": "tiffin",
        "ignore_result": False,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }
    properties = {
        "correlation_id": message.id,
        "reply_to": delivery,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "celery"},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": delivery,
    }
    whole = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(whole).encode()


def unpack_message(content: bytes) -> Message | None:
    """What a file says; None for one that says something else, or nothing yet."""
    try:
        whole = json.loads(content)
        headers = whole["headers"]
        if headers["task"] != TASK:
            return None
        arguments, options, _ = json.loads(base64.b64decode(whole["body"]))
        given = options["entry_dict"] if "entry_dict" in options else arguments[0]
        entry = Entry(**{"head_rev": None, **given})
        paths = options.get("copy_paths") or ()
        message = Message(headers["id"], entry, tuple(paths), options.get("message"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, binascii.Error, RecursionError):
        return None
    return message if _is_sound(message) else None


def _is_sound(message: Message) -> bool:
    entry = message.entry
    needed: list[Any] = [message.id, *entry[:5], *message.copy_paths]
    allowed = [*entry[5:], message.text]
    return (
        all(isinstance(text, str) for text in needed)
        and all(text is None or isinstance(text, str) for text in allowed)
        # Both become parts of file names.
        and _HEX.issuperset(message.id)
        and _HEX.issuperset(entry.stash_rev)
        and len(entry.stash_rev) in _IDS
    )

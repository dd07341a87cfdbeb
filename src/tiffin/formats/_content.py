"""Checksums and sizes of one path: the part that .dvc files and dvc.lock share."""

from collections.abc import Mapping
from typing import Any

from tiffin.formats._schema import Each, Either, Items, Keys, Rule
from tiffin.formats.values import Content

__all__ = ["CONTENT_KEYS", "content_of", "describe"]

_CHECKSUM = Either(str, int, None)
_META: dict[str, Rule] = {"size": int, "nfiles": int, "isexec": bool, "version_id": str}
_CHECKSUMS: dict[str, Rule] = {"md5": _CHECKSUM, "checksum": _CHECKSUM, "etag": _CHECKSUM}
_CLOUD = Each(Keys({**_META, **_CHECKSUMS}), most=1)

CONTENT_KEYS: dict[str, Rule] = {
    **_CHECKSUMS,
    **_META,
    "hash": str,
    "cloud": _CLOUD,
    "files": Items(Keys({**_CHECKSUMS, **_META, "relpath": str, "cloud": _CLOUD}, required=("relpath",))),
}
_EXTRA = ("version_id", "etag", "checksum", "cloud", "files")
_EXTRA_KEYS = frozenset(_EXTRA)
_MD5_DIGITS = 32


def content_of(item: Mapping[str, Any]) -> Content | None:
    """Read what is known of a path; None when nothing is."""
    get = item.get
    oid = get("md5")
    legacy = "hash" not in item
    extra = {} if _EXTRA_KEYS.isdisjoint(item) else {key: item[key] for key in _EXTRA if key in item}
    if legacy and oid is None and not extra and "size" not in item and not get("isexec"):
        return None
    if isinstance(oid, int):
        oid = f"{oid:0{_MD5_DIGITS}d}"  # digits only, and somebody took the quotes away
    return Content(oid or None, get("size"), get("nfiles"), get("isexec", False), legacy, extra)


def describe(content: Content) -> dict[str, Any]:
    """Give checksum, sizes and what is known beside them in DVC's order, without `hash` and `files`."""
    item: dict[str, Any] = {}
    if content.oid is not None:
        item["md5"] = content.oid
    else:
        # Outside the repository another checksum takes md5's place at the front.
        item.update({key: content.extra[key] for key in ("checksum", "etag") if key in content.extra})
    if content.size is not None:
        item["size"] = content.size
    if content.nfiles is not None:
        item["nfiles"] = content.nfiles
    if content.isexec:
        item["isexec"] = True
    item.update({key: content.extra[key] for key in _EXTRA[:-1] if key in content.extra and key not in item})
    return item

"""Checksums over values by way of JSON: sorted keys, ", " and ": ", ASCII only.

DVC keeps these in files and in file names, so the JSON must not change by a byte.
"""

import json
from collections.abc import Collection
from hashlib import md5 as _md5
from hashlib import sha256 as _sha256
from typing import Any

__all__ = ["md5", "sha256", "without"]


def md5(value: Any) -> str:
    """Hex MD5 of the value's JSON."""
    return _md5(_json(value), usedforsecurity=False).hexdigest()


def sha256(value: Any) -> str:
    """Hex SHA-256 of the value's JSON."""
    return _sha256(_json(value)).hexdigest()


def without(value: Any, keys: Collection[str]) -> Any:
    """Give value less these keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(child, keys) for key, child in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(child, keys) for child in value]
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()  # dates are text here

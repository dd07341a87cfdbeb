"""Sizes as people write them."""

__all__ = ["bytes_of"]

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}


def bytes_of(text: str) -> int | None:
    """A size such as 512M or 8GB, in bytes; None if it is none."""
    lowered = text.strip().lower().removesuffix("b").removesuffix("i")
    number, unit = (lowered[:-1], lowered[-1]) if lowered[-1:].isalpha() else (lowered, "")
    try:
        size = float(number) * _UNITS[unit]
    except (KeyError, ValueError):
        return None
    return int(size) if 0 <= size < 2**63 else None

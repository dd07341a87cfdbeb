"""Numbers as people read them."""

__all__ = ["human_size"]

_UNITS = "kMGTPEZ"


def human_size(size: float) -> str:
    """Bytes with three digits and a binary unit, as DVC shows them: 139, 4.00k, 1.50G."""
    if size < 1024:
        return f"{size:.0f}"
    for unit in _UNITS:
        size /= 1024
        if size < 999.5:
            digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
            return f"{size:.{digits}f}{unit}"
    return f"{size / 1024:.1f}Y"

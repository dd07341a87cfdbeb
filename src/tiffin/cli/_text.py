"""Numbers and times as people read them."""

import time

__all__ = ["human_size", "shown_time"]

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


def shown_time(seconds: float) -> str:
    """A moment since 1970, where the reader is: of today the time, else the date."""
    local = time.localtime(seconds)
    return time.strftime("%I:%M %p" if local[:3] == time.localtime()[:3] else "%b %d, %Y", local)

"""The word that was probably meant."""

from collections.abc import Iterable

__all__ = ["nearest"]

_MANY = 500  # words that are compared letter by letter; of more, those that begin or end like the one in question


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word most like this one, if one is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, needed for errors only

    words = list(known)
    if len(words) > _MANY:
        # A file of a hundred thousand parameters has many that are a little alike.
        words = [other for other in words if abs(len(other) - len(word)) <= 2]
        words = sorted(words, key=lambda other: -_shared(word, other))[:_MANY]
    return next(iter(get_close_matches(word, words, n=1)), None)


def _shared(one: str, other: str) -> int:
    """How many letters they have in common at both ends."""
    least = min(len(one), len(other))
    head = next((n for n in range(least) if one[n] != other[n]), least)
    tail = next((n for n in range(least - head) if one[-1 - n] != other[-1 - n]), least - head)
    return head + tail

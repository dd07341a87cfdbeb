"""Which stages come next."""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

__all__ = ["Plan"]


class Plan:
    """Hands out stages in a given order, each once all it needs of the others is finished."""

    def __init__(self, order: Sequence[int], needs: Sequence[Iterable[int]] | None = None) -> None:
        """needs: for each stage the stages it needs; None: the order alone decides."""
        self._order = order
        self.rank = {number: rank for rank, number in enumerate(order)}
        wanted = {number: [n for n in needs[number] if n in self.rank] for number in order} if needs is not None else {}
        self._missing = {number: len(found) for number, found in wanted.items()}
        self._needed_by: dict[int, list[int]] = {}
        for number, found in wanted.items():
            for needed in found:
                self._needed_by.setdefault(needed, []).append(number)
        self._ready = [self.rank[number] for number in order if not self._missing.get(number)]
        heapify(self._ready)
        self._skipped: set[int] = set()

    def next(self) -> int | None:
        """The first stage that may be visited now; it is not given again."""
        while self._ready:
            number = self._order[heappop(self._ready)]
            if number not in self._skipped:
                return number
        return None

    def put_back(self, numbers: Iterable[int]) -> None:
        """Stages that had to wait may be visited after all."""
        for number in numbers:
            heappush(self._ready, self.rank[number])

    def finished(self, number: int) -> None:
        """What needs the stage need not wait for it any longer."""
        for other in self._needed_by.pop(number, ()):
            self._missing[other] -= 1
            if not self._missing[other]:
                heappush(self._ready, self.rank[other])

    def skip(self, numbers: Iterable[int]) -> None:
        """Do not give these."""
        self._skipped.update(numbers)

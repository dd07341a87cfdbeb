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
        self._passed: set[int] = set()  # ranks of stages that need not be come back to
        self._front = 0  # ranks below are passed

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

    def is_ahead(self, number: int) -> bool:
        """Whether a stage comes after one that is not finished yet: in order, it would not have had its turn."""
        while self._front in self._passed:
            self._passed.remove(self._front)
            self._front += 1
        return self.rank[number] > self._front

    def finished(self, number: int) -> None:
        """What needs the stage need not wait for it any longer."""
        self._passed.add(self.rank[number])
        for other in self._needed_by.pop(number, ()):
            self._missing[other] -= 1
            if not self._missing[other]:
                heappush(self._ready, self.rank[other])

    def skip(self, numbers: Iterable[int]) -> None:
        """Do not give these."""
        for number in numbers:
            self._skipped.add(number)
            if number in self.rank:
                self._passed.add(self.rank[number])

"""Slow twins of the native kernels: the same steps in NumPy's float32, one number at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tiffin._native.learning import table_row
from tiffin.models import Model

F = np.float32

# (key, value) of each feature, and the label
Row = tuple[float, Sequence[tuple[int, float]]]


def slope(loss: str, score: np.float32, label: float) -> np.float32:
    return F(mean(loss, score) - F(label > 0 if loss == "logistic" else label))


def mean(loss: str, score: np.float32) -> np.float32:
    if loss == "logistic":
        return F(F(1) / F(F(1) + np.exp(F(-np.clip(score, -20, 20)))))
    return F(np.exp(min(score, F(30)))) if loss == "poisson" else score


def value(loss: str, given: np.float32, label: float) -> float:
    score = float(given)
    if loss == "logistic":
        margin = score if label > 0 else -score
        return math.log1p(math.exp(-margin)) if margin > 0 else math.log1p(math.exp(margin)) - margin
    return float(mean(loss, F(score))) - label * score if loss == "poisson" else 0.5 * (score - label) ** 2


def step(name: str, alpha: float, beta: float, l1: float, l2: float, weight, state, gradient, x):
    """The weight and the state after one step."""
    alpha, beta, l1, l2 = (F(x) for x in (alpha, beta, l1, l2))  # type: ignore[assignment]
    if name == "sgd":
        return F(weight - alpha * F(gradient + l2 * weight)), state
    if name == "adagrad":
        gradient = F(gradient + l2 * weight)
        total = F(state[0] + gradient * gradient)
        return F(weight - F(alpha * gradient) / F(beta + np.sqrt(total))), [total]
    if name == "ftrl" and l1 == 0:  # the weight says what z is
        root = np.sqrt(F(state[0] * state[0] + gradient * gradient))
        divisor = F(F(beta + F(alpha * l2)) + root)
        return F(weight - F(F(alpha * gradient) / divisor)) if divisor > 0 else weight, [root]
    if name == "ftrl":
        root = np.sqrt(F(state[1] * state[1] + gradient * gradient))
        z = F(F(state[0] + gradient) - F(F(F(root - state[1]) / alpha) * weight))
        beyond = F(abs(z) - l1)
        against = F(alpha * -np.copysign(beyond, z))
        return F(against / F(F(beta + F(alpha * l2)) + root)) if beyond > 0 else F(0), [z, root]
    total, largest = state
    if abs(x) > largest:
        weight, largest = F(weight * F(largest / F(abs(x)))), F(abs(x))
    if gradient == 0:
        return weight, [total, largest]
    gradient = F(gradient + l2 * weight)
    total = F(total + gradient * gradient)
    return F(weight - F(alpha * gradient) / F(np.sqrt(total) * largest)), [total, largest]


def faded(name: str, factor: float, alpha: float, beta: float, l1: float, l2: float, weight, state):
    """The weight and the state after a pass."""
    factor, alpha, beta, l1, l2 = (F(x) for x in (factor, alpha, beta, l1, l2))  # type: ignore[assignment]
    if name != "ftrl":
        return F(weight * factor), [F(state[0] * factor), *state[1:]] if state else state
    least = F(beta + F(alpha * l2))
    if l1 == 0:
        z, root = F(F(weight * F(least + state[0])) * factor), F(state[0] * np.sqrt(factor))
        return F(z / F(least + root)), [root]
    z, root = F(state[0] * factor), F(state[1] * np.sqrt(factor))
    beyond = F(abs(z) - l1)
    return F(F(alpha * -np.copysign(beyond, z)) / F(least + root)) if beyond > 0 else F(0), [z, root]


def mix(key: int, seed: int) -> int:
    """A key scattered over 64 bits."""
    product = (key ^ 0xE7037ED1A0B428DB) * (seed ^ 0xA0761D6478BD642F)
    return (product ^ product >> 64) & (1 << 64) - 1


def first_vectors(model: Model, key: int) -> np.ndarray:
    """What the latent vectors of a row begin as, (vectors, k): one, or for ffm one a field."""
    vectors = np.empty((max(model.fields, 1), model.k), np.float32)
    reach = F(F(model.first) / np.sqrt(F(model.k)))
    random = mix(key, model.seed)
    for vector in vectors:
        for f in range(model.k):
            random = mix((random + f + 1) % (1 << 64), model.seed)
            vector[f] = F(reach * F(F(random >> 40) * F(2**-23) - F(1)))
    return vectors


def _by_field(places):
    return [(place, x, key >> 48) for place, x, key in places]


OPTIMIZERS = ("adagrad", "ftrl", "normalized", "sgd")


def states_of(name: str, l1: float) -> int:
    """Numbers that are kept beside a weight."""
    return {"sgd": 0, "adagrad": 1, "ftrl": 2 if l1 > 0 else 1, "normalized": 2}[name]


@dataclass
class Twin:
    """A model as dictionaries from rows of the table, each vector one number at a time."""

    model: Model
    weights: dict[int, np.float32] = field(default_factory=dict)
    states: dict[int, list] = field(default_factory=dict)
    vectors: dict[int, np.ndarray] = field(default_factory=dict)  # (vectors, k)
    vector_states: dict[int, np.ndarray] = field(default_factory=dict)  # (vectors, states, k)
    bias: np.float32 = field(default_factory=lambda: F(0))
    bias_state: list = field(default_factory=lambda: [F(0), F(0)])
    loss: float = 0.0
    least: float = math.inf  # gradient of a number of a vector that was not 0
    # Of an exact table: how often keys without a row were seen; when a key was seen last, and rows were last looked through.
    sightings: dict[int, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    clock: int = 0
    expired: int = 0

    def learn(self, rows: Sequence[Row]) -> None:
        """One block of examples."""
        if self.model.ttl > 0 and self.clock - self.expired > max(self.model.ttl // 4, 1):
            self._expire()
        now, self.clock = self.clock, self.clock + len(rows)
        for label, features in rows:
            places = [(place, F(x), key) for key, x in features if (place := self._place(key, now)) is not None]
            if self.model.unit_length and places:
                scale = F(1 / math.sqrt(sum(float(x) ** 2 for _, x, _ in places)))
                places = [(place, F(x * scale), key) for place, x, key in places]
            self._waken(places)
            score = F(F(self.bias) + self._score(places))
            self.loss += value(self.model.loss, score, label)
            down = slope(self.model.loss, score, label)
            self._update(places, down)
            self._update_bias(down)

    def end_pass(self) -> None:
        m = self.model
        if m.decay != 1:
            for place, weight in self.weights.items():
                self.weights[place], self.states[place] = faded(
                    m.optimizer, m.decay, m.alpha, m.beta, m.l1, m.l2, weight, self.states[place]
                )
        if m.ttl > 0:
            self._expire()

    def _expire(self) -> None:
        for place in [place for place, seen in self.seen.items() if self.clock - seen > self.model.ttl]:
            del self.seen[place]
            for column in (self.weights, self.states):
                column.pop(place, None)
        self.expired = self.clock

    def _place(self, key: int, now: int) -> int | None:
        """The row of a key; None where it has none."""
        if self.model.table == "fixed":
            return table_row(key, self.model.bits)
        if key not in self.seen:
            self.sightings[key] = self.sightings.get(key, 0) + 1
            if self.sightings[key] < self.model.admit:
                return None
            self.sightings[key] = 0
        self.seen[key] = now
        return key

    def _waken(self, places) -> None:
        for place, _, key in places if self.model.k else ():
            if place not in self.vectors:
                self.vectors[place] = first_vectors(self.model, key)
                count, k = self.vectors[place].shape
                self.vector_states[place] = np.zeros(
                    (count, states_of(self.model.latent_optimizer, self.model.latent_l1), k), np.float32
                )

    def _score(self, places) -> np.float32:
        linear = self._linear_score(places)
        if "ffm" in self.model.score:
            return F(linear + self._ffm_score(places))
        return F(linear + self._fm_score(places)) if "fm" in self.model.score else linear

    def _linear_score(self, places) -> np.float32:
        lanes = [F(0)] * 4
        whole = len(places) // 4 * 4
        for i, (place, x, _) in enumerate(places):
            lane = i % 4 if i < whole else 0
            lanes[lane] = F(lanes[lane] + F(self.weights.get(place, F(0)) * x))
        return F(F(lanes[0] + lanes[1]) + F(lanes[2] + lanes[3]))

    def _sums(self, places) -> np.ndarray:
        return sum((self.vectors[place][0] * x for place, x, _ in places), np.zeros(self.model.k, np.float32))

    def _fm_score(self, places) -> np.float32:
        squares = sum(((self.vectors[place][0] * x) ** 2 for place, x, _ in places), np.zeros(self.model.k, np.float32))
        return F(F(0.5) * np.sum(self._sums(places) ** 2 - squares))

    def _ffm_score(self, places) -> np.float32:
        total = F(0)
        for (one, x, of_one), (other, y, of_other) in combinations(_by_field(places), 2):
            total = F(total + np.dot(self.vectors[one][of_other], self.vectors[other][of_one]) * F(x * y))
        return total

    def _update(self, places, down) -> None:
        m = self.model
        sums = self._sums(places) if m.score == "linear + fm" else None
        for place, x, _ in places:
            state = self.states.get(place, [F(0)] * states_of(m.optimizer, m.l1))
            gradient = F(down * x)
            now = step(m.optimizer, m.alpha, m.beta, m.l1, m.l2, self.weights.get(place, F(0)), state, gradient, x)
            self.weights[place], self.states[place] = now
        if sums is not None:
            for place, x, _ in places:
                gradients = F(down * x) * (sums - self.vectors[place][0] * x)
                self._write(place, 0, *self._stepped(place, 0, gradients, x))
        if "ffm" in m.score:
            for (one, x, of_one), (other, y, of_other) in combinations(_by_field(places), 2):
                scale = F(F(down * x) * y)
                # Both from what was there before, even where they are the same vector.
                new_one = self._stepped(one, of_other, scale * self.vectors[other][of_one], F(1))
                new_other = self._stepped(other, of_one, scale * self.vectors[one][of_other], F(1))
                self._write(one, of_other, *new_one)
                self._write(other, of_one, *new_other)

    def _stepped(self, place: int, vector: int, gradients: np.ndarray, x: np.float32) -> tuple[np.ndarray, np.ndarray]:
        """A vector and its states after one step."""
        m = self.model
        values, states = self.vectors[place][vector].copy(), self.vector_states[place][vector].copy()
        self.least = min(self.least, *np.abs(gradients[gradients != 0]), math.inf)
        for f in range(m.k):
            values[f], states[:, f] = step(
                m.latent_optimizer, m.latent_alpha, m.latent_beta, m.latent_l1, m.latent_l2,
                values[f], list(states[:, f]), gradients[f], x,
            )  # fmt: skip
        return values, states

    def _write(self, place: int, vector: int, values: np.ndarray, states: np.ndarray) -> None:
        self.vectors[place][vector], self.vector_states[place][vector] = values, states

    def _update_bias(self, down) -> None:
        m = self.model
        state = self.bias_state[: states_of(m.optimizer, m.l1)]
        self.bias, state = step(m.optimizer, m.alpha, m.beta, m.l1, m.l2, self.bias, state, down, F(1))
        self.bias_state[: len(state)] = state

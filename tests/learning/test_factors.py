"""Factorisation machines learn what their slow twins learn."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.learning.twins import Twin, first_vectors
from tiffin._native.learning import key
from tiffin.models import Model, make_model
from tiffin.train import Options, train

OPTIMIZERS = ["ftrl", "adagrad", "normalized", "sgd"]
FIELDS = 3


@st.composite
def models(draw: st.DrawFn, name: str) -> Model:
    numbers = st.sampled_from([0.0, 0.001, 0.1])
    chosen = {
        "optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "loss": draw(st.sampled_from(["logistic", "squared"])),
        "alpha": draw(st.sampled_from([0.01, 0.1])),
        "latent_optimizer": draw(st.sampled_from(OPTIMIZERS)),
        "latent_alpha": draw(st.sampled_from([0.01, 0.1])),
        "latent_l1": draw(numbers),
        "latent_l2": draw(numbers),
        "k": draw(st.sampled_from([1, 3, 4, 8, 14, 20])),
        "first": draw(st.sampled_from([0.1, 1.0])),
        "seed": draw(st.sampled_from([0, 1, 2**63 - 1])),
        "unit_length": draw(st.booleans()),
        "bits": 6,
    }
    return make_model(name, chosen | ({"fields": FIELDS} if name == "ffm" else {}))


@st.composite
def examples(draw: st.DrawFn) -> list[tuple[float, list[tuple[int, int, float]]]]:
    """Labels, and (field, id, value) of each feature."""
    value = st.sampled_from([1.0, 1.0, 0.5, -1.5, 0.125])
    feature = st.tuples(st.integers(0, FIELDS - 1), st.integers(0, 30), value)
    rows = draw(
        st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.lists(feature, max_size=6)), min_size=1, max_size=10)
    )
    return [*rows, (0.0, []), (1.0, [(0, 1, 1.0), (1, 2, 1.0)])]


@pytest.mark.parametrize("name", ["fm", "ffm"])
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_latent_vectors_learn_what_the_twin_learns(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    model, rows = data.draw(models(name)), data.draw(examples())
    folder = tmp_path_factory.mktemp("twin")
    path = folder / "rows.ffm"
    path.write_text(
        "".join(f"{label:g} {' '.join(f'{f}:{i}:{x!r}' for f, i, x in features)}\n" for label, features in rows)
    )
    trained = train(model, [str(path)], Options(deterministic=True))
    trained.save(str(folder / "model"))

    twin = Twin(model)
    twin.learn([(label, [(key(f, str(i)), x) for f, i, x in features]) for label, features in rows])
    # The first step of this optimiser is as long for what only rounding leaves of a gradient.
    assume(model.latent_optimizer != "normalized" or twin.least > 1e-7)
    assert trained.passes[0].learned.loss == pytest.approx(twin.loss / len(rows), rel=1e-3, abs=1e-5)
    places = np.load(folder / "model/rows.npy").tolist()
    weights, latent = np.load(folder / "model/weights.npy"), np.load(folder / "model/latent.npy")
    assert set(places) == set(twin.vectors)
    for place, weight, vectors in zip(places, weights, latent, strict=True):
        assert weight == pytest.approx(float(twin.weights[place]), rel=2e-3, abs=2e-5)
        assert vectors.reshape(-1, model.k) == pytest.approx(twin.vectors[place], rel=2e-3, abs=2e-5)


def test_vectors_begin_small_and_are_told_apart_by_seed_and_place() -> None:
    model = make_model("ffm", {"k": 4, "fields": 2, "first": 0.2})
    one = first_vectors(model, 7)
    assert np.abs(one).max() <= 0.1
    assert np.unique(one).size == one.size
    assert not np.array_equal(one, first_vectors(model, 8))
    assert not np.array_equal(one, first_vectors(model._replace(seed=1), 7))

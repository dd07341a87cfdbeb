"""The bar of long work."""

import io
import time

from tiffin.cli._progress import Bar


def test_a_bar_shows_amount_rate_and_time_left():
    stream = io.StringIO()
    with Bar("Adding", stream) as bar:
        bar.expect(10, 1024 * 1024)
        for part in range(8):
            time.sleep(0.12)
            bar(part, part * 100_000)
    last = [shown for shown in stream.getvalue().split("\r") if shown.strip()][-1]
    assert last.startswith("Adding:  ")
    assert "k/1.00M [00:00<00:" in last
    assert "B/s, " in last
    assert last.rstrip().endswith("files]")


def test_work_that_is_done_at_once_shows_nothing():
    stream = io.StringIO()
    with Bar("Adding", stream) as bar:
        bar.expect(10, 0)
        bar(10, 5)
    assert stream.getvalue().strip() == ""

"""A log file for every run of a stage: what it read, what it did, how it ended."""

__all__ = ["stage_log"]

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def stage_log(stage: str, directory: Path = Path("logs")) -> Iterator[logging.Logger]:
    """Log to the terminal and to `directory/<time>-<stage>.log`; an error is logged and then rises further."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    handlers = [logging.StreamHandler(sys.stderr), logging.FileHandler(directory / f"{stamp}-{stage}.log")]
    log = logging.getLogger(stage)
    log.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(LINE, datefmt="%H:%M:%S"))
        log.addHandler(handler)
    try:
        yield log
        log.info("done")
    except BaseException as error:
        # The terminal gets the traceback from Python itself, as for any script.
        log.removeHandler(handlers[0])
        log.exception("stopped by %s", type(error).__name__)
        raise
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()

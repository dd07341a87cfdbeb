"""Stage 1: fetch the data from a path or from Google Drive and store them as CSV in data/raw."""

__all__ = ["fetch", "read_table"]

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from src.data.drive import DRIVE, download
from src.log_config import stage_log
from src.params import inside, read_params

# The same rows in every run.
SAMPLE_SEED = 42


def fetch(source: str, target: Path, *, share: float = 1.0, drive_url: str = DRIVE) -> int:
    """Write the table at `source` to the CSV file `target`; return the number of its rows.

    source: a CSV or Parquet file, or a share link of Google Drive.  share: of the rows to keep, in (0, 1].
    Raises FileNotFoundError, ValueError or DownloadFailed.
    """
    if not 0 < share <= 1:
        raise ValueError(f"load_dataset.share is {share}; it must be above 0 and at most 1")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not urlsplit(source).scheme.startswith("http"):
        return _convert(Path(source), target, share)
    fetched = target.with_name(f"{target.name}.fetched")
    try:
        download(source, fetched, base_url=drive_url)
        return _convert(fetched, target, share)
    finally:
        fetched.unlink(missing_ok=True)


def read_table(path: Path) -> pd.DataFrame:
    """A CSV or Parquet file."""
    return pd.read_parquet(path) if _is_parquet(path) else pd.read_csv(path)


def _is_parquet(path: Path) -> bool:
    """Told by the first bytes: a file from Drive has no name."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _convert(path: Path, target: Path, share: float) -> int:
    if not path.is_file():
        raise FileNotFoundError(f"data_source.drive names {path}, which is no file; give a file or a Drive link")
    table = read_table(path)
    if share == 1 and not _is_parquet(path):
        # Byte for byte: raw data stay raw.
        shutil.copyfile(path, target)
        return len(table)
    kept = table.sample(frac=share, random_state=SAMPLE_SEED).sort_index()
    kept.to_csv(target, index=False)
    return len(kept)


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()
    options = params["load_dataset"]
    target = inside(options["raw_data"]) / f"{options['file_name']}.csv"
    with stage_log("load_dataset") as log:
        source = params["data_source"]["drive"]
        log.info("data source %s", source)
        rows = fetch(source, target, share=options["share"])
        log.info("%d rows in %s", rows, target)


if __name__ == "__main__":
    main()

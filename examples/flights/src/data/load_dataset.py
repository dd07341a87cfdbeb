"""Stage 1: take the raw tables out of the installed data package.

The package itself cannot be imported with a new setuptools, and need not be: its files are found through its
metadata and taken byte for byte, so that raw data stay raw.
"""

__all__ = ["TABLES", "extract_tables"]

import zipfile
from importlib import metadata
from pathlib import Path

from src.log_config import stage_log
from src.params import read_params

TABLES = ("flights.csv", "weather.csv", "planes.csv")


def extract_tables(package: str, version: str, directory: Path) -> dict[str, int]:
    """Write each of TABLES into `directory`; return their sizes in bytes.

    Raises RuntimeError when the package is missing, has another version or lacks a table.
    """
    source = _data_files(package, version)
    directory.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for name in TABLES:
        content = _read(source, name, package)
        (directory / name).write_bytes(content)
        sizes[name] = len(content)
    return sizes


def _data_files(package: str, version: str) -> dict[str, Path]:
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError as error:
        raise RuntimeError(f"{package} is not installed; run: pip install -r requirements.txt") from error
    if found != version:
        raise RuntimeError(f"{package} {version} is asked for in params.yaml, but {found} is installed")
    return {file.name: Path(str(file.locate())) for file in metadata.files(package) or ()}


def _read(source: dict[str, Path], name: str, package: str) -> bytes:
    if name in source:
        return source[name].read_bytes()
    if f"{name}.zip" in source:
        with zipfile.ZipFile(source[f"{name}.zip"]) as archive:
            return archive.read(name)
    raise RuntimeError(f"{package} holds neither {name} nor {name}.zip")


def main() -> None:
    """Run the stage with the values of params.yaml."""
    params = read_params()["load_dataset"]
    with stage_log("load_dataset") as log:
        sizes = extract_tables(params["package"], params["version"], Path(params["raw_data"]))
        for name, size in sizes.items():
            log.info("%s: %.1f MB", name, size / 1e6)


if __name__ == "__main__":
    main()

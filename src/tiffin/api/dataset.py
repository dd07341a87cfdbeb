"""What a data set of `dvc.yaml` is pinned to, for a program that reads it: `dvc.api.dataset`."""

import os
from typing import Any

from tiffin.errors import StageInvalid
from tiffin.pipeline.datasets import dataset
from tiffin.repo import Repo
from tiffin.repo.places import open_place

__all__ = ["get"]


def get(name: str) -> dict[str, Any]:
    """The pinned version of a data set of the repository around the working directory.

    {"type": "dvc", "url", "path", "sha"}, {"type": "url", "path", "files"} or {"type": "dc", "name", "version"}.
    files: URLs, if the versions of single files are known.  Raises StageNotFound if there is no such data set,
    StageInvalid if it is not pinned as it is described now.
    """
    repo = Repo.open(os.getcwd(), os.environ)
    found = dataset(repo.project, name)
    if found.lock is None:
        raise StageInvalid(f"data set '{name}' is not pinned", hint=f"run `tiffin dataset update {name}`")
    if found.kind == "dvc":
        fields = {"url": found.lock["url"], "path": found.lock.get("path") or "", "sha": found.lock["rev_lock"]}
        return {"type": "dvc", **fields}
    if found.kind == "dc":
        return {"type": "dc", "name": str(found.lock["url"]).removeprefix("dc://"), "version": found.lock["version"]}
    directory = os.path.join(repo.root, os.path.dirname(found.file))
    place = open_place(repo.config, found.lock["url"], directory, environment=repo.environment)
    path = place.url if place.local is None else f"local://{place.local}"
    return {"type": "url", "files": [f"{path}/{file['relpath']}" for file in found.lock.get("files", ())], "path": path}

"""The parameters that Hydra composes for an experiment, as the settings say."""

import os
from collections.abc import Sequence

from tiffin.errors import ConfigError
from tiffin.experiments.composing import Composition, composed
from tiffin.repo._repo import Repo

__all__ = ["compose"]


def compose(repo: Repo, overrides: Sequence[str]) -> str:
    """The text of params.yaml.  Raises ConfigError, OverrideError."""
    module = repo.config.text("hydra.config_module")
    directory = None if module else os.path.join(repo.root, repo.config.text("hydra.config_dir") or "conf")
    if directory is not None and not os.path.isdir(directory):
        raise ConfigError(
            f"the setting hydra.enabled asks for configurations below '{directory}', which does not exist",
            hint="make it, name another with hydra.config_dir, or turn hydra.enabled off",
        )
    name = repo.config.text("hydra.config_name") or "config"
    plugins = os.path.join(repo.root, repo.config.text("hydra.plugins_path") or "")
    return composed(Composition(directory, module, name, plugins), overrides)

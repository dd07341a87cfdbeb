"""Parameters that Hydra composes of several files: its own library does it, an extra."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from tiffin.errors import ConfigError, OverrideError

__all__ = ["Composition", "composed"]


class Composition(NamedTuple):
    """Where Hydra finds what to compose.

    directory: absolute; None where a Python module has the files.  name: the primary configuration, without ".yaml".
    plugins: the directory above `hydra_plugins`.
    """

    directory: str | None
    module: str | None
    name: str
    plugins: str


def composed(composition: Composition, overrides: Sequence[str]) -> str:
    """The text of params.yaml.  overrides: in Hydra's grammar, groups included.  Raises ConfigError, OverrideError."""
    try:
        from hydra import compose, initialize_config_dir, initialize_config_module  # noqa: PLC0415 - an extra
        from hydra.core.global_hydra import GlobalHydra  # noqa: PLC0415 - as above
        from hydra.core.plugins import Plugins  # noqa: PLC0415 - as above
        from hydra.errors import HydraException  # noqa: PLC0415 - as above
        from omegaconf import OmegaConf  # noqa: PLC0415 - as above
        from omegaconf.errors import OmegaConfBaseException  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(
            "the setting hydra.enabled asks for Hydra, which is not installed",
            hint="install it: pip install 'tiffin[hydra]', or turn the setting off",
        ) from error
    sys.path.append(composition.plugins)
    try:
        Plugins.instance()
    finally:
        sys.path.remove(composition.plugins)
    GlobalHydra.instance().clear()
    initialized: Any
    if composition.directory is not None:
        initialized = initialize_config_dir(composition.directory, version_base=None)
    else:
        initialized = initialize_config_module(composition.module or "", version_base=None)
    try:
        with initialized:
            config = compose(config_name=composition.name, overrides=list(overrides))
        OmegaConf.resolve(config)
    except (HydraException, OmegaConfBaseException) as error:
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise OverrideError(f"Hydra cannot compose '{composition.name}': {said}") from error
    return OmegaConf.to_yaml(config)

"""What can be learned: the settings of a model, and the directory it is kept in."""

from tiffin.models._directory import Manifest, check_place, read_manifest, write_model
from tiffin.models._model import BUILT_IN, SETTINGS, Model, make_model, with_settings

__all__ = [
    "BUILT_IN",
    "SETTINGS",
    "Manifest",
    "Model",
    "check_place",
    "make_model",
    "read_manifest",
    "with_settings",
    "write_model",
]

"""What can be learned: the settings of a model, and the directory it is kept in."""

from tiffin.models._directory import (
    Manifest,
    check_place,
    check_size,
    count_in,
    fields_of,
    finish_model,
    finite_numbers,
    manifest_path,
    read_manifest,
    write_model,
)
from tiffin.models._model import (
    BUILT_IN,
    SETTINGS,
    Model,
    has_setting,
    labels_of,
    make_model,
    outputs_of,
    score_of,
    terms_of,
    with_settings,
)

__all__ = [
    "BUILT_IN",
    "SETTINGS",
    "Manifest",
    "Model",
    "check_place",
    "check_size",
    "count_in",
    "fields_of",
    "finish_model",
    "finite_numbers",
    "has_setting",
    "labels_of",
    "make_model",
    "manifest_path",
    "outputs_of",
    "read_manifest",
    "score_of",
    "terms_of",
    "with_settings",
    "write_model",
]

"""Images: arrays, figures, pictures and files on their way into the run's folder."""

import importlib
import os
from typing import Any, Final

from tiffin.errors import LiveError
from tiffin.live._metric import relative_name

__all__ = ["IMAGE_SUFFIXES", "image_name", "is_a", "save_image"]

IMAGE_SUFFIXES: Final = (".jpg", ".jpeg", ".gif", ".png")


def is_a(value: Any, package: str, name: str) -> bool:
    """Whether value is an instance of the class of that name in that package, or in a part of it.

    By name, because the packages are optional, and nobody can hold their objects without having imported them.
    """
    return any(
        kind.__name__ == name and f"{kind.__module__}.".startswith(f"{package}.") for kind in type(value).__mro__
    )


def image_name(name: str, value: Any) -> str:
    """The file name for an image: a path lends its suffix to a name without one.  LiveError for unknown suffixes."""
    suffix = os.path.splitext(name)[1]
    if not suffix and isinstance(value, str | os.PathLike):
        own = os.path.splitext(os.fspath(value))[1]
        name, suffix = (name + own, own) if own in IMAGE_SUFFIXES else (name, "")
    if suffix not in IMAGE_SUFFIXES:
        raise LiveError(
            f"image {name!r} cannot be logged: its name does not end in {', '.join(IMAGE_SUFFIXES)}",
            hint=f'for example "{os.path.splitext(name)[0]}.png"',
        )
    return relative_name(name, "image")


def save_image(name: str, value: Any, path: str) -> None:
    """Store an array, a matplotlib figure (closed afterwards), a PIL image or a file's picture at path.

    A link is replaced, not written through: its target may be an object in a cache.  Raises LiveError for anything
    else, and where Pillow is needed but missing.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path) and (os.path.islink(path) or os.stat(path).st_nlink > 1):
        os.unlink(path)
    if is_a(value, "matplotlib", "Figure"):
        value.savefig(path)
        importlib.import_module("matplotlib.pyplot").close(value)
    elif is_a(value, "PIL", "Image"):
        value.save(path)
    elif is_a(value, "numpy", "ndarray"):
        _pillow().fromarray(value).save(path)
    elif isinstance(value, str | os.PathLike):
        with _pillow().open(os.fspath(value)) as picture:
            picture.save(path)
    else:
        kind = type(value)
        raise LiveError(
            f"image {name!r} cannot be logged: {kind.__module__}.{kind.__qualname__} is not an image",
            hint="give a NumPy array, a matplotlib figure, a PIL image or the path of a file",
        )


def _pillow() -> Any:
    try:
        return importlib.import_module("PIL.Image")
    except ModuleNotFoundError:
        raise LiveError("Pillow is needed for this image and is not installed", hint="pip install pillow") from None

"""Templates of copier, by copier.  The only module that imports it."""

import os
from urllib.parse import urlsplit

from tiffin.errors import ScaffoldError
from tiffin.scaffold._wish import Wish

__all__ = ["generate"]


def generate(wish: Wish, source: str, project: str) -> None:
    """Make `project`; source: a path or URL.  Raises ScaffoldError.

    Without consent copier's sandbox holds, and tasks and extensions of the template are refused or left out.
    """
    try:
        import copier  # noqa: PLC0415 - an optional extra
        from copier import errors  # noqa: PLC0415 - as above
        from jinja2 import TemplateError  # noqa: PLC0415 - as above
    except ImportError as error:
        hint = "pip install 'tiffin[templates]'"
        raise ScaffoldError("templates of copier need the package copier", hint=hint) from error
    answers = {"project_name": os.path.basename(wish.place), **wish.answers}
    try:
        copier.run_copy(
            _named(source),
            project,
            data=answers,
            vcs_ref=wish.rev,
            defaults=not wish.asks,
            quiet=True,
            unsafe=wish.consent == "run",
            skip_tasks=wish.consent == "skip",
        )
    except errors.UnsafeTemplateError as error:
        what = str(error).partition(":")[2].partition(".")[0].strip().replace("_", " ")
        raise ScaffoldError(
            f"the template wants to run programs of its own: {what}",
            hint="read them in its copier.yml, then use --trust; or --skip-hooks to do without tasks",
        ) from error
    except (errors.CopierError, TemplateError, ValueError) as error:
        raise ScaffoldError(f"copier cannot use the template: {' '.join(str(error).split())}") from error


def _named(source: str) -> str:
    """A URL as copier knows it for one of Git, whatever server it is of."""
    known = not urlsplit(source).scheme or source.startswith("git+") or source.endswith(".git")
    return source if known else f"git+{source}"

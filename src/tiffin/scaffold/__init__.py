"""New projects: from the templates tiffin brings, or from one of cookiecutter or copier.

    wish ─→ a draft beside the place (_builtin, or _foreign: _cookiecutter, _copier)
         ─→ Git, the repository for data, a remote, the first commit (_finish)
         ─→ moved into its place (_project)

What fails leaves nothing behind, and nothing that is there already is overwritten.
"""

from tiffin.scaffold._builtin import TEMPLATES
from tiffin.scaffold._project import Made, new_project
from tiffin.scaffold._wish import Consent, Wish

__all__ = ["TEMPLATES", "Consent", "Made", "Wish", "new_project"]

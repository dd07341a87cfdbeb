"""The versioning verbs over one repository.

`Repo` holds what the verbs share; each verb is a function in its own submodule (`tracking`, `sync`,
`running`, `comparing`, ...), so that a command loads only what it needs.
"""

from tiffin.repo._repo import Repo

__all__ = ["Repo"]

"""The versioning verbs over one repository.

`Repo` holds what the verbs share; each verb is a function in its own submodule (`tracking`, `sync`,
`running`, `comparing`, ...), so that a command loads only what it needs.  ARCHITECTURE.md has a map of them.
"""

from tiffin.repo._repo import Repo, find_root

__all__ = ["Repo", "find_root"]

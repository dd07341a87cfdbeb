""".pre-commit-config.yaml, the settings of the tool pre-commit; comments and layout of what is there stay.

config := repos: [repo]    repo := repo: local    hooks: [hook]
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tiffin.formats import yaml
from tiffin.formats._update import rewrite

__all__ = ["put_hooks"]

_PREFIX = "tiffin-"


def put_hooks(text: str, commands: Mapping[str, str], *, path: str = ".pre-commit-config.yaml") -> str:
    """Add a hook of ours for each stage and its command, in place of those that are there.

    text: the file as it is, "" for a new one.  Raises YamlError.
    """
    hooks = [_hook(stage, command) for stage, command in commands.items()]

    def change(config: Any) -> None:
        repos = config.setdefault("repos", [])
        ours = next((repo for repo in repos if _is_ours(repo.get("hooks") or ())), None)
        if ours is None:
            repos.append({"repo": "local", "hooks": hooks})
        elif list(ours["hooks"]) != hooks:
            ours["hooks"] = hooks

    return rewrite(text, path, change) if text else yaml.dump({"repos": [{"repo": "local", "hooks": hooks}]})


def _hook(stage: str, command: str) -> dict[str, Any]:
    return {
        "id": f"{_PREFIX}{stage}",
        "name": f"tiffin {stage}",
        "entry": command,
        "language": "system",
        "always_run": True,
        "pass_filenames": False,
        "stages": [stage],
    }


def _is_ours(hooks: Iterable[Mapping[str, Any]]) -> bool:
    names = [str(hook.get("id")) for hook in hooks]
    return bool(names) and all(name.startswith(_PREFIX) for name in names)

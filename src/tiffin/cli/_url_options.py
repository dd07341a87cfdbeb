"""The options of commands that take URLs of data."""

from collections.abc import Sequence
from typing import Annotated

from tiffin.cli._options import Argument, Flag
from tiffin.errors import UsageError

__all__ = ["FsConfig", "Jobs", "ToRemote", "Url", "options_of"]

Url = Annotated[str, Argument("http://, https:// or file://, a path on this machine, or remote://NAME/path")]
ToRemote = Annotated[bool, Flag("straight into the remote, without a copy here")]
FsConfig = Annotated[
    list[str],
    Flag("how to reach the URL: options as of a remote, such as user=me", metavar="OPTION=VALUE", many=True),
]
Jobs = Annotated[int | None, Flag("number of transfers at a time", ("-j", "--jobs"), metavar="N")]


def options_of(words: Sequence[str], jobs: int | None = None) -> dict[str, object]:
    """OPTION=VALUE by option.  Raises UsageError."""
    pairs = [word.partition("=") for word in words]
    if any(not separator for _, separator, _ in pairs):
        raise UsageError("--fs-config takes OPTION=VALUE", hint="such as --fs-config user=me")
    found: dict[str, object] = {option: value for option, _, value in pairs}
    return found | ({"jobs": jobs} if jobs else {})

"""Which URLs are files of this machine."""

__all__ = ["local_path"]


def local_path(url: str) -> str | None:
    """The path a URL stands for on this machine; None for a place elsewhere."""
    if "://" not in url:
        return url
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - most files are named by a path

    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme.lower() == "file" and parts.netloc in ("", "localhost") else None

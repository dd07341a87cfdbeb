"""Lines and columns in a text, as people and editors count them: from 1."""

__all__ = ["line_and_column", "undecodable"]


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The place of a character."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1


def undecodable(body: bytes, error: UnicodeDecodeError) -> tuple[int, int]:
    """The place of the first byte that is no UTF-8."""
    return line_and_column(body[: error.start].decode("utf-8"), len(body[: error.start].decode("utf-8")))

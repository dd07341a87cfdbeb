"""From the source to raw data."""

__all__: list[str] = []

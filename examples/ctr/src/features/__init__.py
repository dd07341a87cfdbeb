"""From raw data to what a model takes."""

__all__: list[str] = []

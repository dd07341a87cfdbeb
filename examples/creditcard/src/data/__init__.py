"""From the source to training and test data."""

__all__: list[str] = []

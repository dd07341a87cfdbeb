"""From the source to training, validation and test data."""

__all__: list[str] = []

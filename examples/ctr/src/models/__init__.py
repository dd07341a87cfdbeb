"""Training, and testing on a day the training has not seen."""

__all__: list[str] = []

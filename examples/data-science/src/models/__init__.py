"""Training, and testing on data the training has not seen."""

__all__: list[str] = []

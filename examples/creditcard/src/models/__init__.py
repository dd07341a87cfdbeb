"""Training and testing of the model."""

__all__: list[str] = []

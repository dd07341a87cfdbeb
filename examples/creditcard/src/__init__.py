"""The code of the credit card project."""

__all__: list[str] = []

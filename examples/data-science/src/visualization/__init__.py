"""Pictures for reports."""

__all__: list[str] = []

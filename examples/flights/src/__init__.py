"""The code of the flights project."""

__all__: list[str] = []

"""Tiffin: the whole machine-learning loop in one tool."""

__all__ = ["__version__"]

__version__ = "0.1.0"

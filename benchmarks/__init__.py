"""Measured comparisons; each module here is a program that writes one page under docs/benchmarks/."""

__all__: list[str] = []

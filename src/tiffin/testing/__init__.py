"""Doubles of what lies outside, and suites that every implementation of a seam passes.  Only tests import this."""

__all__ = []

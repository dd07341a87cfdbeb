"""Log parameters, metrics, plots and images of a run into DVCLive's files, and draw a report that follows along."""

from tiffin.live._live import Live

__all__ = ["Live"]

"""Plots: data points and a template become a Vega-Lite specification, or a picture.

Nothing here knows a repository: what a revision defines and holds is given, and files are written by others.
"""

from tiffin.plots._builtin import DEFAULT, builtin_names, builtin_template
from tiffin.plots._content import is_image, read_data
from tiffin.plots._filling import Filled, fill
from tiffin.plots._plot import Failed, Image, Plot, RevisionPlots, plots_of
from tiffin.plots._points import sources_of
from tiffin.plots._template import Template, read_template

__all__ = [
    "DEFAULT",
    "Failed",
    "Filled",
    "Image",
    "Plot",
    "RevisionPlots",
    "Template",
    "builtin_names",
    "builtin_template",
    "fill",
    "is_image",
    "plots_of",
    "read_data",
    "read_template",
    "sources_of",
]

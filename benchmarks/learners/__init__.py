"""Programs that learn from a file and predict another one, each run as its users run it."""

from benchmarks.learners._import import Import
from benchmarks.learners._program import Command, Place, Program, Script
from benchmarks.learners._tiffin import NativeFactors, Tiffin, numpy_factors, tiffin_script
from benchmarks.learners._vw import VowpalWabbit
from benchmarks.learners._xlearn import XLearn

__all__ = [
    "Command",
    "Import",
    "NativeFactors",
    "Place",
    "Program",
    "Script",
    "Tiffin",
    "VowpalWabbit",
    "XLearn",
    "numpy_factors",
    "tiffin_script",
]

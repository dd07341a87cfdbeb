"""Experiments: what a revision holds, where experiments are kept, and what their commits are made of."""

from tiffin.experiments._choosing import Experiment, all_experiments, experiments_from, experiments_named
from tiffin.experiments._names import random_name
from tiffin.experiments._reading import Failure, Reading, View, failure_of, flat, metrics_of, params_of
from tiffin.experiments._refs import (
    Baselines,
    check_name,
    experiments_by_baseline,
    experiments_of_remote,
    find_experiment,
    ref_name,
)
from tiffin.experiments._result import checksum, files_of, folders_of
from tiffin.experiments._state import Data, DependencyState, Executor, OutputState, State, state_of

__all__ = [
    "Baselines",
    "Data",
    "DependencyState",
    "Executor",
    "Experiment",
    "Failure",
    "OutputState",
    "Reading",
    "State",
    "View",
    "all_experiments",
    "check_name",
    "checksum",
    "experiments_by_baseline",
    "experiments_from",
    "experiments_named",
    "experiments_of_remote",
    "failure_of",
    "files_of",
    "find_experiment",
    "flat",
    "folders_of",
    "metrics_of",
    "params_of",
    "random_name",
    "ref_name",
    "state_of",
]

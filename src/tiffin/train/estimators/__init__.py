"""Models with scikit-learn's contract: `fit`, `partial_fit`, `predict`, `get_params`, on dense and sparse matrices.

    from tiffin.train.estimators import LogisticRegression
    model = LogisticRegression(alpha=0.1, l1=1.0).fit(X, y)

They are BaseEstimators of scikit-learn, so pipelines, grids and `clone` work; it has to be installed.
"""

from tiffin.train.estimators._deep import (
    DCN,
    DCNRegressor,
    DeepFM,
    DeepFMRegressor,
    WideDeep,
    WideDeepRegressor,
)
from tiffin.train.estimators._factorization import (
    FactorizationMachine,
    FactorizationMachineRegressor,
    FieldFactorizationMachine,
    FieldFactorizationMachineRegressor,
)
from tiffin.train.estimators._linear import LinearRegression, LogisticRegression, PoissonRegression
from tiffin.train.estimators._trees import (
    GradientBoostedTrees,
    GradientBoostedTreesRegressor,
    LeafHybrid,
    LeafHybridRegressor,
)

__all__ = [
    "DCN",
    "DCNRegressor",
    "DeepFM",
    "DeepFMRegressor",
    "FactorizationMachine",
    "FactorizationMachineRegressor",
    "FieldFactorizationMachine",
    "FieldFactorizationMachineRegressor",
    "GradientBoostedTrees",
    "GradientBoostedTreesRegressor",
    "LeafHybrid",
    "LeafHybridRegressor",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "WideDeep",
    "WideDeepRegressor",
]

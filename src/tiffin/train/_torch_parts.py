"""What is kept of a module in PyTorch and of its optimiser: arrays in files, and numbers in the manifest."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tiffin.errors import ConfigError
from tiffin.tables import check_arrays, read_arrays, write_arrays

__all__ = ["check_kept", "check_shapes", "load_optimizer", "load_values", "save_optimizer", "save_values"]

_FLOATS = (torch.float16, torch.float32, torch.float64)  # those that NumPy has
# What optimisers of PyTorch keep for a parameter, each as large as it.  Their steps do not look whether that is so.
_KEPT = {torch.optim.Adam: {"exp_avg", "exp_avg_sq"}, torch.optim.Adagrad: {"sum"}, torch.optim.SGD: set[str]()}


def check_kept(module: torch.nn.Module, optimizer: torch.optim.Optimizer | None) -> None:
    """Raises ConfigError for what could not be saved."""
    check_arrays(_values(module))
    if optimizer is not None:
        check_arrays(_states(optimizer))


def save_values(directory: str, module: torch.nn.Module) -> list[list[Any]]:
    """Parameters and buffers; what `load_values` needs to know of them.  Raises ConfigError."""
    return write_arrays(directory, "dense", _values(module))


def load_values(directory: str, entries: Any, module: torch.nn.Module) -> None:
    """Raises ValueError, TypeError, OSError."""
    values = read_arrays(directory, "dense", entries)
    check_shapes({name: value.shape for name, value in values.items()}, module)
    module.load_state_dict({name: torch.from_numpy(value) for name, value in values.items()})


def check_shapes(found: Mapping[str, tuple[int, ...]], module: torch.nn.Module) -> None:
    """Raises ValueError unless these are the shapes of its parameters and buffers."""
    if found != {name: tuple(value.shape) for name, value in module.state_dict().items()}:
        raise ValueError("its dense parameters are not those of this model")


def save_optimizer(directory: str, optimizer: torch.optim.Optimizer | None) -> dict[str, Any]:
    """What `load_optimizer` needs to know.  Raises ConfigError."""
    if optimizer is None:
        return {"states": []}
    states = _states(optimizer)
    found: dict[str, Any] = {"states": write_arrays(directory, "dense_state", states)}
    if numbers := [name for name, value in _named(optimizer).items() if not isinstance(value, Tensor)]:
        found["numbers"] = numbers
    return {**found, "groups": [_plain_of(group) for group in optimizer.state_dict()["param_groups"]]}


def load_optimizer(directory: str, parts: Mapping[str, Any], optimizer: torch.optim.Optimizer) -> None:
    """Raises ValueError, KeyError, TypeError, OSError."""
    numbers = set(parts.get("numbers", ()))
    states: dict[int, dict[str, Any]] = {}
    for name, value in read_arrays(directory, "dense_state", parts["states"]).items():
        at, _, what = name.partition(".")
        states.setdefault(int(at), {})[what] = value.item() if name in numbers else torch.from_numpy(value)
    _check_states(states, optimizer)
    groups = optimizer.state_dict()["param_groups"]
    kept = parts.get("groups", [{} for _ in groups])  # older models have none
    found = [_with_plain(group, plain) for group, plain in zip(groups, kept, strict=True)]
    optimizer.load_state_dict({"state": states, "param_groups": found})


def _check_states(states: Mapping[int, Mapping[str, Any]], optimizer: torch.optim.Optimizer) -> None:
    """Raises ValueError for states that its parameters cannot have."""
    shapes = [parameter.shape for group in optimizer.param_groups for parameter in group["params"]]
    if not states.keys() <= set(range(len(shapes))):
        raise ValueError(f"it has states of {len(shapes)} parameters")
    wanted = _KEPT.get(type(optimizer))  # of others nobody knows
    for at, named in states.items():
        found = {name: getattr(value, "shape", None) for name, value in named.items() if name != "step"}
        if wanted is not None and not (wanted <= found.keys() and all(shape == shapes[at] for shape in found.values())):
            raise ValueError(f"the states of parameter {at} are not those of {type(optimizer).__name__}")


def _values(module: torch.nn.Module) -> dict[str, NDArray[Any]]:
    found = {}
    for name, value in module.state_dict().items():
        if not isinstance(value, Tensor):
            raise ConfigError(f"'{name}' of the module is no tensor, and cannot be saved")
        found[name] = _array(name, value)
    return found


def _states(optimizer: torch.optim.Optimizer) -> dict[str, NDArray[Any]]:
    return {name: _array(name, value) for name, value in _named(optimizer).items()}


def _named(optimizer: torch.optim.Optimizer) -> dict[str, Tensor | bool | int | float]:
    """Its state by number of the parameter and name."""
    found = {}
    for at, named in optimizer.state_dict()["state"].items():
        if not isinstance(at, int) or not isinstance(named, Mapping):
            raise ConfigError(f"the state {at!r} of {type(optimizer).__name__} is of no parameter, and cannot be saved")
        for name, value in named.items():
            if not isinstance(value, Tensor | bool | int | float):
                raise ConfigError(
                    f"the state '{name}' of {type(optimizer).__name__} is no tensor or number, and cannot be saved"
                )
            found[f"{at}.{name}"] = value
    return found


def _array(name: str, value: Any) -> NDArray[Any]:
    """A tensor or a number as a file keeps it: in float32 where NumPy lacks its type.  Raises ConfigError."""
    if not isinstance(value, Tensor):
        return np.asarray(value)
    if value.layout is not torch.strided or value.is_quantized:
        raise ConfigError(f"'{name}' is a sparse or quantised tensor, and cannot be saved")
    whole = value.detach().cpu()
    found: NDArray[Any] = (whole.float() if whole.is_floating_point() and whole.dtype not in _FLOATS else whole).numpy()
    return found


def _plain_of(group: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a group, such as its steps: a schedule may change them."""
    found = {name: _plain(value) for name, value in group.items() if name != "params"}
    return {name: value for name, value in found.items() if value is not None}


def _with_plain(group: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    """A group with other numbers.  Raises ValueError, TypeError."""
    found = dict(group)
    known = _plain_of(group)
    for name, value in dict(plain).items():
        now = group.get(name)
        if _plain(value) is None or (name in group and _size(value) != _size(known.get(name))):
            raise ValueError(f"'{name}' of its optimiser makes no sense: {value!r}")
        if isinstance(now, Tensor):
            found[name] = torch.full_like(now, value)
        else:
            found[name] = tuple(value) if isinstance(now, tuple) else value
    return found


def _plain(value: Any) -> Any:
    """A finite number, or a list of them; None for anything else."""
    if isinstance(value, Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, list | tuple):
        found = [_plain(one) for one in value]
        return None if any(one is None for one in found) else found
    return value if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) else None


def _size(plain: Any) -> int | None:
    """Of a list; 0: of a number.  None: it is neither."""
    return None if plain is None else len(plain) if isinstance(plain, list) else 0

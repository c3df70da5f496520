"""The weights of networks in memory: found, freed, and given back to the device. Knows no budget."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from lab.pipelines.memory.host_memory import give_back_memory


def let_go(*modules: torch.nn.Module) -> None:
    """Free the weights of modules that nobody will use again, at once.

    Pipelines and modules refer to each other in circles, and a whole garbage collection takes a third of a second.
    """
    for module in modules:
        free(weights_of(module))


def weights_of(module: torch.nn.Module) -> list[torch.Tensor]:
    """Parameters, shared ones once, and buffers of a module."""
    return [*parameters_of(module), *module.buffers()]


def parameters_of(module: torch.nn.Module) -> list[torch.Tensor]:
    """Its parameters, shared ones once; twice as quick as `parameters()`, which puts a name together for each."""
    found = {id(one): one for part in module.modules() for one in part._parameters.values() if one is not None}  # noqa: SLF001
    return list(found.values())


def free(weights: Iterable[torch.Tensor]) -> None:
    """Free weights, wherever they are still referred to."""
    for weight in weights:
        weight.data = torch.empty(0, dtype=weight.dtype)


def bring(weights: Iterable[torch.Tensor], device: torch.device) -> None:
    """Move weights to a device, and no others that their networks share with a model."""
    for weight in weights:
        weight.data = weight.data.to(device)


def give_back(device: torch.device) -> None:
    """Give memory that is free back to the device: that of torch's own pool, or of the process."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    else:
        give_back_memory()

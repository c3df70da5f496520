"""A GPU for machines that have none: tensors know on which device they are and what shape they have, and nothing else.

torch's fake tensors refuse, as a real GPU does, to compute with parts that are on different devices, or to hand
pixels out from anywhere but the machine's memory. What decides by a value sees 0, True or some fraction.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import cycle
from typing import Any, Self

import numpy as np
import pytest
import safetensors.torch
import torch
from diffusers.hooks.group_offloading import ModuleGroup
from diffusers.loaders import ip_adapter
from diffusers.models import model_loading_utils
from diffusers.pipelines import pipeline_utils
from torch._subclasses.fake_impls import op_implementations_dict
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily

from lab.core import Request
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.models.placements import WHOLE, Placement, role_of
from lab.pipelines.models.streaming import layers_of
from lab.pipelines.speedups.prepacked_convs import PrepackedConvs
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


class FakeGpu(FakeTensorMode):
    """While this is entered, tensors are fake; parts that were read before go where `put` says."""

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=True)

    def put(self, part: Any, device: torch.device) -> None:
        """Make a network one of fake weights on that device."""
        if isinstance(part, torch.nn.Module):
            with self:
                part._apply(lambda weight: self.from_tensor(weight).to(device))


def open_fake_gpu(patch: pytest.MonkeyPatch) -> FakeGpu:
    """The GPU, with torch and diffusers told of it until the patch is undone."""
    patch.setattr(torch.cuda, "empty_cache", lambda: None)
    patch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    patch.setattr(pipeline_utils, "get_device", lambda: "cuda")
    patch.setattr(torch.nn.Module, "_apply", _apply)
    patch.setattr(torch.Tensor, "__deepcopy__", lambda tensor, _: tensor.clone())
    patch.setattr(torch, "tensor", _counting(torch.tensor))
    patch.setattr(safetensors.torch, "load_file", _real(safetensors.torch.load_file))
    patch.setattr(model_loading_utils, "set_module_tensor_to_device", _set)
    patch.setattr(ip_adapter, "safe_open", _Opened)
    patch.setattr(ModuleGroup, "_onload_from_memory", _onload)
    patch.setattr(ip_adapter.CLIPVisionModelWithProjection, "from_pretrained", _real(_read_image_encoder))
    patch.setattr(FakeTensor, "numpy", _numpy, raising=False)
    patch.setattr(FakeTensor, "tolist", lambda tensor: np.zeros(tensor.shape).tolist(), raising=False)
    fractions = cycle([0.8, 0.6, 0.3])

    def value(_: Any, __: Any, tensor: FakeTensor) -> float | bool:
        return True if tensor.dtype == torch.bool else next(fractions) if tensor.is_floating_point() else 0

    for scalar in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.item.default):
        patch.setitem(op_implementations_dict, scalar, value)
    patch.setitem(op_implementations_dict, torch.ops.aten.nonzero.default, _everywhere)
    return FakeGpu()


def _apply(module: torch.nn.Module, change: Callable[[torch.Tensor], torch.Tensor], _: bool = True) -> torch.nn.Module:
    """torch's own writes into the weights that are there, which fake ones do not allow."""
    for child in module.children():
        child._apply(change)
    for name, weight in module._parameters.items():
        if weight is not None:
            with torch.no_grad():
                changed = change(weight)
            if changed is not weight:
                module._parameters[name] = _parameter(changed, weight.requires_grad)
    for name, buffer in module._buffers.items():
        if buffer is not None:
            module._buffers[name] = change(buffer)
    return module


def _parameter(values: torch.Tensor, requires_grad: bool) -> torch.nn.Parameter:
    """What `torch.nn.Parameter` makes of them, without the copy that it makes of fake ones."""
    if not isinstance(values, FakeTensor):
        return torch.nn.Parameter(values, requires_grad)
    made: Any = values.requires_grad_(requires_grad)
    made._is_param = True  # by which torch knows one of another class than its own
    return made


def _set(
    module: torch.nn.Module, name: str, device: torch.device, value: torch.Tensor, dtype: Any = None, **_: Any
) -> None:
    """accelerate's own makes a new object of the weight's class, which fake ones do not allow."""
    owner, _, leaf = name.rpartition(".")
    part = module.get_submodule(owner)
    if leaf in part._buffers:
        part._buffers[leaf] = value.to(device)
    else:
        part._parameters[leaf] = torch.nn.Parameter(value.to(device, dtype or value.dtype))


def _onload(group: ModuleGroup, *_: Any) -> None:
    """diffusers' own writes into the weights that are there, which fake ones do not allow."""
    for layer in group.modules:
        layer.to(group.onload_device)


def _counting(tensor: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """torch.tensor, which takes the number out of a scalar on any device."""
    return lambda data, *rest, **settings: tensor(
        [each.item() if isinstance(each, FakeTensor) else each for each in data] if isinstance(data, list) else data,
        *rest,
        **settings,
    )


_read_image_encoder = ip_adapter.CLIPVisionModelWithProjection.from_pretrained


class _Opened:
    """A file of weights, as `safetensors.safe_open` opens it."""

    def __init__(self, file: str, **_: Any) -> None:
        self._held = _real(_load_file)(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held = {}

    def keys(self) -> list[str]:
        return list(self._held)

    def get_tensor(self, name: str) -> torch.Tensor:
        return self._held[name]


_load_file = safetensors.torch.load_file


def _real(read: Callable[..., Any]) -> Callable[..., Any]:
    def made(*arguments: Any, **settings: Any) -> Any:
        with unset_fake_temporarily():
            return read(*arguments, **settings)

    return made


def _numpy(tensor: FakeTensor, **_: Any) -> np.ndarray:
    if tensor.device != CPU:
        msg = f"a tensor on {tensor.device} has no numpy array"
        raise TypeError(msg)
    return np.zeros(tensor.shape, str(tensor.dtype).removeprefix("torch."))


def _everywhere(_: Any, __: Any, tensor: FakeTensor) -> torch.Tensor:
    return tensor.new_zeros((tensor.numel(), tensor.dim()), dtype=torch.int64)


def moved(engine: DrawingEngine, wanted: Request, gpu: FakeGpu, placement: Placement = WHOLE) -> LoadedModel:
    """The model of a request with all that it needs, read as ever, then moved to the GPU, where it lies so."""
    engine.run(wanted, Told())
    engine.forget()
    model = engine.loaded[wanted.recipe.model]
    model.adapters.take_loras_off()
    for part in (*model.components.values(), *model.controls.nets.values()):
        gpu.put(part, CUDA)
    model.device = model.parts.device = engine.device = CUDA
    model.memory.prepacked = PrepackedConvs(CUDA)
    with gpu:
        model.place(placement)
    model.whole_wants_bytes = sys.maxsize  # there is never room for it as a whole
    return model


def check_resting(model: LoadedModel) -> None:
    """Every layer that is streamed is in the machine's memory, and all else on the GPU."""
    family, placement = model.family, model.parts.placement
    for name, part in [*model.components.items(), *model.controls.nets.items()]:
        if not isinstance(part, torch.nn.Module):
            continue
        role = role_of(name, family)
        layers = layers_of(part, role, family.rows) if role in placement.streamed else []
        streamed = {id(weight) for one in layers for weight in one.layer.parameters()}
        wrong = [
            f"{name}.{key} is on {weight.device}"
            for key, weight in part.named_parameters()
            if weight.device.type != ("cpu" if id(weight) in streamed else "cuda")
        ]
        assert not wrong, wrong[:5]
        assert bool(streamed) == (role in placement.streamed)

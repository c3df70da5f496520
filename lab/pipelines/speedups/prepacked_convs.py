"""Weights of convolutions in the order in which this processor reads them, so that no step brings them into it again.

On a CPU torch copies all weights of a convolution into oneDNN's own order at every call. In the deep layers of a large
UNet, whose pictures are small and whose weights are not, that takes longer than the convolution. Here the copy stays,
for as long as nothing else wants the memory. The kernel is the same, so that pictures stay those of diffusers to the
bit. Knows no model.
"""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch

from lab.pipelines.deep_patch import DeepPatch
from lab.pipelines.speedups.hooks import found_once, standing_in

_MACHINES = ("x86_64", "amd64")
"""Where oneDNN computes with its own kernels; elsewhere torch may choose others for weights in another order."""
_PLAINLY = 4
"""How often a layer answers before its weights are kept in order.

The memory for them, fresh from the system, was seen to cost a full-size U-Net as much as bringing them into order three
times (2.2 s to 0.7 s): one short drawing would not get that back.
"""
_ONE_DNN = "_ConvBackend.Mkldnn"
"""As torch calls it; it computes small convolutions by other means, which are not oneDNN's to the last bit."""


class PrepackedConvs:
    """Keeps the weights of convolutions in the processor's order, `limit_bytes` at most. One thread works with it.

    `bytes` is what they take; any thread may read it. On another device than a CPU it does nothing.
    """

    def __init__(self, device: torch.device) -> None:
        self.bytes = 0
        self._is_possible = device.type == "cpu" and _is_known_processor() and PREPACKING.is_on
        self._limit_bytes = 0
        self._answered: WeakKeyDictionary[torch.nn.Conv2d, tuple[_About, int]] = WeakKeyDictionary()
        self._laid: WeakKeyDictionary[torch.nn.Conv2d, _Laid] = WeakKeyDictionary()

    def of(self, *networks: Any) -> AbstractContextManager[None]:
        """While this lasts, the convolutions of these networks read such weights; what is no network is passed over."""
        layers = [layer for network in networks for layer in _convolutions(network)] if self._is_possible else []
        return standing_in("prepacked weights", layers, lambda layer, forward: _Forward(self, layer, forward))

    def laid(self, layer: torch.nn.Conv2d, given: torch.Tensor) -> Any:
        """What oneDNN takes for the weights of a layer; None while that does not pay, cannot be, or has no room."""
        known = self._laid.get(layer)
        weight, bias = layer.weight, layer.bias
        made_of = (*_as_it_is(weight), *(_as_it_is(bias) if bias is not None else ()))
        about = _About(given.shape, given.stride(), made_of, torch.get_num_threads())
        if known is not None and known.about == about:
            return known.packed
        self._drop(layer)
        has_room = weight.nbytes <= self._limit_bytes - self.bytes
        if self._times(layer, about) <= _PLAINLY or not has_room or not _is_one_dnn(layer, given):
            return None
        known = self._laid[layer] = _Laid(about, weight.nbytes, _pack(layer, given))
        self.bytes += known.weight
        return known.packed

    def resize(self, limit_bytes: int) -> int:
        """Hold no more than this from now on, and nothing of layers that were freed; the bytes that come free."""
        before, self._limit_bytes = self.bytes, limit_bytes
        for layer in [layer for layer in self._laid if not layer.weight.numel()]:
            del self._laid[layer]
        self.bytes = sum(laid.weight for laid in self._laid.values())
        while self.bytes > limit_bytes:
            self._drop(next(iter(self._laid)))
        return before - self.bytes

    def clear(self) -> int:
        """Forget all of them, and keep none until `resize` says how much there may be; the bytes that they held."""
        freed, self.bytes, self._limit_bytes = self.bytes, 0, 0
        self._laid.clear()
        return freed

    def _times(self, layer: torch.nn.Conv2d, about: _About) -> int:
        """How often a layer has answered in this very way, this time included."""
        before, times = self._answered.get(layer, (about, 0))
        self._answered[layer] = about, times + 1 if before == about else 1
        return self._answered[layer][1]

    def _drop(self, layer: torch.nn.Conv2d) -> None:
        gone = self._laid.pop(layer, None)
        self.bytes -= gone.weight if gone else 0


class _About(NamedTuple):
    """What a packed weight was made for and from."""

    shape: torch.Size
    strides: tuple[int, ...]
    made_of: tuple[int, ...]
    threads: int


class _Laid(NamedTuple):
    about: _About
    weight: int
    packed: Any


class _Forward:
    """A convolution's forward, with weights that lie as oneDNN wants them where there are such."""

    def __init__(self, prepacked: PrepackedConvs, layer: torch.nn.Conv2d, forward: Any) -> None:
        self._layouts = prepacked
        self._layer = layer
        self._forward = forward

    def __call__(self, given: torch.Tensor) -> torch.Tensor:
        packed = self._layouts.laid(self._layer, given)
        return self._forward(given) if packed is None else torch.ops.mkldnn_prepacked.conv2d_run(given, packed)


@found_once
def _convolutions(network: torch.nn.Module) -> tuple[torch.nn.Conv2d, ...]:
    """All of a network; a LoRA leaves these layers in place."""
    return tuple(part for part in network.modules() if type(part) is torch.nn.Conv2d)


def _is_known_processor() -> bool:
    return platform.machine().lower() in _MACHINES and torch.backends.mkldnn.is_available()


def _check() -> None:
    """Whether a convolution as small as oneDNN gets them gives the same bits with weights in its order."""
    if not _is_known_processor():
        return
    with torch.random.fork_rng(devices=()), torch.no_grad():
        layer, given = torch.nn.Conv2d(64, 64, 3, padding=1), torch.randn(1, 64, 32, 32)
        if not _is_one_dnn(layer, given):
            msg = "torch does not compute a plain convolution with oneDNN"
            raise RuntimeError(msg)
        made = torch.ops.mkldnn_prepacked.conv2d_run(given, _pack(layer, given))
        if not torch.equal(made, layer(given)):
            msg = "weights in oneDNN's order give another picture"
            raise RuntimeError(msg)


PREPACKING = DeepPatch(
    "weights of convolutions in the processor's order", "large models draw more slowly on a CPU", _check
)


def _is_one_dnn(layer: torch.nn.Conv2d, given: torch.Tensor) -> bool:
    """Whether torch would hand a layer and what it is given, as they lie in memory, to oneDNN."""
    if {layer.weight.dtype, given.dtype} != {torch.float32}:
        return False
    pads_with_zeros = isinstance(layer.padding, tuple) and layer.padding_mode == "zeros"
    if not (pads_with_zeros and _is_in_plain_order(layer.weight) and _is_in_plain_order(given)):
        return False
    backend = torch._C._select_conv_backend(  # noqa: SLF001 - the only one who knows
        given, layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, False, (0, 0), layer.groups  # noqa: FBT003
    )  # fmt: skip
    return str(backend) == _ONE_DNN


def _is_in_plain_order(tensor: torch.Tensor) -> bool:
    """Stricter than `is_contiguous`, which a tensor with sides of 1 can be in two orders at once."""
    return tensor.stride() == torch.empty(tensor.shape, device="meta").stride()


def _as_it_is(weight: torch.Tensor) -> tuple[int, int]:
    """Where its values are, and how often they were changed there."""
    return weight.data_ptr(), weight._version  # noqa: SLF001 - torch's own name


def _pack(layer: torch.nn.Conv2d, given: torch.Tensor) -> Any:
    return torch.ops.mkldnn_prepacked.conv2d_prepack(
        layer.weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups, list(given.shape), "none"
    )

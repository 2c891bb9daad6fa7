"""
The adapted linear layer as one autograd function: y = x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ, with W and b frozen.

1. Values and gradients are those of PEFT's layer under autocast: products in the precision of W, sums in float32.
2. Activations stay in the precision of W. (PEFT converts those of every layer to float32, that of A, and back.)
3. A and B are converted to the precision of W once before every pass through the model, all in one go.
4. Layers that are more than that (4-bit weights, DoRA, merged or several adapters) keep PEFT's forward.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import Linear, LoraLayer
from torch.autograd.function import once_differentiable

_ADAPTER = "default"


class _AdaptedLinear(torch.autograd.Function):
    """
    `x [rows, in]`, `weight [out, in]`, `bias [out]` or None. `down` is A `[rank, in]` and `up` is B `[out, rank]` in the
    precision of `weight`; the gradients go to the trained matrices.
    """

    @staticmethod
    def forward(
        context: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        trained_down: torch.Tensor,
        trained_up: torch.Tensor,
        down: torch.Tensor,
        up: torch.Tensor,
        scaling: float,
        dropout: float,
    ) -> torch.Tensor:
        dropped, mask = torch.native_dropout(x, dropout, True) if dropout > 0 else (x, None)
        narrow = torch.mm(dropped, down.t())
        y = torch.nn.functional.linear(x, weight, bias).addmm_(narrow, up.t(), alpha=scaling)
        context.save_for_backward(weight, down, up, dropped, mask, narrow)
        context.factors = (scaling, dropout)
        return y

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        weight, down, up, dropped, mask, narrow = context.saved_tensors
        scaling, dropout = context.factors
        of_narrow = torch.mm(gradient, up)
        of_up = torch.addmm(up, gradient.t(), narrow, beta=0, alpha=scaling)
        of_down = torch.addmm(down, of_narrow.t(), dropped, beta=0, alpha=scaling)
        of_x = None
        if context.needs_input_grad[0]:
            of_x = torch.mm(gradient, weight)
            if mask is None:
                of_x.addmm_(of_narrow, down, alpha=scaling)
            else:
                of_dropped = torch.mm(of_narrow, down)
                of_x.add_(torch.ops.aten.native_dropout_backward(of_dropped, mask, scaling / (1 - dropout)))
        return of_x, None, None, of_down, of_up, None, None, None, None


def _is_plain(layer: Any) -> bool:
    return (
        type(layer) is Linear
        and type(layer.base_layer) is torch.nn.Linear
        and layer.active_adapters == [_ADAPTER]
        and not layer.merged
        and not layer.lora_variant
    )


def keeps_other_layers(adapted: Any) -> bool:
    """Whether some adapted layers have PEFT's forward, which needs autocast if A and B are not in the model's precision."""
    return any(isinstance(layer, LoraLayer) and "forward" not in vars(layer) for layer in adapted.modules())


def fuse_low_rank(adapted: Any) -> None:
    """Gives all plain adapted layers of a model the function above as their forward."""
    copies = _Copies()
    for layer in [module for module in adapted.modules() if _is_plain(module)]:
        layer.forward = MethodType(_forward_of(layer, copies), layer)
    adapted.register_forward_pre_hook(lambda *_: copies.renew())


class _Copies:
    """Trained matrices in the precision of the weights beside them."""

    def __init__(self) -> None:
        self._trained: list[torch.Tensor] = []
        self._copies: list[torch.Tensor] = []

    def of(self, matrix: torch.Tensor, precision: torch.dtype) -> torch.Tensor:
        if matrix.dtype == precision:
            return matrix.detach()
        self._trained.append(matrix)
        self._copies.append(matrix.detach().to(precision))
        return self._copies[-1]

    def renew(self) -> None:
        if self._copies:
            with torch.no_grad():
                torch._foreach_copy_(self._copies, self._trained)


def _forward_of(layer: Any, copies: _Copies) -> Callable[[Any, torch.Tensor], torch.Tensor]:
    base = layer.base_layer
    trained = (layer.lora_A[_ADAPTER].weight, layer.lora_B[_ADAPTER].weight)
    used = tuple(copies.of(matrix, base.weight.dtype) for matrix in trained)
    scaling = layer.scaling[_ADAPTER]
    # Without dropout PEFT has an identity in its place.
    dropout = getattr(layer.lora_dropout[_ADAPTER], "p", 0.0)

    def forward(layer: Any, x: torch.Tensor) -> torch.Tensor:
        rows = x.to(base.weight.dtype).reshape(-1, x.shape[-1])
        share = dropout if layer.training else 0.0
        y: torch.Tensor = _AdaptedLinear.apply(rows, base.weight, base.bias, *trained, *used, scaling, share)
        return y.view(*x.shape[:-1], y.shape[-1])

    return forward

"""
Kernels for CUDA devices that do in one launch what a model's own code does in many.

1. PyTorch has one for norms. Liger (github.com/linkedin/Liger-Kernel, used where `liger-kernel` is installed) has those
   for rotary positions, gated units, Gemma's norms, and the loss.
2. They are used only if the model's logits stay the same up to the rounding of its precision; else the job ends.
3. Without them, and on the CPU, training is the same but slower.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch

from agora_trainer.errors import TrainerError, first_line
from agora_trainer.loss import IGNORED, SummedLoss, summed_cross_entropy

# Whose rotary positions are those of Liger's kernel: Phi, for one, may rotate a part of a head only.
_LIGER_MODELS = ("llama", "qwen2", "qwen3", "gemma3_text")
_PROBE_TOKENS = 64
# Relative difference of the logits. Rounding to bfloat16 makes about 0.01, and a wrong kernel about 1.
_TOLERANCE = 0.1


@dataclass(frozen=True)
class Kernels:
    """`names` for the metrics of a job."""

    names: tuple[str, ...] = ()
    summed_loss: SummedLoss = summed_cross_entropy


def use_kernels(model: Any, device: torch.device, warn: Callable[[str, str], None]) -> Kernels:
    """Warns with `kernels-unusable` if Liger is installed and fails. Raises `kernels-differ`."""
    if device.type != "cuda":
        return Kernels()
    model.eval()
    expected = _probe(model, device)
    fused = ["norms"] if _fuse_norms(model) else []
    liger = _apply_liger(_decoder_of(model), device, warn)
    difference = ((_probe(model, device) - expected).norm() / expected.norm()).item()
    if not difference < _TOLERANCE:
        problem = f"with fused kernels the logits of this model differ by {difference:.2f} from those of its own code"
        raise TrainerError(
            "kernels-differ", problem, "pip uninstall liger-kernel, or report the model and versions"
        )
    if liger is None:
        return Kernels(tuple(fused))
    return Kernels((*fused, f"liger {liger}"), _liger_loss())


def _decoder_of(model: Any) -> Any:
    """Without its head, and without what sees or hears. Code that comes with a checkpoint may not tell it."""
    return model.get_decoder() if hasattr(model, "get_decoder") else model


def _probe(model: Any, device: torch.device) -> torch.Tensor:
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.arange(_PROBE_TOKENS, device=device)[None] * 997 % vocabulary
    with torch.no_grad():
        return model(input_ids=ids, use_cache=False).logits.float()


def _norm_forward(norm: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.rms_norm(x, norm.weight.shape, norm.weight, norm.variance_epsilon)


def _fuse_norms(model: Any) -> int:
    """
    The norms that are `weight * x / rms(x)`, as in Llama, Qwen and Phi: their code calls its epsilon
    `variance_epsilon`. Returns their number.
    """
    norms = [
        module
        for module in model.modules()
        if type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon")
    ]
    for norm in norms:
        norm.forward = MethodType(_norm_forward, norm)
    return len(norms)


def _apply_liger(decoder: Any, device: torch.device, warn: Callable[[str, str], None]) -> str | None:
    """Liger's version, if the decoder uses its kernels now."""
    if decoder.config.model_type not in _LIGER_MODELS:
        return None
    try:
        version = importlib.metadata.version("liger-kernel")
    except importlib.metadata.PackageNotFoundError:
        return None
    try:
        _require_compiler(device)
        from liger_kernel.transformers import _apply_liger_kernel_to_instance

        norms = {} if decoder.config.model_type == "gemma3_text" else {"rms_norm": False}
        _apply_liger_kernel_to_instance(
            decoder, cross_entropy=False, fused_linear_cross_entropy=False, **norms
        )
    except Exception as error:
        warn("kernels-unusable", f"training is slower: Liger's kernels cannot be used: {first_line(error)}")
        return None
    return version


def _require_compiler(device: torch.device) -> None:
    """Raises where Triton can compile no kernel, for lack of a C compiler or of Python's headers."""
    _liger_loss()(torch.ones(2, 8, device=device), torch.zeros(2, device=device, dtype=torch.long))
    torch.cuda.synchronize(device)


def _liger_loss() -> SummedLoss:
    """Its gradient overwrites the logits."""
    from liger_kernel.ops.cross_entropy import LigerCrossEntropyFunction

    def summed(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        # Under autocast the rows' losses are summed in float32, else in the precision of the logits.
        with torch.autocast("cuda", torch.bfloat16):
            loss: torch.Tensor = LigerCrossEntropyFunction.apply(
                logits, targets, None, IGNORED, 0.0, 0.0, "sum"
            )[0]
        return loss

    return summed

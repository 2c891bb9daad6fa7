"""
The checkpoint of an unfinished job, in one file: the adapter, AdamW's moments, and the step.

1. Writing replaces the file atomically.
2. Random draws depend only on the job and the step, so a checkpoint needs no random state.
3. Only the job that wrote a checkpoint uses it: the fingerprint covers the settings and the files they name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from agora_trainer.errors import first_line
from agora_trainer.files import replace_file

FILE = "checkpoint.safetensors"
_PARTS = ("parameter", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Progress:
    """`step` steps are done, with `losses`; `micro_batch` and `recomputes` are what fits into memory."""

    step: int
    micro_batch: int
    recomputes: bool
    losses: tuple[float, ...]
    first_gradient_norm: float
    seconds: float
    tokens: int


def trained(model: Any) -> dict[str, torch.nn.Parameter]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def save_checkpoint(
    folder: Path, model: Any, optimiser: torch.optim.Optimizer, progress: Progress, fingerprint: str
) -> None:
    """Raises `disk-full` or `disk-failed`; the previous checkpoint then remains."""
    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in trained(model).items():
        state = optimiser.state[parameter]
        parts = {"parameter": parameter, "exp_avg": state["exp_avg"], "exp_avg_sq": state["exp_avg_sq"]}
        tensors |= {f"{part}/{name}": tensor.detach().cpu().contiguous() for part, tensor in parts.items()}
    metadata = {"fingerprint": fingerprint, "progress": json.dumps(vars(progress))}
    replace_file(folder / FILE, save(tensors, metadata=metadata))


class Unfit(Exception):
    """A checkpoint that this job cannot use; the text is the reason."""


def load_checkpoint(
    folder: Path, model: Any, optimiser: torch.optim.Optimizer, fingerprint: str
) -> Progress | None:
    """Returns None if there is no checkpoint. Raises `Unfit` before it changes anything."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        progress = Progress(**json.loads(metadata["progress"]))
    except Exception as error:
        raise Unfit(f"it cannot be read: {first_line(error)}") from error
    if metadata.get("fingerprint") != fingerprint:
        raise Unfit("it belongs to another job")
    _restore(model, optimiser, tensors, progress.step)
    return progress


def _restore(
    model: Any, optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], step: int
) -> None:
    parameters = trained(model)
    wanted = {f"{part}/{name}": parameter.shape for name, parameter in parameters.items() for part in _PARTS}
    if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
        raise Unfit("its tensors are not the adapter's")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"parameter/{name}"])
            moments = {part: tensors[f"{part}/{name}"].to(parameter.device) for part in _PARTS[1:]}
            optimiser.state[parameter] = {
                "step": torch.tensor(float(step), device=parameter.device),
                **moments,
            }

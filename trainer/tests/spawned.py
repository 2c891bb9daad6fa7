"""
What the tests of a GPU run in a process of its own: CUDA cannot be used in a fork of a process that has asked for it.

`python -m tests.spawned job FAULT JOB.json` is a worker with a fault. `python -m tests.spawned gradient ARCHITECTURE
PRECISION KERNELS OUTPUT` writes the gradient of one pass and the names of the kernels.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from agora_trainer import cli, kernels, loop, low_rank
from agora_trainer.job import Job
from agora_trainer.loss import ResponseLoss
from agora_trainer.masking import Encoded
from agora_trainer.model import attach_adapter
from tests.fixtures import ARCHITECTURES, counted


def limit(size: str) -> None:
    """Memory that the process may take on the GPU [bytes]."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, float(size) / total))


def stop_in_step(step: str) -> None:
    stop = counted(int(step), lambda: os.kill(os.getpid(), signal.SIGTERM), loop.Loop._apply)
    loop.Loop._apply = stop  # type: ignore[method-assign]


def turn_norms(_: str) -> None:
    kernels._norm_forward = lambda norm, x: -torch.rms_norm(x, norm.weight.shape)


FAULTS: dict[str, Callable[[str], None]] = {
    "none": lambda _: None,
    "limit": limit,
    "stop": stop_in_step,
    "norms": turn_norms,
}


def gradient(architecture: str, precision: str, with_kernels: bool) -> dict[str, Any]:
    device, dtype = torch.device("cuda"), getattr(torch, precision)
    if not with_kernels:
        low_rank._is_plain = lambda layer: False
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(ARCHITECTURES[architecture]()).to(device, dtype)
    fused = kernels.use_kernels(model, device, print) if with_kernels else kernels.Kernels()
    model = attach_adapter(model, Job("", "", "", dropout=0.0, targets=("all-linear",)))
    torch.manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape) * 0.1)
    samples = [Encoded([(row * 31 + place * 7) % 290 + 5 for place in range(40)], 10) for row in range(4)]
    with torch.autocast("cuda", torch.bfloat16, enabled=dtype == torch.bfloat16):
        loss = ResponseLoss(model, fused.summed_loss)(samples, device)
    loss.backward()
    trained = [parameter.grad for parameter in model.parameters() if parameter.requires_grad]
    row = torch.cat([matrix.float().flatten() for matrix in trained if matrix is not None])
    return {"gradient": row.cpu(), "kernels": fused.names}


def main(task: str, *arguments: str) -> int:
    if task == "job":
        fault, path = arguments
        name, _, value = fault.partition(":")
        FAULTS[name](value)
        return cli.main([path])
    architecture, precision, with_kernels, output = arguments
    torch.save(gradient(architecture, precision, with_kernels == "kernels"), output)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

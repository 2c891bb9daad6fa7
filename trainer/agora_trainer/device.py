"""Chooses the device and the precision of a job, and measures its memory."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import torch

from agora_trainer.errors import TrainerError
from agora_trainer.job import Job

# Largest share of a GPU's memory for base weights; activations, gradients and the optimiser need the rest.
_WEIGHTS_SHARE = 0.7


def choose_device(job: Job) -> torch.device:
    """Raises `device-unsupported`."""
    present = torch.cuda.is_available()
    if job.device == "cuda" and not present:
        fix = "set device to cpu or auto, or repair the driver (nvidia-smi) and CUDA_VISIBLE_DEVICES"
        raise TrainerError("device-unsupported", "no CUDA device can be used", fix)
    return torch.device("cuda" if present and job.device != "cpu" else "cpu")


def stored_bytes(base: str) -> int:
    """Size of a checkpoint's weights on disk; 0 if it is not a folder."""
    return sum(file.stat().st_size for file in Path(base).glob("*.safetensors")) if Path(base).is_dir() else 0


def choose_precision(job: Job, device: torch.device) -> str:
    """`float32`, `bfloat16` or `4bit`. Raises `device-unsupported` or `package-missing`."""
    chosen = job.precision
    if chosen == "auto":
        chosen = _suited(job, device)
    if chosen == "4bit":
        _check_4bit(device)
    return chosen


def _suited(job: Job, device: torch.device) -> str:
    if device.type != "cuda":
        return "float32"
    _, total = torch.cuda.mem_get_info(device)
    return "4bit" if stored_bytes(job.base) > _WEIGHTS_SHARE * total else "bfloat16"


def _check_4bit(device: torch.device) -> None:
    if device.type != "cuda":
        raise TrainerError("device-unsupported", "4bit needs a CUDA device", "set precision to float32")
    if importlib.util.find_spec("bitsandbytes") is None:
        fix = "pip install bitsandbytes, or set precision to bfloat16 and train on a GPU with more memory"
        raise TrainerError("package-missing", "4bit needs the package bitsandbytes", fix)


def peak_memory(device: torch.device) -> int:
    """Peak memory of the device, or of the process on the CPU [bytes]."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def release_memory(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()

"""Compares the installed packages with those the worker needs. Imports only the standard library."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from typing import Any

# The lower bounds of pyproject.toml; a test compares them.
REQUIRED = {
    "torch": "2.11",
    "transformers": "5.17",
    "peft": "0.18",
    "accelerate": "1.12",
    "safetensors": "0.8",
    "jinja2": "3.1",
}
OPTIONAL = ("bitsandbytes", "liger-kernel", "tensorboard", "wandb")


def installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    found = {package: installed(package) for package in (*REQUIRED, *OPTIONAL)}
    return {"python": platform.python_version()} | {
        name: version for name, version in found.items() if version
    }


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]]


def lacks() -> list[str]:
    """Packages that are missing or too old, as arguments for pip."""
    found = {package: installed(package) for package in REQUIRED}
    return [
        f"{package}>={bound}"
        for package, bound in REQUIRED.items()
        if (version := found[package]) is None or _numbers(version) < _numbers(bound)
    ]


def examine() -> dict[str, Any]:
    """Installed versions, lacking packages, and the names of the CUDA devices."""
    lacking = lacks()
    return {"versions": versions(), "lacking": lacking, "devices": [] if lacking else _devices()}


def _devices() -> list[str]:
    import torch

    if not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]

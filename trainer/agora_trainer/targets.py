"""Selects the layers of a model that get an adapter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agora_trainer.errors import TrainerError

ALL_LINEAR = "all-linear"

# Fused layers of some architectures (Phi), with the names of the layers they replace.
_FUSED = {"qkv_proj": {"q_proj", "k_proj", "v_proj"}, "gate_up_proj": {"gate_proj", "up_proj"}}

# Parts of a multimodal model that do not process text.
_OTHER_SENSES = ("vision", "visual", "audio", "multi_modal", "multimodal", "image")


def sees_or_hears(path: str) -> bool:
    return any(part in path for part in _OTHER_SENSES)


def resolve_targets(asked: Sequence[str], linear_paths: Iterable[str]) -> list[str]:
    """
    Last names of the layers that get an adapter, in the requested order. A fused layer replaces its parts; the output
    layer never gets an adapter. Raises `targets-missing` naming the available layers.
    """
    names = {path.rpartition(".")[2] for path in linear_paths if not sees_or_hears(path)} - {"lm_head"}
    if list(asked) == [ALL_LINEAR]:
        return sorted(names)
    resolved: list[str] = []
    for name in asked:
        found = name if name in names else _fusion_of(name, names)
        if found is None:
            fix = f'choose from {", ".join(sorted(names))}, or give ["{ALL_LINEAR}"]'
            raise TrainerError("targets-missing", f"the base model has no linear layer named {name}", fix)
        if found not in resolved:
            resolved.append(found)
    return resolved


def _fusion_of(name: str, names: set[str]) -> str | None:
    return next((fused for fused, parts in _FUSED.items() if name in parts and fused in names), None)

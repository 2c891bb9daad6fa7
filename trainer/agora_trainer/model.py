"""Loads the base model and attaches the adapter."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from agora_trainer.device import is_out_of_memory
from agora_trainer.errors import TrainerError, first_line
from agora_trainer.job import Job
from agora_trainer.low_rank import fuse_low_rank
from agora_trainer.output import verify_hashes
from agora_trainer.targets import resolve_targets, sees_or_hears


def _looks_like_path(base: str) -> bool:
    return os.path.isabs(base) or base.startswith((".", "~")) or base.count("/") > 1 or Path(base).exists()


def _load(job: Job, what: str, load: Callable[[], Any]) -> Any:
    """Raises `base-missing`, `base-unreadable`, `base-unreachable` or `out-of-memory` for an error in loading."""
    if _looks_like_path(job.base) and not (Path(job.base) / "config.json").is_file():
        fix = "give the folder of a checkpoint in Hugging Face format, with its config.json"
        raise TrainerError("base-missing", f"there is no checkpoint at {job.base}", fix)
    try:
        return load()
    except Exception as error:
        if is_out_of_memory(error):
            raise _too_large(job) from error
        problem = f"the {what} of {job.base} cannot be loaded: {first_line(error)}"
        if _looks_like_path(job.base):
            fix = "restore the folder, or set trust_remote_code if the checkpoint needs its own Python code"
            raise TrainerError("base-unreadable", problem, fix) from error
        fix = f"check the id, then fetch it: hf download {job.base} (gated models need hf auth login)"
        raise TrainerError("base-unreachable", problem, fix) from error


def _too_large(job: Job) -> TrainerError:
    fix = "set precision to 4bit, stop what else uses the device, or train on one with more memory"
    return TrainerError("out-of-memory", f"{job.base} does not fit into memory", fix)


def load_tokenizer(job: Job) -> Any:
    options = {"trust_remote_code": job.trust_remote_code}
    return _load(job, "tokeniser", lambda: AutoTokenizer.from_pretrained(job.base, **options))


def stop_ids(job: Job, model: Any) -> set[int]:
    """Tokens that end the model's turn, from its generation settings."""
    named = [getattr(settings, "eos_token_id", None) for settings in (model.generation_config, model.config)]
    return {
        token for ids in named for token in (ids if isinstance(ids, list) else [ids]) if token is not None
    }


def context_length(model: Any) -> int | None:
    """Context length of the model [tokens]; None if it states none."""
    config = model.config.get_text_config()
    return getattr(config, "max_position_embeddings", None)


def load_base(job: Job, device: torch.device, precision: str) -> Any:
    options: dict[str, Any] = {"trust_remote_code": job.trust_remote_code, "use_safetensors": True}
    if precision == "4bit":
        options["quantization_config"] = _four_bits()
        options["device_map"] = {"": device.index or 0}
    elif device.type == "cuda":
        options["device_map"] = {"": device.index or 0}
    options["dtype"] = torch.float32 if precision == "float32" else torch.bfloat16
    model = _load(job, "weights", lambda: AutoModelForCausalLM.from_pretrained(job.base, **options))
    model.config.use_cache = False
    return model


def _four_bits() -> Any:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def linear_paths(model: Any) -> list[str]:
    return [path for path, module in model.named_modules() if isinstance(module, torch.nn.Linear)]


def attach_adapter(model: Any, job: Job) -> Any:
    """
    A new adapter from the job's seed, or the previous one's matrices with the job's settings. Its matrices are
    always float32. Raises `targets-missing`, `adapter-unreadable` or `adapter-mismatch`.
    """
    paths = linear_paths(model)
    torch.manual_seed(job.seed)
    config = LoraConfig(
        r=job.rank,
        lora_alpha=job.alpha,  # type: ignore[arg-type]
        lora_dropout=job.dropout,
        target_modules=resolve_targets(job.targets, paths),
        exclude_modules=_excluded(paths),
        task_type="CAUSAL_LM",
        base_model_name_or_path=job.base,
    )
    adapted = get_peft_model(model, config)
    if job.previous is not None:
        _restore(adapted, Path(job.previous))
    fuse_low_rank(adapted)
    return adapted.train()


def recompute_activations(adapted: Any) -> None:
    """From the next step on: about a third more computation, far less memory."""
    adapted.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})


def _excluded(paths: list[str]) -> list[str] | None:
    return [path for path in paths if sees_or_hears(path)] or None


def read_adapter(folder: Path) -> dict[str, torch.Tensor]:
    """Raises `adapter-unreadable`."""
    try:
        verify_hashes(folder)
        return load_file(folder / "adapter_model.safetensors")
    except Exception as error:
        problem = f"adapter {folder} cannot be read: {first_line(error)}"
        fix = "restore the folder, or train from the base model (no previous)"
        raise TrainerError("adapter-unreadable", problem, fix) from error


def _restore(adapted: Any, folder: Path) -> None:
    stored, expected = read_adapter(folder), get_peft_model_state_dict(adapted)
    stored_shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    expected_shapes = {name: tuple(tensor.shape) for name, tensor in expected.items()}
    for name in sorted(stored_shapes.keys() | expected_shapes.keys()):
        found, wanted = stored_shapes.get(name, "nothing"), expected_shapes.get(name, "nothing")
        if found != wanted:
            problem = f"adapter {folder} has {found} as {name}; the job needs {wanted}"
            fix = "give the adapter's own rank and targets, or train from the base model (no previous)"
            raise TrainerError("adapter-mismatch", problem, fix)
    set_peft_model_state_dict(adapted, stored)

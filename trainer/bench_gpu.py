"""
Measures LoRA on models of real size: tokens per second, peak memory and MFU of the worker's loop.

Models have the shapes of Qwen3-1.7B and Gemma-3-4B and random weights, so nothing is downloaded. The settings are the
paper's: 1,024 samples of 512 tokens, rank 16, all linear layers. A quarter of a sample is prompt. The first steps
(kernels, allocator) are excluded from the speed. Prints one JSON line per model on stdout and writes all results to
`bench/results/<date>-<device>.json`. Run `bench/lora-gpu`; `--tiny` tests it on a CPU.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, Qwen3Config

from agora_trainer.device import device_name, is_out_of_memory, peak_memory, release_memory
from agora_trainer.environment import versions
from agora_trainer.job import Job
from agora_trainer.kernels import use_kernels
from agora_trainer.loop import Loop, Setting
from agora_trainer.masking import Encoded
from agora_trainer.model import attach_adapter

RESULTS = Path(__file__).parents[1] / "bench" / "results"
PROMPT_SHARE = 0.25
WARM_UP_STEPS = 3

CONFIGS: dict[str, Any] = {
    "qwen3-1.7b": lambda: Qwen3Config(
        **{"vocab_size": 151_936, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28},
        **{"num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128},
        **{"max_position_embeddings": 40_960, "tie_word_embeddings": True},
    ),
    "gemma-3-4b": lambda: Gemma3TextConfig(
        **{"vocab_size": 262_208, "hidden_size": 2560, "intermediate_size": 10_240, "num_hidden_layers": 34},
        **{"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "sliding_window": 1024},
    ),
}
_TINY = {"vocab_size": 512, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}

# Dense bfloat16 with float32 accumulation, from the manufacturers' data sheets [FLOP/s].
PEAKS = {
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100 NVL": 835e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
}


class Steps:
    """Replaces the reporter: keeps the steps and prints warnings on stderr."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.ends: list[float] = []

    def send(self, kind: str, **fields: Any) -> None:
        if kind == "step":
            self.steps.append(fields)
            self.ends.append(time.monotonic())
            note(f"step {fields['step']} of {fields['steps']}: loss {fields['loss']:.4f}")

    def alive(self, step: int) -> None:
        pass

    def stage(self, stage: str) -> None:
        pass

    def warn(self, code: str, problem: str) -> None:
        note(problem)


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def peak_of(name: str) -> float | None:
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def flops_per_token(config: Any, blocks: int, adapter: int, length: int, answered: float) -> float:
    """
    Model FLOP per trained token, without recomputation. Base weights are frozen: a linear layer costs 2 FLOP per
    parameter forwards and 2 backwards (the gradient of its input). The adapter's matrices cost 6 per parameter.
    Attention costs 2 products with half of `length` keys forwards and twice that backwards. The output layer is
    computed only for the share `answered` of the tokens.
    """
    heads = config.num_attention_heads * config.head_dim
    attention = 3 * 2 * 2 * (length / 2) * heads * config.num_hidden_layers
    head = 4 * config.vocab_size * config.hidden_size * answered
    return 4 * blocks + 6 * adapter + attention + head


def random_samples(count: int, length: int, vocabulary: int) -> list[Encoded]:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(5, vocabulary, (count, length), generator=generator).tolist()
    return [Encoded(sample, round(length * PROMPT_SHARE)) for sample in tokens]


def build(name: str, tiny: bool, device: torch.device, dtype: torch.dtype) -> Any:
    config = CONFIGS[name]()
    if tiny:
        config = type(config)(**{**config.to_dict(), **_TINY, "layer_types": None})
    torch.manual_seed(0)
    with device:
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.config.use_cache = False
    return model


def measure(name: str, options: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    model = build(name, options.tiny, device, dtype)
    config = model.config
    job = Job(
        **{"base": name, "samples": "", "output": "", "targets": ("all-linear",), "epochs": 1},
        **{"batch_size": options.batch_size, "micro_batch": options.micro_batch, "checkpoint_every": 10**9},
        gradient_checkpointing=options.gradient_checkpointing,
    )
    blocks = sum(
        parameter.numel()
        for path, parameter in model.named_parameters()
        if "proj" in path and parameter.dim() == 2
    )
    kernels = use_kernels(model, device, lambda _, problem: note(problem))
    adapted = attach_adapter(model, job)
    samples = random_samples(options.samples, options.length, config.vocab_size)
    steps = Steps()
    with tempfile.TemporaryDirectory() as work:
        setting = Setting(
            *(job, adapted, samples, device, "bfloat16" if device.type == "cuda" else "float32"),
            *(Path(work), "", steps, lambda: None, kernels),
        )
        loop = Loop(setting)
        loop.run()
    adapter = sum(parameter.numel() for parameter in adapted.parameters() if parameter.requires_grad)
    tokens_per_second = speed(steps, options.batch_size * options.length)
    work = flops_per_token(config, blocks, adapter, options.length, 1 - PROMPT_SHARE)
    peak = options.peak_tflops * 1e12 if options.peak_tflops else peak_of(device_name(device))
    return {
        **{"model": name, "tiny": options.tiny, "parameters": sum(one.numel() for one in model.parameters())},
        **{
            "trained_parameters": adapter,
            "rank": job.rank,
            "samples": options.samples,
            "tokens": options.length,
        },
        **{"steps": len(steps.steps), "batch_size": options.batch_size, "micro_batch": loop.micro_batch},
        **{"gradient_checkpointing": loop.recomputes, "precision": setting.precision},
        "kernels": list(kernels.names),
        "first_loss": round(steps.steps[0]["loss"], 4),
        "last_loss": round(steps.steps[-1]["loss"], 4),
        "tokens_per_second": round(tokens_per_second),
        "peak_memory_gib": round(peak_memory(device) / 2**30, 2),
        "mfu": round(tokens_per_second * work / peak, 4) if peak else None,
    }


def speed(steps: Steps, tokens: int) -> float:
    """Tokens per second after the warm-up."""
    skipped = min(WARM_UP_STEPS, len(steps.ends) - 2)
    return tokens * (len(steps.ends) - 1 - skipped) / (steps.ends[-1] - steps.ends[skipped])


def write_results(results: Sequence[dict[str, Any]], device: torch.device, folder: Path) -> Path:
    date = datetime.date.today().isoformat()
    name = re.sub(r"[^a-z0-9]+", "-", device_name(device).lower()).strip("-")
    path = folder / f"{date}-{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    stated = {"bench": "lora-gpu", "date": date, "device": device_name(device), "versions": versions()}
    path.write_text(json.dumps({**stated, "results": list(results)}, indent=2) + "\n")
    return path


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/lora-gpu", description="LoRA on models of real size.")
    parser.add_argument("--models", nargs="+", choices=sorted(CONFIGS), default=list(CONFIGS))
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--length", type=int, default=512, help="tokens of a sample")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--gradient-checkpointing", action=argparse.BooleanOptionalAction, default="auto")
    parser.add_argument("--peak-tflops", type=float, help="peak of the device, if it is not in the table")
    parser.add_argument("--tiny", action="store_true", help="small shapes, for a test on a CPU")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result file")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    device = torch.device("cpu" if options.tiny or not torch.cuda.is_available() else "cuda")
    if device.type == "cpu" and not options.tiny:
        note("There is no CUDA device; use --tiny to test the benchmark on the CPU.")
        return 1
    results = []
    for name in options.models:
        try:
            result = measure(name, options, device)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            result = {"model": name, "error": "out of memory"}
        release_memory(device)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        results.append(result)
        print(json.dumps({"bench": "lora-gpu", "device": device_name(device), **result}), flush=True)
    note(f"written: {write_results(results, device, options.results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Shared by the worker's tests: a tiny model with a byte tokeniser, templates, and runs in forked processes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    Gemma3Config,
    Gemma3TextConfig,
    LlamaConfig,
    Phi3Config,
    PreTrainedTokenizerFast,
    Qwen3Config,
    SiglipVisionConfig,
)
from transformers.utils import logging

from agora_trainer import cli

# Whether there is a GPU is answered without starting CUDA, which a fork of this process could not use.
os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"
# One thread: forked children would wait for threads that exist only in the parent.
torch.set_num_threads(1)
logging.disable_progress_bar()

CONTROL = ["<pad>", "<bos>", "<eos>", "<|im_start|>", "<|im_end|>"]

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Like Qwen3's template: the last answer gets a thinking block, which is in the prompt if thinking is off.
THINKING = (
    "{% for message in messages %}"
    "{% set content = message.content %}{% set thought = '' %}"
    "{% if message.role == 'assistant' and '</think>' in content %}"
    "{% set thought = content.split('</think>')[0].split('<think>')[-1].strip('\n') %}"
    "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' and loop.last %}<think>\n{{ thought }}\n</think>\n\n{{ content }}"
    "{% else %}{{ content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)

# Like Gemma 2's template: no system role, answers are trimmed, the assistant's role is `model`.
WITHOUT_SYSTEM = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}<|im_start|>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>model\n{% endif %}"
)


def byte_tokenizer(template: str | None = CHATML, **extra: Any) -> PreTrainedTokenizerFast:
    """One token per byte, after the control tokens."""
    symbols = [*CONTROL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({symbol: index for index, symbol in enumerate(symbols)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"},
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        **extra,
    )
    fast.chat_template = template
    return fast


_SMALL = {
    **{"vocab_size": 300, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256},
    **{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "tie_word_embeddings": True},
}

_SMALL_VISION = {
    **{"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
    **{"image_size": 28, "patch_size": 14},
}

# Small models with the architectures of the paper's models. Gemma 3 from 4B on also processes images.
ARCHITECTURES = {
    "llama": lambda: LlamaConfig(**_SMALL),
    "qwen3": lambda: Qwen3Config(**_SMALL, head_dim=8),
    "gemma3": lambda: Gemma3TextConfig(**_SMALL, head_dim=8, sliding_window=16),
    "gemma3-with-eyes": lambda: Gemma3Config(
        text_config=Gemma3TextConfig(**_SMALL, head_dim=8, sliding_window=16),
        vision_config=SiglipVisionConfig(**_SMALL_VISION),
        **{
            "mm_tokens_per_image": 4,
            "boi_token_index": 297,
            "eoi_token_index": 298,
            "image_token_index": 299,
        },
    ),
    "phi3": lambda: Phi3Config(**_SMALL),
}


def write_base(
    folder: Path, template: str | None = CHATML, architecture: str = "llama", **changes: Any
) -> None:
    """A model with random weights and its byte tokeniser; `changes` are of the small model's configuration."""
    torch.manual_seed(7)
    config = ARCHITECTURES[architecture]()
    for name, value in changes.items():
        setattr(config, name, value)
    model = AutoModelForCausalLM.from_config(config)
    model.generation_config.eos_token_id = [2, 4]
    model.save_pretrained(folder)
    byte_tokenizer(template).save_pretrained(folder)


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


SAMPLES = [chat(f"{n}+{n % 7}?", "=" * (n % 5) + str(n + n % 7)) for n in range(20)]


@dataclass(frozen=True)
class Run:
    """The result of a worker: its exit status (negative: the signal that killed it) and its lines."""

    status: int
    lines: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def error(self) -> dict[str, Any]:
        return self.of("error")[-1]


class WorkerCase(unittest.TestCase):
    """A folder with a base model and samples; a run is a fork of this process, which saves the imports."""

    base: Path
    shared: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.shared = Path(tempfile.mkdtemp(prefix="agora-trainer-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.base = cls.shared / "base"
        write_base(cls.base)

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=self.shared))
        self.write_samples(SAMPLES)

    def write_samples(self, samples: list[dict[str, Any]]) -> None:
        (self.folder / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))

    def job(self, output: str = "adapter", **changes: Any) -> dict[str, Any]:
        return {
            **{"base": str(self.base), "samples": str(self.folder / "samples.jsonl")},
            **{"output": str(self.folder / output), "rank": 4, "alpha": 8, "learning_rate": 0.01},
            **{"epochs": 2, "batch_size": 8, "micro_batch": 4, "checkpoint_every": 2, "seed": 3},
            "device": "cpu",
            **changes,
        }

    def run_job(
        self,
        job: dict[str, Any],
        fault: Callable[[], None] = lambda: None,
        *flags: str,
        stdin: int | None = None,
    ) -> Run:
        """`fault` is called in the worker's process before the worker starts."""
        path = self.folder / "job.json"
        path.write_text(json.dumps(job))
        return forked(lambda: cli.main([str(path), *flags]), fault, stdin)

    def weights(self, output: str = "adapter") -> bytes:
        return (self.folder / output / "adapter_model.safetensors").read_bytes()

    def hidden(self) -> list[str]:
        """Files and folders that should have been removed."""
        return sorted(path.name for path in self.folder.glob(".*"))


def forked(act: Callable[[], int], fault: Callable[[], None] = lambda: None, stdin: int | None = None) -> Run:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _be_worker(act, fault, reading, writing, stdin)
    os.close(writing)
    with os.fdopen(reading) as lines:
        parsed = [json.loads(line) for line in lines]
    _, status = os.waitpid(child, 0)
    return Run(os.waitstatus_to_exitcode(status), parsed)


def renew_thread_pool() -> None:
    """
    For a forked process, before it starts threads. PyTorch replaces its thread pool at the first use after a fork, and
    threads that come while it does so find none ("Invalid thread pool").
    """
    torch.set_num_threads(torch.get_num_threads())


def _be_worker(
    act: Callable[[], int], fault: Callable[[], None], reading: int, writing: int, stdin: int | None
) -> None:
    status = 70
    try:
        os.close(reading)
        os.dup2(writing, 1)
        os.close(writing)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY) if stdin is None else stdin, 0)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        renew_thread_pool()
        fault()
        status = act()
    finally:
        os._exit(status)


def counted(call: int, act: Callable[[], None], original: Callable[..., Any]) -> Callable[..., Any]:
    """A replacement that calls `act` before the given call (from 1) of the original."""
    calls: Iterator[int] = iter(range(1, 1_000_000))

    def stand_in(*arguments: Any, **named: Any) -> Any:
        if next(calls) == call:
            act()
        return original(*arguments, **named)

    return stand_in

"""
The worker's loop beside TRL's `SFTTrainer` on the CPU: the same batches, processor time per token, and what each
imports. Prints one table. `python bench_trl.py`, where TRL is installed (.ci/trl.txt).
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from agora_trainer.job import Job
from tests.fixtures import byte_tokenizer, chat
from tests.trl_trainer import Course, in_trl, in_worker

TURNS = 3
# Width, layers, vocabulary, length of a prompt and of a response [characters], epochs.
SHAPES = {
    "pocket model, short prompts": (64, 3, 300, 30, 30, 20),
    "wider model, short prompts": (192, 3, 8000, 60, 60, 2),
    "wider model, long prompts": (192, 3, 8000, 400, 60, 1),
}
OWN = "import torch, transformers, peft; from agora_trainer import loop, model"
TRL = "import torch, transformers, peft; from trl import SFTConfig, SFTTrainer; import datasets"


def write(folder: Path, width: int, layers: int, vocabulary: int, prompt: int, response: int) -> None:
    torch.manual_seed(1)
    config = LlamaConfig(
        **{"vocab_size": vocabulary, "hidden_size": width, "intermediate_size": 2 * width},
        **{"num_hidden_layers": layers, "num_attention_heads": width // 32, "max_position_embeddings": 1024},
        **{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "tie_word_embeddings": True},
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder / "base")
    byte_tokenizer().save_pretrained(folder / "base")
    rows = [chat(f"{n:02}" * ((prompt + n) // 2), f"{n:02}" * ((response + n) // 2)) for n in range(32)]
    (folder / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def rate(course: Course, tokens: int) -> float:
    return tokens / course.seconds


def compare(name: str, shape: tuple[int, ...]) -> None:
    *sizes, epochs = shape
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, *sizes)
        job = Job(
            **{"base": str(folder / "base"), "samples": str(folder / "samples.jsonl"), "output": "unused"},
            **{"epochs": epochs, "batch_size": 16, "micro_batch": 8, "dropout": 0.0, "warmup": 0.0},
            **{"schedule": "constant", "gradient_checkpointing": False, "checkpoint_every": 10_000},
        )
        tokens = epochs * 32 * (sum(sizes[-2:]) + 32 + 20)
        turns = [(in_worker(job, folder), in_trl(job, folder)) for _ in range(TURNS)]
    own, trl = (statistics.median(rate(course, tokens) for course in side) for side in zip(*turns, strict=True))
    print(f"{name}: own {own:.0f}, TRL {trl:.0f} tokens per second of processor time ({own / trl:.2f} x)")


def imports(code: str) -> float:
    timed = f"import time; {code}; print(time.process_time())"
    return float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    for name, shape in SHAPES.items():
        compare(name, shape)
    print(f"imports: own {imports(OWN):.1f} s, TRL {imports(TRL):.1f} s of processor time")

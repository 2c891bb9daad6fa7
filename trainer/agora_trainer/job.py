"""A training job as in `job.json`. Defaults are the paper's where it gives them, else ours."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agora_trainer.errors import TrainerError, first_line

PRECISIONS = ("auto", "float32", "bfloat16", "4bit")
SCHEDULES = ("linear", "cosine", "constant")
TRACKERS = ("tensorboard", "wandb")


@dataclass(frozen=True)
class Job:
    """Relative paths start at the working directory of the worker."""

    base: str
    """Folder of a checkpoint in Hugging Face format, or a Hugging Face id."""
    samples: str
    """JSONL file: `{"messages": [...]}` or `{"prompt": ..., "completion": ...}` per line."""
    output: str
    """Folder of the adapter; it appears only once it is complete."""
    previous: str | None = None
    """PEFT adapter to continue from; without it a new adapter is trained."""
    work: str | None = None
    """Folder of checkpoints; default: a hidden one beside `output`."""
    rank: int = 16
    alpha: float = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    """Names of linear layers, or `all-linear` alone."""
    learning_rate: float = 2e-4
    warmup: float = 0.03
    """Share of the steps with a rising learning rate."""
    schedule: str = "linear"
    """What follows the warm-up: a fall to zero (linear, cosine) or none (constant)."""
    clip: float = 1.0
    """Largest gradient norm."""
    epochs: int = 2
    batch_size: int = 16
    """Samples of one optimiser step, in one or more micro-batches."""
    micro_batch: int = 16
    """Samples that pass through the model together; halved if memory runs out."""
    max_tokens: int = 4096
    """Longer samples are skipped [tokens]."""
    precision: str = "auto"
    """Precision of the base weights: auto is bfloat16 on a GPU, 4bit if that does not fit, and float32 on the CPU."""
    gradient_checkpointing: bool | str = "auto"
    """
    Recomputes activations: about a third more computation, far less memory. auto does so on a GPU once a single sample
    does not fit without, and always on the CPU.
    """
    checkpoint_every: int = 25
    """Steps between two checkpoints."""
    template_options: dict[str, Any] = field(default_factory=dict)
    """Arguments of the chat template, the same as in serving, such as `{"enable_thinking": false}`."""
    trust_remote_code: bool = False
    """Allows Python code of the checkpoint to run."""
    device: str = "auto"
    """auto, cpu or cuda."""
    trackers: tuple[str, ...] = ()
    """Where steps are logged besides: tensorboard, wandb. Each needs its own package."""
    seed: int = 1

    @property
    def output_folder(self) -> Path:
        return Path(self.output)

    @property
    def work_folder(self) -> Path:
        return (
            Path(self.work) if self.work else self.output_folder.parent / f".{self.output_folder.name}.work"
        )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*choices: str) -> tuple[Callable[[Any], bool], str]:
    return (lambda value: value in choices, f"one of {', '.join(choices)}")


_TEXT = (_is_text, "a text")
_COUNT = (_is_count, "a whole number from 1")
_POSITIVE = (_is_positive, "a number above 0")
_SHARE = (_is_share, "a number from 0 to below 1")
_FLAG = (_is_flag, "true or false")

_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "base": _TEXT,
    "samples": _TEXT,
    "output": _TEXT,
    "previous": (lambda value: value is None or _is_text(value), "a text or null"),
    "work": (lambda value: value is None or _is_text(value), "a text or null"),
    "rank": _COUNT,
    "alpha": _POSITIVE,
    "dropout": _SHARE,
    "targets": (
        lambda value: isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_text, value)),
        "a list of names of layers",
    ),
    "learning_rate": _POSITIVE,
    "warmup": _SHARE,
    "schedule": _one_of(*SCHEDULES),
    "clip": _POSITIVE,
    "epochs": _COUNT,
    "batch_size": _COUNT,
    "micro_batch": _COUNT,
    "max_tokens": _COUNT,
    "precision": _one_of(*PRECISIONS),
    "gradient_checkpointing": (lambda value: _is_flag(value) or value == "auto", "true, false or auto"),
    "checkpoint_every": _COUNT,
    "template_options": (lambda value: isinstance(value, dict), "an object"),
    "trust_remote_code": _FLAG,
    "device": _one_of("auto", "cpu", "cuda"),
    "trackers": (
        lambda value: isinstance(value, list | tuple) and all(one in TRACKERS for one in value),
        f"a list of {', '.join(TRACKERS)}",
    ),
    "seed": (lambda value: isinstance(value, int) and not _is_flag(value), "a whole number"),
}


def _invalid(problem: str, fix: str) -> TrainerError:
    return TrainerError("job-invalid", problem, fix)


def parse_job(values: Any) -> Job:
    """Raises `job-invalid` naming the key, what was expected and the fix."""
    if not isinstance(values, dict):
        raise _invalid("the job is not a JSON object", "write an object with base, samples and output")
    for key in values:
        if key not in _RULES:
            close = difflib.get_close_matches(key, _RULES, n=1)
            raise _invalid(f"{key} is not a key of a job", f"write {close[0]}" if close else "remove it")
    for key in ("base", "samples", "output"):
        if key not in values:
            raise _invalid(f"the job has no {key}", f"add {key}")
    for key, value in values.items():
        accepts, expected = _RULES[key]
        if not accepts(value):
            raise _invalid(f"{key} is {json.dumps(value)[:80]}", f"give {expected}")
    return Job(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def read_job(path: str) -> Job:
    """Raises `job-invalid` if the file cannot be read or is not a job."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise _invalid(f"{path} cannot be read: {error.strerror}", "give the path of a job file") from error
    except ValueError as error:
        raise _invalid(f"{path} is not JSON: {first_line(error)}", "correct its syntax") from error
    return parse_job(values)


_WITHOUT_EFFECT = {
    *{"output", "work", "samples", "previous", "micro_batch", "checkpoint_every", "device", "trackers"},
}


def settings_of(job: Job) -> dict[str, Any]:
    """The settings of a job that determine the weights, apart from the files it reads."""
    return {key: value for key, value in dataclasses.asdict(job).items() if key not in _WITHOUT_EFFECT}

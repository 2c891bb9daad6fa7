"""The same training in TRL's `SFTTrainer`, to compare the worker's loop with: steps, and speed (bench_trl.py)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agora_trainer.job import Job
from agora_trainer.masking import Encoded, Encoder
from agora_trainer.model import attach_adapter, load_base, load_tokenizer, stop_ids
from agora_trainer.samples import read_samples


@dataclass(frozen=True)
class Course:
    """Loss [nats per response token] and gradient norm before clipping of every step, and the processor time [s]."""

    losses: list[float]
    gradient_norms: list[float]
    seconds: float


@dataclass(frozen=True)
class Prepared:
    model: Any
    tokenizer: Any
    samples: list[Encoded]


def prepare(job: Job) -> Prepared:
    import torch

    tokenizer, base = load_tokenizer(job), load_base(job, torch.device("cpu"), "float32")
    encoder = Encoder(tokenizer, stop_ids(job, base), job.max_tokens, job.template_options)
    samples = [encoder.encode(sample) for sample in read_samples(Path(job.samples)).samples]
    return Prepared(attach_adapter(base, job), tokenizer, samples)


class Silent:
    """A reporter that keeps the steps."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def send(self, kind: str, **fields: Any) -> None:
        if kind == "step":
            self.steps.append(fields)

    def alive(self, step: int) -> None: ...

    def stage(self, stage: str) -> None: ...

    def warn(self, code: str, problem: str) -> None: ...


def in_worker(job: Job, folder: Path) -> Course:
    """Trains with the worker's own loop."""
    import torch

    from agora_trainer.loop import Loop, Setting

    given, reporter = prepare(job), Silent()
    setting: Any = Setting(
        *(job, given.model, given.samples, torch.device("cpu"), "float32", folder, "", reporter),
        check=lambda: None,
    )
    loop = Loop(setting)
    started = time.process_time()
    loop.run()
    seconds = time.process_time() - started
    return Course(loop.tally.losses, [step["gradient_norm"] for step in reporter.steps], seconds)


def in_trl(job: Job, folder: Path) -> Course:
    """Trains with `SFTTrainer` on the worker's tokens: batches in their order, one schedule, the same optimiser."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    given = prepare(job)
    rows = [
        {
            "input_ids": sample.tokens,
            "labels": [-100] * sample.response_start + sample.tokens[sample.response_start :],
        }
        for sample in given.samples
    ]
    micro = min(job.micro_batch, job.batch_size, len(rows))
    config = SFTConfig(
        output_dir=str(folder),
        num_train_epochs=job.epochs,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=-(-min(job.batch_size, len(rows)) // micro),
        learning_rate=job.learning_rate,
        lr_scheduler_type=job.schedule,
        warmup_steps=0,
        max_grad_norm=job.clip,
        weight_decay=0.0,
        max_length=None,
        gradient_checkpointing=job.gradient_checkpointing,
        train_sampling_strategy="group_by_length",
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        seed=job.seed,
    )
    trainer = SFTTrainer(
        given.model, config, train_dataset=Dataset.from_list(rows), processing_class=given.tokenizer
    )
    seen: list[dict[str, Any]] = []

    class Keep(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "grad_norm" in logs:
                seen.append(dict(logs))

    trainer.add_callback(Keep())
    started = time.process_time()
    trainer.train()
    seconds = time.process_time() - started
    return Course([log["loss"] for log in seen], [log["grad_norm"] for log in seen], seconds)

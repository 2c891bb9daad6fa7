"""
The training loop.

1. A step depends only on the weights, the optimiser's moments, the job and the step's number, which also seeds its
   random draws. So an interrupted job ends with the same weights as an uninterrupted one.
2. The gradient of a step is that of the mean loss over all its response tokens, for any number of micro-batches.
3. If memory runs out, the micro-batch is halved and the step starts again; if one sample does not fit, activations
   are recomputed from then on, and micro-batches are whole again. Only complete steps change the weights.
4. A loss or gradient that is not finite ends the job, and the weights that it changed are not written.
5. The processor waits for the GPU once in a step, after it has queued all of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from agora_trainer.batches import micro_batches, plan_steps
from agora_trainer.checkpoint import Progress, Unfit, load_checkpoint, save_checkpoint, trained
from agora_trainer.device import is_out_of_memory, peak_memory, release_memory
from agora_trainer.errors import Stopped, TrainerError
from agora_trainer.job import Job
from agora_trainer.kernels import Kernels
from agora_trainer.loss import ResponseLoss
from agora_trainer.low_rank import keeps_other_layers
from agora_trainer.masking import Encoded
from agora_trainer.model import recompute_activations
from agora_trainer.report import Reporter
from agora_trainer.schedule import learning_rate

BETAS = (0.9, 0.999)
EPSILON = 1e-8


@dataclass(frozen=True)
class Setting:
    """The inputs of a loop; `work` is the folder of checkpoints, `check` raises `Stopped` after a stop request."""

    job: Job
    model: Any
    samples: Sequence[Encoded]
    device: torch.device
    precision: str
    work: Path
    fingerprint: str
    reporter: Reporter
    check: Callable[[], None]
    kernels: Kernels = Kernels()


@dataclass
class Tally:
    """The progress so far."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    first_gradient_norm: float = 0.0
    seconds: float = 0.0
    tokens: int = 0


def always_recomputes(job: Job, device: torch.device) -> bool:
    """On the CPU a lack of memory cannot be caught: the system kills the process."""
    return job.gradient_checkpointing is True or (
        job.gradient_checkpointing == "auto" and device.type == "cpu"
    )


class Loop:
    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        job = setting.job
        self.steps = plan_steps(len(setting.samples), job.epochs, job.batch_size, job.seed)
        self.micro_batch = self._largest_micro_batch()
        self.recomputes = False
        if always_recomputes(job, setting.device):
            self._recompute()
        self.tally = Tally()
        self._parameters = list(trained(setting.model).values())
        self._optimiser = torch.optim.AdamW(
            self._parameters, lr=0.0, betas=BETAS, eps=EPSILON, weight_decay=0.0, fused=True
        )
        self._loss = ResponseLoss(setting.model, setting.kernels.summed_loss)
        self._needs_autocast = setting.precision != "float32" and keeps_other_layers(setting.model)

    def _largest_micro_batch(self) -> int:
        job = self._setting.job
        return min(job.micro_batch, job.batch_size, len(self._setting.samples))

    def _recompute(self) -> None:
        recompute_activations(self._setting.model)
        self.recomputes = True

    def resume(self) -> None:
        """Loads the checkpoint of this job, if there is one."""
        setting = self._setting
        try:
            progress = load_checkpoint(setting.work, setting.model, self._optimiser, setting.fingerprint)
        except Unfit as error:
            setting.reporter.warn(
                "checkpoint-unfit", f"training starts again because the checkpoint cannot be used: {error}"
            )
            return
        if progress is None:
            return
        self.micro_batch = min(self.micro_batch, progress.micro_batch)
        if progress.recomputes and not self.recomputes:
            self._recompute()
        self.tally = Tally(
            progress.step,
            list(progress.losses),
            progress.first_gradient_norm,
            progress.seconds,
            progress.tokens,
        )

    def run(self) -> None:
        """Runs the remaining steps. Raises `Stopped` after writing a checkpoint, or a `TrainerError`."""
        every = self._setting.job.checkpoint_every
        while self.tally.step < len(self.steps):
            try:
                self._setting.check()
                self._step()
            except Stopped:
                self.save()
                raise
            if self.tally.step % every == 0 and self.tally.step < len(self.steps):
                self.save()

    def save(self) -> None:
        setting, tally = self._setting, self.tally
        if tally.step == 0:
            return
        setting.reporter.stage("checkpointing")
        progress = Progress(
            tally.step,
            self.micro_batch,
            self.recomputes,
            tuple(tally.losses),
            tally.first_gradient_norm,
            tally.seconds,
            tally.tokens,
        )
        save_checkpoint(setting.work, setting.model, self._optimiser, progress, setting.fingerprint)

    def _step(self) -> None:
        started = time.monotonic()
        batch = [self._setting.samples[index] for index in self.steps[self.tally.step]]
        measured = self._gradient(batch)
        rate = self._apply()
        loss, gradient_norm = measured.tolist()
        self._require_finite(loss, gradient_norm)
        tokens = sum(len(sample.tokens) for sample in batch)
        self._count(loss, gradient_norm, tokens, time.monotonic() - started)
        self._report_step(rate, tokens / (time.monotonic() - started), gradient_norm)

    def _gradient(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """Loss and gradient norm before clipping `[2]`; uses less memory until the step fits."""
        while True:
            fits = self._try_gradient(batch)
            if fits is not None:
                return fits
            self._use_less_memory(len(batch))

    def _try_gradient(self, batch: Sequence[Encoded]) -> torch.Tensor | None:
        try:
            self._optimiser.zero_grad(set_to_none=True)
            torch.manual_seed(self._seed())
            weight = 1 / sum(sample.response_tokens for sample in batch)
            total = sum(self._add_gradient(part, weight) for part in micro_batches(batch, self.micro_batch))
            norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._setting.job.clip)
            return torch.stack([torch.as_tensor(total), norm])
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None

    def _add_gradient(self, part: Sequence[Encoded], weight: float) -> torch.Tensor:
        with self._autocast():
            loss = self._loss(part, self._setting.device) * weight
        loss.backward()
        self._setting.reporter.alive(self.tally.step + 1)
        self._setting.check()
        return loss.detach()

    def _autocast(self) -> AbstractContextManager[Any]:
        """PEFT's layers multiply matrices in float32 with activations in the base model's precision."""
        if not self._needs_autocast:
            return nullcontext()
        return torch.autocast(self._setting.device.type, torch.bfloat16)

    def _use_less_memory(self, samples: int) -> None:
        """Called after the failed attempt, so that its tensors are already freed."""
        setting = self._setting
        self._optimiser.zero_grad(set_to_none=True)
        release_memory(setting.device)
        used = min(self.micro_batch, samples)
        if used > 1:
            self._halve(used)
        elif setting.job.gradient_checkpointing == "auto" and not self.recomputes:
            self._recompute()
            self.micro_batch = self._largest_micro_batch()
            problem = "a single sample does not fit into memory; continuing with activations recomputed"
            setting.reporter.warn("activations-recomputed", problem)
        else:
            fix = "lower max_tokens, set precision to 4bit, or train on a device with more memory"
            raise TrainerError("out-of-memory", "a single sample does not fit into memory", fix)

    def _halve(self, used: int) -> None:
        self.micro_batch = used // 2
        problem = (
            f"memory ran out with {used} samples at once; continuing with {self.micro_batch}, same batch size"
        )
        self._setting.reporter.warn("micro-batch-halved", problem)

    def _seed(self) -> int:
        text = f"{self._setting.job.seed}:{self.tally.step}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1

    def _require_finite(self, loss: float, gradient_norm: float) -> None:
        infinity = float("inf")
        if -infinity < loss < infinity and -infinity < gradient_norm < infinity:
            return
        raise TrainerError(
            "loss-not-finite",
            f"step {self.tally.step + 1} has loss {loss} and gradient norm {gradient_norm}; nothing was written",
            "lower learning_rate, or check for damaged weights and samples",
        )

    def _apply(self) -> float:
        job = self._setting.job
        rate = learning_rate(job.learning_rate, self.tally.step, len(self.steps), job.warmup, job.schedule)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.step()
        return rate

    def _count(self, loss: float, gradient_norm: float, tokens: int, seconds: float) -> None:
        tally = self.tally
        if tally.step == 0:
            tally.first_gradient_norm = gradient_norm
        tally.step += 1
        tally.losses.append(loss)
        tally.tokens += tokens
        tally.seconds += seconds

    def _report_step(self, rate: float, tokens_per_second: float, gradient_norm: float) -> None:
        tally = self.tally
        self._setting.reporter.send(
            "step",
            step=tally.step,
            steps=len(self.steps),
            loss=tally.losses[-1],
            gradient_norm=gradient_norm,
            learning_rate=rate,
            tokens_per_second=round(tokens_per_second, 1),
            memory=peak_memory(self._setting.device),
            seconds=round(tally.seconds, 3),
        )

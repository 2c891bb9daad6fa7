"""
Steps of a job in TensorBoard or Weights & Biases, beside the JSON lines. Off unless the job names them; each needs its own
package. A tracker that fails later is left out with a warning: it must not end a training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from agora_trainer.errors import TrainerError, first_line
from agora_trainer.files import digest
from agora_trainer.job import Job, settings_of
from agora_trainer.report import Reporter

LOGGED = ("loss", "gradient_norm", "learning_rate", "tokens_per_second", "memory")


class Tracker(Protocol):
    def log(self, step: int, values: dict[str, float]) -> None: ...

    def close(self) -> None: ...


class TensorBoard:
    """Event files in `tensorboard/<job>` beside the output."""

    def __init__(self, job: Job) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = job.output_folder
        self._writer = SummaryWriter(str(folder.parent / "tensorboard" / folder.name))

    def log(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(f"training/{name}", value, step)

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of the project `agora`. A job that is resumed continues its run."""

    def __init__(self, job: Job) -> None:
        import wandb

        name = job.output_folder.name
        self._run = wandb.init(
            project="agora",
            name=name,
            id=digest({"output": str(job.output_folder.absolute())})[:32],
            resume="allow",
            config=settings_of(job),
            dir=str(job.output_folder.parent),
        )

    def log(self, step: int, values: dict[str, float]) -> None:
        self._run.log({f"training/{name}": value for name, value in values.items()}, step=step)

    def close(self) -> None:
        self._run.finish()


_KINDS: dict[str, Callable[[Job], Tracker]] = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases}


def _open(name: str, job: Job) -> Tracker:
    try:
        return _KINDS[name](job)
    except ImportError as error:
        fix = f"pip install {name}, or leave {name} out of the trackers"
        raise TrainerError(
            "package-missing", f"{name} cannot be imported: {first_line(error)}", fix
        ) from error


@contextmanager
def tracked(job: Job, reporter: Reporter) -> Iterator[None]:
    """Logs the `step` lines that the reporter sends. Raises `package-missing`."""
    trackers = {name: _open(name, job) for name in job.trackers}

    def follow(fields: dict[str, Any]) -> None:
        values = {name: float(fields[name]) for name in LOGGED}
        for name, tracker in list(trackers.items()):
            try:
                tracker.log(fields["step"], values)
            except Exception as error:
                del trackers[name]
                reporter.warn("tracker-failed", f"{name} gets no more steps: {first_line(error)}")

    reporter.on_step = follow if trackers else None
    try:
        yield
    finally:
        reporter.on_step = None
        for tracker in trackers.values():
            with suppress(Exception):
                tracker.close()

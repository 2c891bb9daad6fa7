"""The output of the worker: one JSON object per line on stdout, and nothing else.

Lines by `type`:
- `stage`: `stage` is starting, waiting, loading, encoding, training, checkpointing or saving
- `plan`: the planned work (`steps`, `samples`, `skipped`, `device`, `precision`, `resumed`, ...)
- `alive`: a micro-batch of a long `step` is done
- `step`: `step` of `steps` is done, with `loss` [nats per response token], `gradient_norm` before clipping,
  `learning_rate`, `tokens_per_second`, `memory` [bytes at the peak] and `seconds` since the start
- `warning`: `code`, `problem`
- `done`: `output`, `metrics`; `stopped`: `step` of the checkpoint; `error`: `code`, `problem`, `fix`
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from agora_trainer.errors import Stopped


class Reporter:
    """Writes the lines. Output of libraries is redirected to stderr, so that it cannot mix with them."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._file = os.dup(1)
        self._is_read = True
        self._sent_at = time.monotonic()
        self.on_step: Callable[[dict[str, Any]], None] | None = None
        """Gets the fields of each `step` line."""
        os.dup2(2, 1)

    def send(self, kind: str, **fields: Any) -> None:
        """Raises `Stopped` once if stdout is closed; later lines are dropped."""
        if not self._is_read:
            return
        self._sent_at = time.monotonic()
        line = json.dumps({"type": kind, **fields}, allow_nan=False) + "\n"
        rest = line.encode()
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except BrokenPipeError as error:
            self._is_read = False
            raise Stopped("the reader of stdout has ended") from error
        if kind == "step" and self.on_step is not None:
            self.on_step(fields)

    def alive(self, step: int) -> None:
        """Writes at most one line per second: without lines the parent assumes that the worker hangs."""
        if time.monotonic() - self._sent_at > 1:
            self.send("alive", step=step)

    def stage(self, stage: str) -> None:
        self.send("stage", stage=stage)

    def warn(self, code: str, problem: str) -> None:
        self.send("warning", code=code, problem=problem)

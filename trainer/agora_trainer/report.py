"""What the worker tells: one JSON object per line on stdout, and nothing else there.

Lines by `type`:
- `stage`: `stage` is starting, waiting, loading, encoding, training, checkpointing or saving
- `plan`: what will be done (`steps`, `samples`, `skipped`, `device`, `precision`, `resumed`, ...)
- `alive`: a micro-batch of `step` is done, where a step takes long
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
from typing import Any

from agora_trainer.errors import Stopped


class Reporter:
    """Writes the lines. Libraries that print are sent to stderr, so that they cannot garble one."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._file = os.dup(1)
        self._is_read = True
        self._told_at = time.monotonic()
        os.dup2(2, 1)

    def tell(self, kind: str, **fields: Any) -> None:
        """Raises `Stopped`, once, where nobody reads any more."""
        if not self._is_read:
            return
        self._told_at = time.monotonic()
        line = json.dumps({"type": kind, **fields}, allow_nan=False) + "\n"
        rest = line.encode()
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except BrokenPipeError as error:
            self._is_read = False
            raise Stopped("nobody reads what this worker says") from error

    def alive(self, step: int) -> None:
        """At most once a second: silence is what a parent takes for hanging."""
        if time.monotonic() - self._told_at > 1:
            self.tell("alive", step=step)

    def stage(self, stage: str) -> None:
        self.tell("stage", stage=stage)

    def warn(self, code: str, problem: str) -> None:
        self.tell("warning", code=code, problem=problem)

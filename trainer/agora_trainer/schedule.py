"""The learning rate of a step."""

from __future__ import annotations

import math


def learning_rate(peak: float, step: int, steps: int, warmup: float, schedule: str) -> float:
    """`step` counts from 0. The rate is above 0 in the first and the last step."""
    rising = math.ceil(warmup * steps)
    if step < rising:
        return peak * (step + 1) / rising
    if schedule == "constant":
        return peak
    left = (steps - step) / max(1, steps - rising)
    return peak * (left if schedule == "linear" else 0.5 * (1 - math.cos(math.pi * left)))

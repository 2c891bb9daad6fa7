"""In what order samples are learned, and which pass through the model together.

The order is a function of the seed and the epoch alone, so that a resumed job sees what it would have seen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from agora_trainer.masking import Encoded


def plan_steps(samples: int, epochs: int, batch_size: int, seed: int) -> list[list[int]]:
    """Indices of each optimiser step's samples; an epoch's last step may have fewer."""
    steps = []
    for epoch in range(epochs):
        order = list(range(samples))
        random.Random(f"{seed}:{epoch}").shuffle(order)
        steps += [order[start : start + batch_size] for start in range(0, samples, batch_size)]
    return steps


def micro_batches(batch: Sequence[Encoded], size: int) -> list[list[Encoded]]:
    """Samples of like length together, longest first: little padding, and memory runs out early or not at all."""
    ordered = sorted(batch, key=lambda sample: len(sample.tokens), reverse=True)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]

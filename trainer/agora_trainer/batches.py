"""The order of the samples in training, and their micro-batches.

The order depends only on the seed and the epoch, so that a resumed job trains on the same batches.
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
    """Groups samples of similar length, longest first: this limits padding, and a lack of memory shows early."""
    ordered = sorted(batch, key=lambda sample: len(sample.tokens), reverse=True)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]

"""Supervised fine-tuning loss (Eq. 3): cross-entropy over response tokens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

from agora_trainer.masking import Encoded

IGNORED = -100
# Summed cross-entropy [nats] of logits `[rows, vocabulary]` and targets `[rows]`.
SummedLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
# Number of rows of logits in float32 at once; a row has the width of the vocabulary.
_CHUNK_ROWS = 1024


def collate(samples: Sequence[Encoded], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids, padded on the right, and the target of every position; both `[samples, longest]`.

    Attention is causal and padding comes last, so no token attends to it. No attention mask is needed, and the fast
    kernels can be used.
    """
    longest = max(len(sample.tokens) for sample in samples)
    ids = torch.zeros(len(samples), longest, dtype=torch.long)
    targets = torch.full((len(samples), longest), IGNORED, dtype=torch.long)
    for row, sample in enumerate(samples):
        tokens = torch.tensor(sample.tokens)
        ids[row, : len(tokens)] = tokens
        targets[row, sample.response_start - 1 : len(tokens) - 1] = tokens[sample.response_start :]
    return ids.to(device), targets.to(device)


def _chunk_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits.float(), targets, ignore_index=IGNORED, reduction="sum")


def summed_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Sum over the targets [nats]. `[rows, vocabulary]`, `[rows]`; in float32, one chunk of rows at a time."""
    total = logits.new_zeros((), dtype=torch.float32)
    for start in range(0, logits.shape[0], _CHUNK_ROWS):
        part = slice(start, start + _CHUNK_ROWS)
        total = total + checkpoint(_chunk_loss, logits[part], targets[part], use_reentrant=False)
    return total


class ResponseLoss:
    """The summed loss of a micro-batch; logits are computed only from the first response token on."""

    def __init__(self, model: Any, summed: SummedLoss = summed_cross_entropy) -> None:
        self._model = model
        self._summed = summed
        base = model.get_base_model() if hasattr(model, "get_base_model") else model
        accepted = inspect.signature(base.forward).parameters
        self._narrows = "logits_to_keep" in accepted
        self._typed = "token_type_ids" in accepted

    def __call__(self, samples: Sequence[Encoded], device: torch.device) -> torch.Tensor:
        ids, targets = collate(samples, device)
        first = min(sample.response_start for sample in samples) - 1
        extra: dict[str, Any] = {"token_type_ids": torch.zeros_like(ids)} if self._typed else {}
        if self._narrows:
            extra["logits_to_keep"] = torch.arange(first, ids.shape[1], device=device)
            targets = targets[:, first:]
        logits = self._model(input_ids=ids, use_cache=False, **extra).logits
        return self._summed(logits.flatten(0, 1), targets.flatten())

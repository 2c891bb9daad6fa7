"""Trains one pocket model from scratch on a corpus that pretrain.ts has rendered.

Called as `pretrain.py JOB`: a folder with job.json, tokens.u8, weights.u8, lengths.u16. Writes config.json and
model.safetensors into the job's output folder. The loss covers response tokens only.
"""

import json
import math
import sys
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from llama import Llama, config
from muon import Muon

CHUNK = 4000  # number of dialogues that are sorted by length together, so that batches need little padding
SHORT = 40  # shorter dialogues are not sorted: a batch of posed problems of equal length teaches no counting


def main(folder):
    job = json.loads((folder / "job.json").read_text())
    torch.set_num_threads(job.get("threads", 1))
    torch.manual_seed(job["seed"])
    model = Llama(job["shape"], job["vocabulary"], job["theta"])
    dialogues = read_dialogues(folder)
    train(model, list(batches(dialogues, job["batchTokens"], job["seed"])), job)
    save(model, job, Path(job["output"]))


def read_dialogues(folder):
    """A list of (tokens, weights) pairs; the two arrays of a pair have equal length."""
    tokens = numpy.fromfile(folder / "tokens.u8", dtype=numpy.uint8)
    weights = numpy.fromfile(folder / "weights.u8", dtype=numpy.uint8)
    ends = numpy.cumsum(numpy.fromfile(folder / "lengths.u16", dtype=numpy.uint16).astype(numpy.int64))
    starts = numpy.concatenate(([0], ends[:-1]))
    return [(tokens[start:end], weights[start:end]) for start, end in zip(starts, ends)]


def batches(dialogues, batch_tokens, seed):
    """Batches of dialogues of similar length; the chunks follow the corpus's order."""
    random = numpy.random.default_rng(seed)
    for start in range(0, len(dialogues), CHUNK):
        chunk = sorted(dialogues[start : start + CHUNK], key=lambda dialogue: max(SHORT, len(dialogue[0])))
        groups, group = [], []
        for dialogue in chunk:
            if group and (len(group) + 1) * max(SHORT, len(dialogue[0])) > batch_tokens:
                groups.append(group)
                group = []
            group.append(dialogue)
        groups.append(group)
        random.shuffle(groups)
        yield from groups


def padded(group):
    """tokens [batch, time], and the loss weights [batch, time - 1] of the targets."""
    longest = max(len(tokens) for tokens, _ in group)
    tokens = numpy.zeros((len(group), longest), dtype=numpy.int64)
    weights = numpy.zeros((len(group), longest), dtype=numpy.float32)
    for row, (text, text_weights) in enumerate(group):
        tokens[row, : len(text)] = text
        weights[row, : len(text)] = text_weights
    return torch.from_numpy(tokens), torch.from_numpy(weights[:, 1:])


def train(model, groups, job):
    parameters = dict(model.named_parameters())
    matrices = [weight for name, weight in parameters.items() if weight.dim() == 2 and "embedding" not in name]
    others = [weight for name, weight in parameters.items() if weight.dim() == 1 or "embedding" in name]
    optimisers = Muon(matrices), torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    began, losses, seen = time.time(), [], 0
    for step, group in enumerate(groups):
        tokens, weights = padded(group)
        loss = weighted_loss(model, tokens, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rate = job["learningRate"] * schedule(step, len(groups))
        for optimiser in optimisers:
            for part in optimiser.param_groups:
                part["lr"] = rate
            optimiser.step()
        model.zero_grad(set_to_none=True)
        seen += tokens.numel()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == len(groups):
            report(step + 1, len(groups), losses[-100:], seen, time.time() - began)


def weighted_loss(model, tokens, weights):
    """Weighted mean cross-entropy of the targets. Prompt tokens have weight 0, so their logits are not computed."""
    response = weights > 0
    logits = model.logits(model.hidden(tokens[:, :-1])[response])
    losses = F.cross_entropy(logits, tokens[:, 1:][response], reduction="none")
    return (losses * weights[response]).sum() / weights[response].sum()


def schedule(step, steps, warm_up=60):
    """Linear warm-up, then cosine decay to 2 % of the peak."""
    if step < warm_up:
        return (step + 1) / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))


def report(step, steps, losses, seen, seconds):
    mean = sum(losses) / len(losses)
    rate = seen / seconds / 1000
    print(f"step {step}/{steps} loss {mean:.4f} {rate:.1f}k tokens/s {seconds:.0f} s", flush=True)


def save(model, job, output):
    output.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach().clone().contiguous() for name, weight in model.named_weights()}
    save_file(weights, output / "model.safetensors", metadata={"format": "pt"})
    contents = config(job["shape"], job["vocabulary"], job["theta"], job["context"])
    (output / "config.json").write_text(json.dumps(contents, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

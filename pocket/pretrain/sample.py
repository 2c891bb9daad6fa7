"""Samples texts from a checkpoint, batched: `sample.py CHECKPOINT CASES TEXTS`.

CASES is JSON: {"vocabulary": [...], "cases": [{"prompt": [ids], "maxTokens", "temperature", "topP"}]}.
Writes TEXTS, a JSON list of one text per case.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from llama import Cache, Llama

BATCH = 256
BEGIN_PAD, END = 0, 2


def main(checkpoint, cases_file, texts_file):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    job = json.loads(cases_file.read_text())
    model = load(checkpoint)
    texts = sample(model, job["cases"], job["vocabulary"])
    texts_file.write_text(json.dumps(texts))


def load(checkpoint):
    config = json.loads((checkpoint / "config.json").read_text())
    shape = {
        "width": config["hidden_size"],
        "layers": config["num_hidden_layers"],
        "heads": config["num_attention_heads"],
        "keyValueHeads": config["num_key_value_heads"],
        "feedForward": config["intermediate_size"],
    }
    model = Llama(shape, config["vocab_size"], config["rope_theta"], config["rms_norm_eps"])
    model.load_named(load_file(checkpoint / "model.safetensors"))
    return model.eval()


def sample(model, cases, vocabulary):
    """Texts of all cases, in their order; cases of similar length share a batch."""
    order = sorted(range(len(cases)), key=lambda index: len(cases[index]["prompt"]))
    texts = [""] * len(cases)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        for index, tokens in zip(chosen, sample_batch(model, [cases[index] for index in chosen])):
            texts[index] = "".join(vocabulary[token] for token in tokens)
    return texts


@torch.no_grad()
def sample_batch(model, cases):
    """New tokens of each case. Prompts are padded on the left; padding is masked and has no position."""
    longest = max(len(case["prompt"]) for case in cases)
    padding = torch.tensor([longest - len(case["prompt"]) for case in cases])
    tokens = torch.tensor([[BEGIN_PAD] * (longest - len(case["prompt"])) + case["prompt"] for case in cases])
    temperature = torch.tensor([max(case["temperature"], 1e-4) for case in cases])
    top_p = torch.tensor([case["topP"] for case in cases])
    cache, written, ended = Cache(), [], torch.zeros(len(cases), dtype=torch.bool)
    start = 0
    for _ in range(max(case["maxTokens"] for case in cases)):
        end = start + tokens.shape[1]
        positions = (torch.arange(start, end)[None] - padding[:, None]).clamp(min=0)
        hidden = model.hidden(tokens, positions, visible(padding, start, end), cache)
        chosen = draw(model.logits(hidden[:, -1]), temperature, top_p)
        ended = ended | (chosen == END)
        chosen[ended] = END
        written.append(chosen)
        if bool(ended.all()):
            break
        tokens, start = chosen[:, None], end
    return [[token for token in row if token != END] for row in torch.stack(written, 1).tolist()]


def visible(padding, start, end):
    """The attention mask [batch, 1, end - start, end]: causal, without padding. A padding token attends to itself only."""
    query, key = torch.arange(start, end), torch.arange(end)
    causal = key[None] <= query[:, None]
    real = key[None] >= padding[:, None]
    own = key[None] == query[:, None]
    return ((causal[None] & real[:, None]) | own[None])[:, None]


def draw(logits, temperature, top_p):
    """One token per row by nucleus sampling at that row's temperature."""
    probabilities, tokens = torch.softmax(logits / temperature[:, None], -1).sort(-1, descending=True)
    before = probabilities.cumsum(-1) - probabilities
    probabilities = probabilities.masked_fill(before >= top_p[:, None], 0.0)
    return tokens.gather(1, torch.multinomial(probabilities, 1)).squeeze(1)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))

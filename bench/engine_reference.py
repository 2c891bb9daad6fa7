"""Measures transformers and peft on one CPU thread for bench/engine.ts: one JSON request and answer per line.

Requests: {"decode": {"prompts": [[...]], "tokens": n}} and {"lora": {"samples": [[prompt, response]], ...}}, with
token ids. Answers: {"perSecond": tokens per second}.
"""

import json
import sys
import time
import warnings

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaForCausalLM
from transformers.utils import logging


def load(folder):
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


def decode(model, prompts, tokens):
    """New tokens per second of greedy `generate`, prefill included, end token disabled."""
    start = time.perf_counter()
    output = model.generate(
        torch.tensor(prompts), max_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    seconds = time.perf_counter() - start
    return (output.shape[1] - len(prompts[0])) * len(prompts) / seconds


def lora(folder, samples, rank, alpha, dropout, rate, batch, modules):
    """Tokens per second of processor time in LoRA steps; the first step is excluded, and so is padding."""
    torch.manual_seed(0)
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=modules, task_type="CAUSAL_LM")
    model = get_peft_model(load(folder), config).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=0)
    tokens, start = 0, 0.0
    for first in range(0, len(samples), batch):
        part = samples[first : first + batch]
        inputs = collate(part)
        if first == batch:
            start = time.process_time()
        model(**inputs).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        tokens += sum(len(prompt) + len(response) for prompt, response in part) if first >= batch else 0
    return tokens / (time.process_time() - start)


def collate(samples):
    """Model inputs of one batch, padded to its longest sample; the loss covers the responses."""
    length = max(len(prompt) + len(response) for prompt, response in samples)
    rows = [(prompt, response, [0] * (length - len(prompt) - len(response))) for prompt, response in samples]
    inputs = {
        "input_ids": torch.tensor([prompt + response + rest for prompt, response, rest in rows]),
        "labels": torch.tensor([[-100] * len(p) + r + [-100] * len(rest) for p, r, rest in rows]),
    }
    if any(rest for _, _, rest in rows):
        inputs["attention_mask"] = torch.tensor([[1] * (length - len(rest)) + [0] * len(rest) for _, _, rest in rows])
    return inputs


def main():
    warnings.filterwarnings("ignore")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    folder = sys.argv[1]
    model = load(folder).eval()
    for line in sys.stdin:
        request = json.loads(line)
        found = decode(model, **request["decode"]) if "decode" in request else lora(folder, **request["lora"])
        print(json.dumps({"perSecond": found}), flush=True)


if __name__ == "__main__":
    main()

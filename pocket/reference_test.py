"""Compares the pocket engine with transformers and peft.

reference.test.ts runs it with one argument: a JSON file of cases with the engine's results. The script computes
every case again; a difference raises an AssertionError that names the case. For the opposite direction it saves an
adapter made by peft (`peft_adapter`) for each case, and its logits in `answers.json` beside the cases.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import LlamaForCausalLM
from transformers.utils import logging

LIMIT = 1e-4
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def logits_of(model, tokens):
    """`[tokens, vocabulary]`"""
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0]


def check_logits(what, model, sequences):
    worst = 0.0
    for sequence in sequences:
        expected = logits_of(model, sequence["tokens"])
        found = torch.tensor(sequence["logits"])
        worst = max(worst, (found - expected).abs().max().item())
    assert worst < LIMIT, f"{what}: logits differ by {worst:.2e}"
    return worst


def check_greedy(what, model, greedy):
    prompt, end = greedy["prompt"], model.config.eos_token_id
    output = model.generate(
        torch.tensor([prompt]), max_new_tokens=greedy["maxTokens"], do_sample=False, pad_token_id=0
    )
    tokens = [token for token in output[0, len(prompt) :].tolist() if token != end]
    assert tokens == greedy["tokens"], f"{what}: greedy tokens {greedy['tokens']}, expected {tokens}"


def check_gradient(what, model, step):
    """Mean cross-entropy over response tokens (Eq. 3), and its gradient for every matrix of the adapter."""
    total, count = 0.0, 0
    for prompt, response in step["samples"]:
        scores = model(torch.tensor([prompt + response])).logits[0].log_softmax(-1)
        rows = torch.arange(len(response)) + len(prompt) - 1
        total = total - scores[rows, torch.tensor(response)].sum()
        count += len(response)
    loss = total / count
    loss.backward()
    norm = sum((p.grad**2).sum() for p in model.parameters() if p.grad is not None) ** 0.5
    for name, found, expected in [("loss", step["loss"], loss.item()), ("norm", step["gradientNorm"], norm.item())]:
        assert abs(found - expected) < LIMIT * max(1.0, expected), f"{what}: {name} {found}, expected {expected}"
    found = load_file(Path(step["gradient"]) / "adapter_model.safetensors")
    gradients = {n.replace(".default", ""): p.grad for n, p in model.named_parameters() if p.grad is not None}
    assert found.keys() == gradients.keys(), f"{what}: gradients of {found.keys() ^ gradients.keys()}"
    worst = max(((found[name] - g).norm() / g.norm()).item() for name, g in gradients.items())
    assert worst < LIMIT, f"{what}: a matrix's gradient differs by {worst:.2e}"
    return worst


def make_adapter(case):
    """Saves a peft adapter without zero matrices and returns its logits."""
    torch.manual_seed(0)
    config = LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(LlamaForCausalLM.from_pretrained(case["folder"], dtype=torch.float32), config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    model.save_pretrained(case["peft_adapter"])
    return [logits_of(model, sequence["tokens"]).tolist() for sequence in case["base"]]


def check_case(case):
    name = case["name"]
    base = LlamaForCausalLM.from_pretrained(case["folder"], dtype=torch.float32).eval()
    worst = check_logits(f"{name}, base", base, case["base"])
    check_greedy(f"{name}, base", base, case["greedy"])
    adapted = PeftModel.from_pretrained(base, case["adapter"], is_trainable=True).eval()
    worst_adapted = check_logits(f"{name}, adapter", adapted, case["adapted"])
    worst_gradient = check_gradient(f"{name}, adapter", adapted, case["step"])
    logits = f"logits differ by at most {worst:.1e}, with an adapter by {worst_adapted:.1e}"
    print(f"{name}: {logits}; gradients of a matrix by a share of {worst_gradient:.1e}")
    return make_adapter(case)


def main():
    warnings.filterwarnings("ignore")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    path = Path(sys.argv[1])
    answers = {case["name"]: check_case(case) for case in json.loads(path.read_text())}
    path.with_name("answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()

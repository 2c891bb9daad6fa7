"""Logits of a base with an adapter, by peft in double precision: `adapter_logits.py base adapter '[[token]]'`."""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM


def main() -> None:
    base, adapter, sequences = sys.argv[1:4]
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float64), adapter
    ).eval()
    with torch.no_grad():
        print(
            json.dumps([model(torch.tensor([tokens])).logits[0].tolist() for tokens in json.loads(sequences)])
        )


if __name__ == "__main__":
    main()

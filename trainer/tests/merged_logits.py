"""Logits of a checkpoint, by transformers in double precision: `merged_logits.py checkpoint '[[token]]'`."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    checkpoint, sequences = sys.argv[1:3]
    AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float64).eval()
    with torch.no_grad():
        print(
            json.dumps([model(torch.tensor([tokens])).logits[0].tolist() for tokens in json.loads(sequences)])
        )


if __name__ == "__main__":
    main()

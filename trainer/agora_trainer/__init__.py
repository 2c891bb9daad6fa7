"""LoRA training of causal language models, one job per process: `python -m agora_trainer job.json`."""

__version__ = "0.1.0"

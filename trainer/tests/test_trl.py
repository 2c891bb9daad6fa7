"""The worker's loop and TRL's `SFTTrainer` take the same steps on the same batches."""

import importlib.util
import json
import os
import unittest

from agora_trainer.job import Job
from agora_trainer.model import load_base, load_tokenizer
from tests.fixtures import WorkerCase, chat
from tests.trl_trainer import in_trl, in_worker

PRESENT = all(importlib.util.find_spec(name) for name in ("trl", "datasets"))
REQUIRED = "trl" in os.environ.get("AGORA_REQUIRE", "").split(",")

# Losses are logged by TRL's callbacks in four digits or more.
TOLERANCE = 1e-3


@unittest.skipUnless(PRESENT or REQUIRED, "trl is not installed: .ci/servers installs it")
class Trl(WorkerCase):
    def compared(self, **changes):
        rows = [chat(f"{n}+{n % 7}?", "=" * (n % 5) + str(n + n % 7)) for n in range(16)]
        (self.folder / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        settings = {"dropout": 0.0, "schedule": "constant", "warmup": 0.0, "gradient_checkpointing": False}
        whole = {"batch_size": 16, "micro_batch": 16, "epochs": 6, "learning_rate": 0.01, "checkpoint_every": 1000}
        job = Job(**self.job(**{**settings, **whole, **changes}))
        return in_worker(job, self.folder / "own"), in_trl(job, self.folder / "trl")

    def assert_alike(self, own, theirs):
        self.assertEqual(len(own.losses), len(theirs.losses))
        for name in ("losses", "gradient_norms"):
            for step, (ours, other) in enumerate(zip(getattr(own, name), getattr(theirs, name), strict=True)):
                gap = abs(ours / other - 1)
                self.assertLess(gap, TOLERANCE, f"{name} of step {step + 1}: {ours} and {other}")
        self.assertLess(own.losses[-1], own.losses[0])

    def test_takes_the_same_steps_on_whole_batches(self):
        self.assert_alike(*self.compared())

    def test_takes_the_same_steps_in_micro_batches_of_unequal_lengths(self):
        """The mean is over the response tokens of the step, not over micro-batches."""
        self.assert_alike(*self.compared(micro_batch=4))

    def test_samples_in_chat_form_are_a_conversational_data_set(self):
        """The lines of a job's samples are those that `agora export` writes."""
        import torch
        from datasets import load_dataset
        from trl import SFTConfig, SFTTrainer
        from trl.data_utils import is_conversational

        file = str(self.folder / "samples.jsonl")
        data = load_dataset("json", data_files=file, split="train", cache_dir=str(self.folder / "cache"))
        self.assertEqual(data.column_names, ["messages"])
        self.assertTrue(is_conversational(data[0]))
        job = Job(**self.job())
        model, tokenizer = load_base(job, torch.device("cpu"), "float32"), load_tokenizer(job)
        config = SFTConfig(
            **{"output_dir": str(self.folder / "trl"), "max_steps": 2, "logging_steps": 1, "report_to": []},
            **{"use_cpu": True, "bf16": False, "save_strategy": "no", "disable_tqdm": True},
        )
        trainer = SFTTrainer(model, config, train_dataset=data, processing_class=tokenizer)
        trainer.train()
        losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
        self.assertEqual(len(losses), 2)
        self.assertTrue(all(0 < loss < 20 for loss in losses))

"""What only a GPU shows: whole jobs on it, its kernels, a real lack of memory, and base weights in 4 bits."""

import importlib.util
import json
import subprocess
import sys
import unittest
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.fixtures import ARCHITECTURES, Run, WorkerCase, chat, write_base

HAS_GPU = torch.cuda.is_available()
TRAINER = Path(__file__).parents[1]


def has(package):
    return importlib.util.find_spec(package) is not None


def spawned(*arguments):
    command = [sys.executable, "-m", "tests.spawned", *map(str, arguments)]
    return subprocess.run(command, cwd=TRAINER, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def difference(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


@unittest.skipUnless(HAS_GPU, "there is no GPU")
class Cuda(WorkerCase):
    def job(self, output="adapter", **changes):
        return super().job(output, **{"device": "cuda", **changes})

    def run_job(self, job, fault="none"):
        path = self.folder / "job.json"
        path.write_text(json.dumps(job))
        ended = spawned("job", fault, path)
        lines = [json.loads(line) for line in ended.stdout.splitlines()]
        return Run(ended.returncode, lines or [{"type": "error", "code": ended.stderr[-500:]}])

    def test_a_job_runs_in_bfloat16_and_its_adapter_loads(self):
        result = self.run_job(self.job())
        self.assertEqual(result.status, 0, result.lines)
        plan, metrics = result.of("plan")[0], result.of("done")[0]["metrics"]
        self.assertEqual(plan["precision"], "bfloat16")
        self.assertNotEqual(plan["device"], "cpu")
        self.assertGreater(result.of("step")[0]["memory"], 0)
        self.assertLess(result.of("step")[-1]["loss"], result.of("step")[0]["loss"])
        self.assertIn("norms", metrics["kernels"])
        self.assertFalse(metrics["gradient_checkpointing"])
        stored = load_file(self.folder / "adapter" / "adapter_model.safetensors")
        self.assertEqual({tensor.dtype for tensor in stored.values()}, {torch.float32})
        PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(self.base), self.folder / "adapter")

    def gradient(self, *setting):
        """In its own process also because Liger replaces functions for the whole of it."""
        path = self.folder / "gradient.pt"
        ended = spawned("gradient", *setting, path)
        self.assertEqual(ended.returncode, 0, ended.stderr[-500:])
        return torch.load(path)

    def test_kernels_change_gradients_only_by_rounding(self):
        fused_by_liger = {"llama", "qwen3", "gemma3", "gemma3-with-eyes"} if has("liger_kernel") else set()
        for architecture in ARCHITECTURES:
            with self.subTest(architecture):
                fused = self.gradient(architecture, "bfloat16", "kernels")
                plain = self.gradient(architecture, "bfloat16", "plain")["gradient"]
                exact = self.gradient(architecture, "float32", "plain")["gradient"]
                self.assertLess(difference(fused["gradient"], exact), 1.25 * difference(plain, exact))
                used = any(name.startswith("liger") for name in fused["kernels"])
                self.assertEqual(used, architecture in fused_by_liger)

    def test_a_wrong_kernel_ends_the_job(self):
        result = self.run_job(self.job(), "norms")
        self.assertEqual((result.status, result.error["code"]), (7, "kernels-differ"))

    def test_a_stopped_job_goes_on_to_the_same_weights(self):
        self.run_job(self.job("whole"))
        self.assertEqual(self.run_job(self.job("resumed"), "stop:4").status, 75)
        resumed = self.run_job(self.job("resumed"))
        self.assertGreater(resumed.of("plan")[0]["resumed"], 0)
        whole, other = (
            load_file(self.folder / name / "adapter_model.safetensors") for name in ("whole", "resumed")
        )
        for name, matrix in whole.items():
            self.assertLess(difference(other[name], matrix), 0.01)

    def long_job(self, output):
        """Its samples have so many tokens that activations outweigh everything else."""
        base = self.folder / "base"
        write_base(base, max_position_embeddings=4096, num_hidden_layers=8)
        self.write_samples([chat(f"{n}?", "=" * 3000) for n in range(16)])
        return self.job(output, base=str(base), batch_size=16, micro_batch=16, epochs=1)

    def test_where_memory_runs_out_less_of_it_is_used(self):
        """First 16 samples with all activations, then fewer, then activations are recomputed."""
        free = self.run_job(self.long_job("free"))
        peak = free.of("done")[0]["metrics"]["peak_memory"]
        for name, share in [("half", 0.5), ("least", 0.04)]:
            with self.subTest(name):
                result = self.run_job(self.long_job(name), f"limit:{share * peak}")
                self.assertEqual(result.status, 0, result.lines)
                codes = [line["code"] for line in result.of("warning")]
                self.assertIn("micro-batch-halved", codes)
                metrics = result.of("done")[0]["metrics"]
                self.assertLess(metrics["peak_memory"], share * peak)
                self.assertLess(metrics["micro_batch"], 16)
                self.assertEqual(metrics["gradient_checkpointing"], name == "least", codes)
                for one, other in zip(result.of("step"), free.of("step"), strict=True):
                    self.assertAlmostEqual(one["loss"], other["loss"], delta=0.02)

    def test_a_sample_that_fits_in_no_way_is_an_error(self):
        result = self.run_job(self.long_job("never"), f"limit:{8 * 2**20}")
        self.assertEqual((result.status, result.error["code"]), (5, "out-of-memory"), result.lines)

    @unittest.skipUnless(has("bitsandbytes"), "bitsandbytes is not installed")
    def test_base_weights_in_4_bits_are_trained_on(self):
        result = self.run_job(self.job(precision="4bit"))
        self.assertEqual(result.status, 0, result.lines)
        self.assertEqual(result.of("plan")[0]["precision"], "4bit")
        self.assertLess(result.of("step")[-1]["loss"], result.of("step")[0]["loss"])


if __name__ == "__main__":
    unittest.main()

import contextlib
import io
import json
import math
import tempfile
import unittest
from pathlib import Path

import bench_gpu
from tests.fixtures import forked, torch


class Bench(unittest.TestCase):
    def test_tiny_shapes_are_trained_and_measured_on_the_cpu(self):
        tiny = ["--tiny", "--samples", "24", "--length", "16", "--batch-size", "4", "--micro-batch", "2"]
        with tempfile.TemporaryDirectory() as folder:
            # In its own process: an optimiser's first step starts CUDA where there is a GPU.
            run = forked(lambda: bench_gpu.main([*tiny, "--peak-tflops", "0.1", "--results", folder]))
            (path,) = Path(folder).iterdir()
            results = json.loads(path.read_text())["results"]
        self.assertEqual(run.status, 0)
        self.assertRegex(path.name, r"^\d{4}-\d\d-\d\d-cpu\.json$")
        self.assertEqual([result["model"] for result in results], ["qwen3-1.7b", "gemma-3-4b"])
        for line, result in zip(run.lines, results, strict=True):
            self.assertEqual({**line, **result}, line)
            self.assertEqual(result["steps"], 6)
            self.assertAlmostEqual(result["first_loss"], math.log(512), delta=1)
            self.assertGreater(result["tokens_per_second"], 0)
            self.assertGreater(result["mfu"], 0)

    def test_the_shapes_have_the_parameters_of_the_models(self):
        """The model cards state 1.4 and 3.2 billion parameters without the embeddings."""
        for name, billions, total in [("qwen3-1.7b", 1.4, 1.72), ("gemma-3-4b", 3.2, 3.88)]:
            model = bench_gpu.build(name, False, torch.device("meta"), torch.bfloat16)
            embeddings = model.get_input_embeddings().weight.numel()
            parameters = sum(parameter.numel() for parameter in model.parameters())
            self.assertAlmostEqual((parameters - embeddings) / 1e9, billions, delta=0.05)
            self.assertAlmostEqual(parameters / 1e9, total, delta=0.02)

    def test_a_token_costs_four_flop_per_frozen_parameter_and_six_per_trained_one(self):
        config = bench_gpu.CONFIGS["qwen3-1.7b"]()
        without = bench_gpu.flops_per_token(config, 10**9, 0, length=0, answered=0)
        self.assertEqual(without, 4e9)
        self.assertEqual(bench_gpu.flops_per_token(config, 0, 10**6, length=0, answered=0), 6e6)

    def test_the_peak_of_a_device_is_found_by_its_name(self):
        self.assertEqual(bench_gpu.peak_of("NVIDIA H100 PCIe"), 756e12)
        self.assertEqual(bench_gpu.peak_of("NVIDIA H100 80GB HBM3"), 989e12)
        self.assertEqual(bench_gpu.peak_of("NVIDIA L40S"), 362e12)
        self.assertIsNone(bench_gpu.peak_of("cpu"))

    def test_without_a_gpu_large_models_are_refused(self):
        if torch.cuda.is_available():
            self.skipTest("there is a GPU")
        with contextlib.redirect_stderr(io.StringIO()) as stderr:
            self.assertEqual(bench_gpu.main([]), 1)
        self.assertIn("--tiny", stderr.getvalue())


if __name__ == "__main__":
    unittest.main()

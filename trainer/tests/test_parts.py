"""Tests of the modules for order, schedule, targets, loss, files and environment."""

import errno
import shutil
import tempfile
import tomllib
import unittest
from pathlib import Path
from types import SimpleNamespace

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from agora_trainer import environment, merge
from agora_trainer.batches import micro_batches, plan_steps
from agora_trainer.errors import TrainerError, disk_errors
from agora_trainer.files import locked, replace_file
from agora_trainer.loss import IGNORED, ResponseLoss, collate, summed_cross_entropy
from agora_trainer.masking import Encoded
from agora_trainer.model import load_base
from agora_trainer.schedule import learning_rate
from agora_trainer.targets import resolve_targets
from tests.fixtures import byte_tokenizer, write_base

CPU = torch.device("cpu")
TRAINER = Path(__file__).parents[1]


class Order(unittest.TestCase):
    def test_each_epoch_has_every_sample_once_in_its_own_order(self):
        steps = plan_steps(samples=10, epochs=2, batch_size=4, seed=1)
        self.assertEqual([len(step) for step in steps], [4, 4, 2, 4, 4, 2])
        first, second = sum(steps[:3], []), sum(steps[3:], [])
        self.assertEqual(sorted(first), list(range(10)))
        self.assertEqual(sorted(second), list(range(10)))
        self.assertNotEqual(first, second)
        self.assertEqual(steps, plan_steps(10, 2, 4, seed=1))
        self.assertNotEqual(steps, plan_steps(10, 2, 4, seed=2))

    def test_samples_of_similar_length_are_grouped_longest_first(self):
        batch = [Encoded(list(range(length)), 1) for length in (3, 9, 4, 8, 5)]
        lengths = [[len(sample.tokens) for sample in part] for part in micro_batches(batch, 2)]
        self.assertEqual(lengths, [[9, 8], [5, 4], [3]])


class Schedule(unittest.TestCase):
    def rates(self, schedule, warmup=0.3):
        return [round(learning_rate(1.0, step, 10, warmup, schedule), 3) for step in range(10)]

    def test_the_rate_rises_then_falls_and_is_never_zero(self):
        self.assertEqual(
            self.rates("linear"), [0.333, 0.667, 1.0, 1.0, 0.857, 0.714, 0.571, 0.429, 0.286, 0.143]
        )
        self.assertEqual(self.rates("constant")[2:], [1.0] * 8)
        cosine = self.rates("cosine")
        self.assertEqual(cosine[3], 1.0)
        self.assertTrue(
            all(before > after > 0 for before, after in zip(cosine[3:], cosine[4:], strict=False))
        )
        self.assertEqual(self.rates("linear", warmup=0)[0], 1.0)


class Targets(unittest.TestCase):
    LLAMA = [f"model.layers.0.self_attn.{name}_proj" for name in "qkvo"] + ["lm_head"]
    PHI = [
        "model.layers.0.self_attn.qkv_proj",
        "model.layers.0.mlp.gate_up_proj",
        "model.layers.0.mlp.down_proj",
    ]

    def test_layers_are_found_by_name_without_the_output_layer(self):
        self.assertEqual(resolve_targets(["v_proj", "q_proj"], self.LLAMA), ["v_proj", "q_proj"])
        self.assertEqual(
            resolve_targets(["all-linear"], self.LLAMA), ["k_proj", "o_proj", "q_proj", "v_proj"]
        )

    def test_a_fused_layer_replaces_its_parts(self):
        asked = ["q_proj", "k_proj", "up_proj", "down_proj"]
        self.assertEqual(resolve_targets(asked, self.PHI), ["qkv_proj", "gate_up_proj", "down_proj"])

    def test_layers_that_do_not_process_text_are_not_trained(self):
        paths = ["vision_tower.layers.0.out_proj", *self.LLAMA]
        self.assertNotIn("out_proj", resolve_targets(["all-linear"], paths))

    def test_the_error_for_a_missing_layer_names_the_available_ones(self):
        with self.assertRaises(TrainerError) as caught:
            resolve_targets(["wqkv"], self.LLAMA)
        self.assertEqual(caught.exception.code, "targets-missing")
        self.assertIn("k_proj, o_proj", caught.exception.fix)


class Loss(unittest.TestCase):
    def test_targets_are_the_next_tokens_of_the_response(self):
        ids, targets = collate([Encoded([5, 6, 7, 8], 2), Encoded([5, 9], 1)], CPU)
        self.assertEqual(ids.tolist(), [[5, 6, 7, 8], [5, 9, 0, 0]])
        self.assertEqual(targets.tolist(), [[IGNORED, 7, 8, IGNORED], [9, IGNORED, IGNORED, IGNORED]])

    def test_padding_and_other_samples_do_not_change_the_loss(self):
        with tempfile.TemporaryDirectory() as folder:
            write_base(Path(folder))
            model = AutoModelForCausalLM.from_pretrained(folder)
            samples = [Encoded(list(range(5, 5 + length)), 2 + length // 3) for length in (4, 30, 11)]
            together = ResponseLoss(model)(samples, CPU)
            expected = torch.zeros(())
            for sample in samples:
                scores = model(torch.tensor([sample.tokens])).logits[0].log_softmax(-1)
                for position in range(sample.response_start, len(sample.tokens)):
                    expected = expected - scores[position - 1, sample.tokens[position]]
            self.assertAlmostEqual(together.item() / expected.item(), 1, places=5)

    def test_many_rows_are_summed_chunk_by_chunk(self):
        torch.manual_seed(0)
        logits = torch.randn(2500, 7, requires_grad=True)
        targets = torch.randint(0, 7, (2500,))
        summed_cross_entropy(logits, targets).backward()
        gradient, logits.grad = logits.grad.clone(), None
        torch.nn.functional.cross_entropy(logits, targets, reduction="sum").backward()
        self.assertTrue(torch.allclose(gradient, logits.grad, atol=1e-6))


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_full_disk_and_a_missing_folder_have_different_codes(self):
        for number, code in [
            (errno.ENOSPC, "disk-full"),
            (errno.EDQUOT, "disk-full"),
            (errno.EACCES, "disk-failed"),
        ]:
            with self.assertRaises(TrainerError) as caught, disk_errors("x"):
                raise OSError(number, "reason")
            self.assertEqual(caught.exception.code, code)

    def test_a_failed_write_keeps_the_old_file(self):
        path = self.folder / "file"
        replace_file(path, b"old")
        (self.folder / "file.partial").symlink_to("/dev/full")
        with self.assertRaisesRegex(TrainerError, "No space left"):
            replace_file(path, b"new")
        self.assertEqual(path.read_bytes(), b"old")

    def test_a_lock_has_one_holder(self):
        waits = []
        with locked(self.folder, lambda: None):
            with (
                self.assertRaises(TrainerError) as caught,
                locked(self.folder, lambda: waits.append(1), patience=0.6),
            ):
                pass
        self.assertEqual(caught.exception.code, "job-running")
        self.assertGreater(len(waits), 0)
        with locked(self.folder, lambda: self.fail("the lock is free")):
            pass


class Pickles(unittest.TestCase):
    """No weights are loaded from pickles."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        write_base(self.folder / "base")

    def test_a_base_with_pickled_weights_is_refused(self):
        base = self.folder / "base"
        job = SimpleNamespace(base=str(base), trust_remote_code=False)
        self.assertIsNotNone(load_base(job, CPU, "float32"))
        weights = AutoModelForCausalLM.from_pretrained(base).state_dict()
        (base / "model.safetensors").unlink()
        torch.save(weights, base / "pytorch_model.bin")
        with self.assertRaises(TrainerError) as caught:
            load_base(job, CPU, "float32")
        self.assertEqual(caught.exception.code, "base-unreadable")
        with self.assertRaises(TrainerError) as caught:
            merge._load(str(base), False)
        self.assertEqual(caught.exception.code, "base-missing")

    def test_an_adapter_with_pickled_weights_is_not_merged(self):
        adapter = self.folder / "adapter"
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(self.folder / "base"), LoraConfig(r=2))
        model.save_pretrained(adapter, safe_serialization=False)
        self.assertTrue((adapter / "adapter_model.bin").is_file())
        with self.assertRaises(TrainerError) as caught:
            merge._merged(AutoModelForCausalLM.from_pretrained(self.folder / "base"), adapter)
        self.assertIn("there is no adapter_model.safetensors", str(caught.exception))


class Environment(unittest.TestCase):
    def test_the_lower_bounds_equal_those_of_pyproject_and_are_satisfied(self):
        project = tomllib.loads((TRAINER / "pyproject.toml").read_text())["project"]
        stated = {f"{package}>={bound}" for package, bound in environment.REQUIRED.items()}
        self.assertEqual(set(project["dependencies"]), stated)
        self.assertEqual(environment.lacks(), [])

    def test_versions_are_compared_as_numbers(self):
        self.assertLess(environment._numbers("2.9.1"), environment._numbers("2.11"))
        self.assertEqual(environment._numbers("2.13.0+cpu"), [2, 13, 0])

    def test_the_constraints_pin_every_package(self):
        pinned = {line.partition("==")[0] for line in (TRAINER / "constraints.txt").read_text().split()}
        self.assertLessEqual(set(environment.REQUIRED), {name.lower() for name in pinned})

    def test_the_byte_tokeniser_encodes_every_text(self):
        tokenizer = byte_tokenizer()
        self.assertEqual(tokenizer.decode(tokenizer("жö 7")["input_ids"]), "жö 7")


if __name__ == "__main__":
    unittest.main()

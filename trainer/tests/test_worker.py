"""Tests of whole jobs: their output, their errors, and the weights after an interruption."""

import json
import os
import resource
import signal
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from agora_trainer import checkpoint, files, loop, model, output, run, trackers
from agora_trainer.errors import STOPPED
from agora_trainer.loss import ResponseLoss
from tests.fixtures import ARCHITECTURES, SAMPLES, WorkerCase, chat, counted, write_base

STEPS = 6


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def patched(target, name, call, act=kill):
    """A fault: calls `act` before the given call (from 1) of a function."""
    return lambda: setattr(target, name, counted(call, act, getattr(target, name)))


class Board:
    """Stands in for TensorBoard's writer: keeps what it gets in a file."""

    fails_from = 1_000_000

    def __init__(self, folder):
        self.file = Path(folder, "kept.jsonl")
        self.file.parent.mkdir(parents=True)

    def add_scalar(self, name, value, step):
        if step >= self.fails_from:
            raise OSError("no space left")
        with self.file.open("a") as file:
            file.write(json.dumps([name, value, step]) + "\n")

    def close(self):
        self.file.with_name("closed").touch()


def with_board(fails_from=1_000_000):
    """A fault: puts the stand-in in the place of TensorBoard's module."""

    def act():
        board = type("Board", (Board,), {"fails_from": fails_from})
        sys.modules["torch.utils.tensorboard"] = SimpleNamespace(SummaryWriter=board)

    return act


class Trackers(WorkerCase):
    def kept(self):
        folder = self.folder / "tensorboard" / "adapter"
        self.assertTrue((folder / "closed").exists())
        return [json.loads(line) for line in (folder / "kept.jsonl").read_text().splitlines()]

    def test_a_tracker_gets_what_the_lines_say(self):
        result = self.run_job(self.job(trackers=["tensorboard"]), with_board())
        self.assertEqual(result.status, 0)
        losses = [[value, step] for name, value, step in self.kept() if name == "training/loss"]
        self.assertEqual(losses, [[line["loss"], line["step"]] for line in result.of("step")])
        names = {name for name, _, _ in self.kept()}
        self.assertEqual(names, {f"training/{name}" for name in trackers.LOGGED})

    def test_a_tracker_changes_no_weights_and_its_failure_ends_no_training(self):
        self.run_job(self.job())
        result = self.run_job(self.job("other", trackers=["tensorboard"]), with_board(fails_from=3))
        self.assertEqual(result.status, 0)
        self.assertEqual([line["code"] for line in result.of("warning")], ["tracker-failed"])
        self.assertEqual(self.weights(), self.weights("other"))

    def test_a_tracker_without_its_package_is_refused(self):
        def without():
            sys.modules["wandb"] = None

        result = self.run_job(self.job(trackers=["wandb"]), without)
        self.assertEqual((result.status, result.error["code"]), (7, "package-missing"))
        self.assertIn("pip install wandb", result.error["fix"])
        self.assertEqual(self.run_job(self.job(trackers=["excel"])).error["code"], "job-invalid")


class Jobs(WorkerCase):
    def test_a_job_writes_only_an_adapter_with_metrics_and_hashes(self):
        result = self.run_job(self.job())
        self.assertEqual(result.status, 0)
        self.assertEqual([line["step"] for line in result.of("step")], list(range(1, STEPS + 1)))
        self.assertLess(result.of("step")[-1]["loss"], result.of("step")[0]["loss"])
        self.assertEqual(result.of("plan")[0]["samples"], len(SAMPLES))
        folder = self.folder / "adapter"
        hashes = json.loads((folder / "hashes.json").read_text())
        self.assertEqual(set(hashes), {"adapter_config.json", "adapter_model.safetensors", "metrics.json"})
        for name, expected in hashes.items():
            self.assertEqual(files.sha256_of(folder / name), expected)
        metrics = json.loads((folder / "metrics.json").read_text())
        self.assertEqual(metrics["losses"], [line["loss"] for line in result.of("step")])
        self.assertEqual(metrics, result.of("done")[0]["metrics"])
        self.assertEqual(self.hidden(), [])

    def test_the_adapter_loads_in_peft_and_gives_the_trained_loss(self):
        self.run_job(self.job())
        base = AutoModelForCausalLM.from_pretrained(self.base)
        adapted = PeftModel.from_pretrained(base, self.folder / "adapter").eval()
        stored = load_file(self.folder / "adapter" / "adapter_model.safetensors")
        self.assertTrue(all(tensor.dtype == torch.float32 for tensor in stored.values()))
        ids = torch.arange(5, 40)[None]
        with torch.no_grad():
            changed = adapted(ids).logits
            with adapted.disable_adapter():
                self.assertGreater((adapted(ids).logits - changed).abs().max().item(), 1e-3)

    def test_the_same_job_gives_the_same_weights_and_another_seed_others(self):
        for name, changes in [("a", {}), ("b", {}), ("c", {"seed": 4})]:
            self.run_job(self.job(name, **changes))
        self.assertEqual(self.weights("a"), self.weights("b"))
        self.assertNotEqual(self.weights("a"), self.weights("c"))

    def test_gradient_checkpointing_and_the_micro_batch_change_only_memory(self):
        changes = {"dropout": 0.0}
        norms = []
        for name, more in [
            ("a", {"gradient_checkpointing": True}),
            ("b", {"gradient_checkpointing": False}),
            ("c", {"micro_batch": 3}),
        ]:
            result = self.run_job(self.job(name, **changes, **more))
            norms.append([line["gradient_norm"] for line in result.of("step")])
        for other in norms[1:]:
            for found, expected in zip(other, norms[0], strict=True):
                self.assertAlmostEqual(found / expected, 1, places=3)

    def test_every_architecture_of_the_paper_is_trained_and_its_adapter_loads(self):
        for architecture in ARCHITECTURES:
            with self.subTest(architecture):
                base = self.folder / architecture
                write_base(base, architecture=architecture)
                targets = ["q_proj", "v_proj", "gate_proj", "down_proj"]
                result = self.run_job(self.job(f"{architecture}-v1", base=str(base), targets=targets))
                self.assertEqual(result.status, 0, result.lines[-1])
                self.assertLess(result.of("step")[-1]["loss"], result.of("step")[0]["loss"])
                folder = self.folder / f"{architecture}-v1"
                stored = load_file(folder / "adapter_model.safetensors")
                self.assertFalse([name for name in stored if "vision" in name])
                model = AutoModelForCausalLM.from_pretrained(base).eval()
                ids = torch.arange(5, 40)[None]
                with torch.no_grad():
                    before = model(ids).logits
                    after = PeftModel.from_pretrained(model, folder).eval()(ids).logits
                self.assertGreater((after - before).abs().max().item(), 1e-3)

    def test_bfloat16_gives_similar_losses_and_a_float32_adapter(self):
        exact = self.run_job(self.job("exact", dropout=0.0))
        result = self.run_job(self.job(precision="bfloat16", dropout=0.0))
        self.assertEqual(result.status, 0, result.lines)
        self.assertEqual(result.of("plan")[0]["precision"], "bfloat16")
        for rough, fine in zip(result.of("step"), exact.of("step"), strict=True):
            self.assertAlmostEqual(rough["loss"], fine["loss"], delta=0.05)
        stored = load_file(self.folder / "adapter" / "adapter_model.safetensors")
        self.assertEqual({tensor.dtype for tensor in stored.values()}, {torch.float32})

    def test_a_job_continues_from_the_previous_adapter_with_its_own_settings(self):
        first = self.run_job(self.job("v1"))
        second = self.run_job(self.job("v2", previous=str(self.folder / "v1"), dropout=0.0, alpha=8))
        self.assertLess(second.of("step")[0]["loss"], first.of("step")[0]["loss"])
        self.assertAlmostEqual(second.of("step")[0]["loss"], first.of("step")[-1]["loss"], delta=1)

    def test_a_finished_job_is_reported_as_done_and_not_trained_again(self):
        self.run_job(self.job())
        before = self.weights()
        again = self.run_job(self.job())
        self.assertEqual((again.status, again.of("step"), len(again.of("done"))), (0, [], 1))
        self.assertEqual(self.weights(), before)

    def test_samples_that_cannot_be_encoded_are_skipped_and_counted(self):
        samples = [*SAMPLES, chat("a?", ""), chat("a?", "b" * 400)]
        (self.folder / "samples.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))
        result = self.run_job(self.job())
        self.assertEqual(result.of("plan")[0]["skipped"], 2)
        self.assertIn("an empty response (1), longer than 256 tokens (1)", result.of("warning")[0]["problem"])


class Refusals(WorkerCase):
    def refused(self, status, code, problem, result):
        self.assertEqual((result.status, result.error["code"]), (status, code))
        self.assertIn(problem, result.error["problem"])
        self.assertTrue(result.error["fix"])
        self.assertFalse((self.folder / "adapter").exists())

    def test_an_invalid_job_is_refused(self):
        self.refused(2, "job-invalid", "rnk", self.run_job({**self.job(), "rnk": 1}))

    def test_a_missing_truncated_or_unreachable_base_is_refused(self):
        self.refused(
            3, "base-missing", "no checkpoint at", self.run_job(self.job(base=str(self.folder / "x")))
        )
        self.refused(3, "base-unreachable", "nobody/nothing", self.run_job(self.job(base="nobody/nothing")))
        broken = self.folder / "broken"
        broken.mkdir()
        for file in self.base.iterdir():
            (broken / file.name).write_bytes(file.read_bytes())
        weights = broken / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
        self.refused(3, "base-unreadable", "weights", self.run_job(self.job(base=str(broken))))
        (broken / "tokenizer.json").write_text("{")
        self.refused(3, "base-unreadable", "tokeniser", self.run_job(self.job(base=str(broken))))

    def test_a_missing_damaged_or_mismatched_adapter_is_refused(self):
        previous = self.folder / "v1"
        job = self.job(previous=str(previous))
        self.refused(3, "adapter-unreadable", "v1", self.run_job(job))
        self.run_job(self.job("v1"))
        self.refused(3, "adapter-mismatch", "the job needs", self.run_job({**job, "rank": 2}))
        self.refused(3, "adapter-mismatch", "nothing", self.run_job({**job, "targets": ["q_proj"]}))
        weights = bytearray((previous / "adapter_model.safetensors").read_bytes())
        weights[-1] ^= 1
        (previous / "adapter_model.safetensors").write_bytes(weights)
        self.refused(3, "adapter-unreadable", "damaged", self.run_job(job))
        (previous / "hashes.json").unlink()
        (previous / "adapter_model.safetensors").write_bytes(weights[:200])
        self.refused(3, "adapter-unreadable", "cannot be read", self.run_job(job))

    def test_unreadable_and_unusable_samples_are_refused(self):
        (self.folder / "samples.jsonl").write_text("nonsense")
        self.refused(3, "samples-unreadable", "line 1", self.run_job(self.job()))
        (self.folder / "samples.jsonl").write_text(json.dumps(chat("a?", "b" * 500)))
        self.refused(3, "samples-empty", "longer than 256 tokens (1)", self.run_job(self.job()))

    def test_a_missing_target_and_a_missing_gpu_are_refused(self):
        self.refused(3, "targets-missing", "wqkv", self.run_job(self.job(targets=["wqkv"])))
        self.refused(7, "device-unsupported", "no CUDA", self.run_job(self.job(device="cuda")))
        self.refused(7, "device-unsupported", "4bit", self.run_job(self.job(precision="4bit")))

    def test_a_loss_that_is_not_finite_ends_the_job(self):
        result = self.run_job(self.job(learning_rate=1e30))
        self.refused(4, "loss-not-finite", "step 2 has loss", result)

    def test_a_damaged_output_is_reported(self):
        self.run_job(self.job())
        (self.folder / "adapter" / "adapter_model.safetensors").write_bytes(b"x")
        result = self.run_job(self.job())
        self.assertEqual((result.status, result.error["code"]), (9, "output-corrupt"))

    def test_an_unexpected_exception_is_reported_in_one_line(self):
        def fault():
            run.read_samples = mock.Mock(side_effect=KeyError("bug"))

        self.refused(1, "internal", "KeyError: 'bug'", self.run_job(self.job(), fault))


class Memory(WorkerCase):
    def limited(self, most):
        """Simulates memory for `most` samples at once."""
        original = ResponseLoss.__call__

        def call(loss, samples, device):
            if len(samples) > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return original(loss, samples, device)

        return lambda: setattr(ResponseLoss, "__call__", call)

    def test_the_micro_batch_is_halved_and_the_weights_stay_the_same(self):
        result = self.run_job(self.job("halved", micro_batch=8), self.limited(2))
        self.assertEqual(result.status, 0)
        warnings = [line["problem"] for line in result.of("warning") if line["code"] == "micro-batch-halved"]
        self.assertEqual(len(warnings), 2)
        self.assertEqual(result.of("done")[0]["metrics"]["micro_batch"], 2)
        self.run_job(self.job("small", micro_batch=2))
        self.assertEqual(self.weights("halved"), self.weights("small"))

    def test_activations_are_recomputed_once_a_single_sample_does_not_fit(self):
        """Simulates a GPU, whose first steps keep all activations."""
        recompute = loop.recompute_activations
        most = {False: 0, True: 2}

        def limited():
            original, recomputing = ResponseLoss.__call__, []

            def call(loss, samples, device):
                if len(samples) > most[bool(recomputing)]:
                    raise torch.OutOfMemoryError("CUDA out of memory")
                return original(loss, samples, device)

            ResponseLoss.__call__ = call
            loop.recompute_activations = lambda model: (recomputing.append(True), recompute(model))
            loop.always_recomputes = lambda job, device: False

        result = self.run_job(self.job("full", micro_batch=8), limited)
        self.assertEqual(result.status, 0, result.lines)
        codes = [line["code"] for line in result.of("warning")]
        self.assertEqual(
            codes, [*["micro-batch-halved"] * 3, "activations-recomputed", *["micro-batch-halved"] * 2]
        )
        metrics = result.of("done")[0]["metrics"]
        self.assertEqual((metrics["micro_batch"], metrics["gradient_checkpointing"]), (2, True))
        self.run_job(self.job("small", micro_batch=2))
        self.assertEqual(self.weights("full"), self.weights("small"))

    def test_activations_are_not_recomputed_where_the_job_forbids_it(self):
        result = self.run_job(self.job(gradient_checkpointing=False), self.limited(0))
        self.assertEqual(result.of("warning")[-1]["code"], "micro-batch-halved")
        self.assertEqual((result.status, result.error["code"]), (5, "out-of-memory"))

    def test_one_sample_that_does_not_fit_is_an_error(self):
        result = self.run_job(self.job(), self.limited(0))
        self.assertEqual((result.status, result.error["code"]), (5, "out-of-memory"))

    def test_a_base_that_does_not_fit_is_an_error(self):
        def fault():
            model.AutoModelForCausalLM = mock.Mock()
            model.AutoModelForCausalLM.from_pretrained.side_effect = torch.OutOfMemoryError(
                "CUDA out of memory"
            )

        result = self.run_job(self.job(), fault)
        self.assertEqual((result.status, result.error["code"]), (5, "out-of-memory"))

    def test_memory_that_ends_anywhere_else_is_named(self):
        def fault():
            loop.Loop._apply = mock.Mock(side_effect=torch.OutOfMemoryError("CUDA out of memory"))

        result = self.run_job(self.job(), fault)
        self.assertEqual((result.status, result.error["code"]), (5, "out-of-memory"))
        self.assertIn("CUDA out of memory", result.error["problem"])

    def test_an_error_that_nobody_foresaw_is_internal(self):
        def fault():
            loop.Loop._apply = mock.Mock(side_effect=RuntimeError("a wheel came off"))

        result = self.run_job(self.job(), fault)
        self.assertEqual((result.status, result.error["code"]), (1, "internal"))


class Interruptions(WorkerCase):
    """After any interruption, the next worker ends with the weights of an uninterrupted job."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("unstopped")
        case.setUp()
        case.run_job(case.job())
        cls.expected = case.weights()

    def unstopped(self):
        """Names the case that trains without a fault."""

    def ends_well(self, job=None):
        result = self.run_job(job or self.job())
        self.assertEqual(result.status, 0)
        self.assertEqual(self.weights(), self.expected)
        self.assertEqual(self.hidden(), [])
        return result

    def test_a_job_killed_at_any_stage_can_be_resumed(self):
        stages = {
            "reading": (patched(run, "read_samples", 1), 0),
            "loading": (patched(model, "load_base", 1), 0),
            "encoding": (patched(run, "_encode", 1), 0),
            "stepping": (patched(loop.Loop, "_apply", 4), 2),
            "the first checkpoint half written": (patched(files.os, "fsync", 1), 0),
            "the second checkpoint half written": (patched(files.os, "fsync", 3), 2),
            "the second checkpoint not yet in place": (patched(files.os, "replace", 2), 2),
            "saving": (patched(output, "write_json", 2), 4),
            "the adapter not yet in place": (patched(files.os, "replace", 3), 4),
            "the adapter just in place": (patched(output, "sync_folder", 2), None),
        }
        for number, (stage, (fault, resumed)) in enumerate(stages.items()):
            with self.subTest(stage):
                job = {**self.job(f"adapter{number}")}
                self.assertEqual(self.run_job(job, fault).status, -signal.SIGKILL)
                self.assertEqual((self.folder / f"adapter{number}").exists(), resumed is None)
                result = self.run_job(job)
                self.assertEqual(result.status, 0)
                plan = [line["resumed"] for line in result.of("plan")]
                self.assertEqual(plan, [] if resumed is None else [resumed])
                self.assertEqual(self.weights(f"adapter{number}"), self.expected)
                self.assertEqual(self.hidden(), [])

    def test_sigterm_writes_a_checkpoint_and_exits_with_status_75(self):
        def fault():
            patched(loop.Loop, "_apply", 4, lambda: os.kill(os.getpid(), signal.SIGTERM))()

        result = self.run_job(self.job(), fault)
        self.assertEqual(result.status, STOPPED)
        self.assertEqual(result.lines[-1]["type"], "stopped")
        self.assertEqual(len(result.of("step")), 4)
        self.assertFalse((self.folder / "adapter").exists())
        again = self.ends_well()
        self.assertEqual(again.of("plan")[0]["resumed"], 4)

    def test_sigterm_during_saving_does_not_interrupt_it(self):
        def fault():
            patched(output, "write_json", 1, lambda: os.kill(os.getpid(), signal.SIGTERM))()

        self.assertEqual(self.run_job(self.job(), fault).status, 0)
        self.assertEqual(self.weights(), self.expected)

    def test_a_worker_stops_when_its_parent_ends(self):
        reading, writing = os.pipe()
        os.close(writing)
        result = self.run_job(self.job(), lambda: None, "--parent", stdin=reading)
        os.close(reading)
        self.assertEqual(result.status, STOPPED)
        self.ends_well()

    def test_a_worker_stops_with_a_checkpoint_if_stdout_is_closed(self):
        def fault():
            def stop_reading():
                reading, writing = os.pipe()
                os.close(reading)
                # The reporter's handle is the latest copy of stdout.
                for handle in range(3, 64):
                    if is_pipe(handle):
                        os.dup2(writing, handle)

            patched(loop.Loop, "_apply", 3, stop_reading)()

        result = self.run_job(self.job(), fault)
        self.assertEqual(result.status, STOPPED)
        self.assertEqual(self.ends_well().of("plan")[0]["resumed"], 3)

    def test_a_full_disk_at_a_checkpoint_is_reported_and_the_job_can_be_resumed(self):
        work = self.folder / ".adapter.work"
        work.mkdir()
        (work / f"{checkpoint.FILE}.partial").symlink_to("/dev/full")
        result = self.run_job(self.job())
        self.assertEqual((result.status, result.error["code"]), (6, "disk-full"))
        (work / f"{checkpoint.FILE}.partial").unlink()
        self.ends_well()

    def test_a_full_disk_during_saving_is_reported_and_the_job_can_be_resumed(self):
        def fault():
            def fill():
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

            patched(run, "_metrics", 1, fill)()

        result = self.run_job(self.job(), fault)
        self.assertEqual((result.status, result.error["code"]), (6, "disk-full"))
        self.assertFalse((self.folder / "adapter").exists())
        self.assertEqual(self.hidden(), [".adapter.work"])
        self.assertEqual(self.ends_well().of("plan")[0]["resumed"], 4)

    def test_a_damaged_checkpoint_is_reported_and_training_starts_again(self):
        self.run_job(self.job(), patched(loop.Loop, "_apply", 4))
        path = self.folder / ".adapter.work" / checkpoint.FILE
        path.write_bytes(path.read_bytes()[:500])
        result = self.ends_well()
        self.assertEqual(result.of("warning")[0]["code"], "checkpoint-unfit")
        self.assertEqual(result.of("plan")[0]["resumed"], 0)

    def test_the_checkpoint_of_another_job_is_not_used(self):
        self.run_job(self.job(seed=9), patched(loop.Loop, "_apply", 4))
        result = self.ends_well()
        self.assertIn("another job", result.of("warning")[0]["problem"])

    def test_a_checkpoint_with_other_tensors_is_not_used(self):
        self.run_job(self.job(), patched(loop.Loop, "_apply", 4))
        path = self.folder / ".adapter.work" / checkpoint.FILE
        with checkpoint.safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        save_file({"x": torch.zeros(1)}, path, metadata=metadata)
        self.assertIn("tensors", self.ends_well().of("warning")[0]["problem"])


def is_pipe(handle: int) -> bool:
    try:
        return Path(f"/proc/self/fd/{handle}").readlink().name.startswith("pipe:")
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()

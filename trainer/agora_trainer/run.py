"""Runs one job from its file to its adapter."""

from __future__ import annotations

import collections
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agora_trainer.errors import TrainerError
from agora_trainer.files import LOCK, digest, locked, sha256_of
from agora_trainer.job import Job, settings_of
from agora_trainer.report import Reporter
from agora_trainer.samples import SamplesFile, read_samples

Check = Callable[[], None]


def run_job(job: Job, reporter: Reporter, check: Check) -> None:
    """
    Ends with a `done` line. A finished output is reported as done and not trained again.
    Raises `TrainerError`, or `Stopped` if `check` raises it.
    """
    given = read_samples(Path(job.samples))
    work = job.work_folder
    with locked(work, lambda: _wait(reporter, check)):
        # Heavy packages are imported only after the job is known to be valid.
        from agora_trainer.checkpoint import FILE
        from agora_trainer.output import is_finished

        if is_finished(job.output_folder):
            _report_finished(job, reporter)
        else:
            _train(job, given, reporter, check)
        with suppress(OSError):
            (work / FILE).unlink(missing_ok=True)
            (work / LOCK).unlink()
            work.rmdir()


def _wait(reporter: Reporter, check: Check) -> None:
    reporter.stage("waiting")
    check()


def _report_finished(job: Job, reporter: Reporter) -> None:
    from agora_trainer.output import verify_hashes

    verify_hashes(job.output_folder)
    reporter.send("done", output=job.output, metrics=None)


def _train(job: Job, given: SamplesFile, reporter: Reporter, check: Check) -> None:
    from agora_trainer import model as models
    from agora_trainer.device import choose_device, choose_precision
    from agora_trainer.kernels import use_kernels
    from agora_trainer.loop import Loop, Setting
    from agora_trainer.output import write_output
    from agora_trainer.trackers import tracked

    reporter.stage("loading")
    device = choose_device(job)
    precision = choose_precision(job, device)
    tokenizer = models.load_tokenizer(job)
    base = models.load_base(job, device, precision)
    check()
    reporter.stage("encoding")
    encoded = _encode(job, given, tokenizer, base, reporter)
    check()
    kernels = use_kernels(base, device, reporter.warn)
    adapted = models.attach_adapter(base, job)
    fingerprint = _fingerprint(job, given, precision)
    setting = Setting(
        *(job, adapted, encoded, device, precision, job.work_folder, fingerprint, reporter, check, kernels)
    )
    loop = Loop(setting)
    loop.resume()
    _report_plan(loop, setting, given)
    reporter.stage("training")
    with tracked(job, reporter):
        loop.run()
    reporter.stage("saving")
    metrics = _metrics(loop, setting, given)
    write_output(job.output_folder, adapted, metrics)
    reporter.send("done", output=job.output, metrics=metrics)


def _encode(job: Job, given: SamplesFile, tokenizer: Any, base: Any, reporter: Reporter) -> list[Any]:
    """Skips samples that cannot be encoded, with a warning. Raises `samples-empty` if none is left."""
    from agora_trainer.masking import Encoder, Unusable
    from agora_trainer.model import context_length, stop_ids

    longest = min(job.max_tokens, context_length(base) or job.max_tokens)
    encoder = Encoder(tokenizer, stop_ids(job, base), longest, job.template_options)
    encoded, reasons = [], collections.Counter[str]()
    for sample in given.samples:
        try:
            encoded.append(encoder.encode(sample))
        except Unusable as reason:
            reasons[str(reason)] += 1
    listed = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
    if not encoded:
        fix = "check the samples file: it needs samples that fit the base model"
        raise TrainerError("samples-empty", f"no sample of {job.samples} can be used: {listed}", fix)
    if listed:
        reporter.warn(
            "samples-skipped",
            f"skipped of {len(given.samples)} samples, with the count of each reason: {listed}",
        )
    return encoded


def _fingerprint(job: Job, given: SamplesFile, precision: str) -> str:
    previous = Path(job.previous, "adapter_model.safetensors") if job.previous else None
    sources = {
        "samples": given.sha256,
        "previous": sha256_of(previous) if previous else None,
    }
    return digest({**settings_of(job), **sources, "precision": precision})


def _report_plan(loop: Any, setting: Any, given: SamplesFile) -> None:
    from agora_trainer.checkpoint import trained
    from agora_trainer.device import device_name

    parameters = [parameter.numel() for parameter in setting.model.parameters()]
    setting.reporter.send(
        "plan",
        steps=len(loop.steps),
        resumed=loop.tally.step,
        samples=len(setting.samples),
        skipped=len(given.samples) - len(setting.samples),
        tokens=sum(len(sample.tokens) for sample in setting.samples),
        response_tokens=sum(sample.response_tokens for sample in setting.samples),
        device=device_name(setting.device),
        precision=setting.precision,
        micro_batch=loop.micro_batch,
        parameters=sum(parameters),
        trained_parameters=sum(one.numel() for one in trained(setting.model).values()),
    )


def _metrics(loop: Any, setting: Any, given: SamplesFile) -> dict[str, Any]:
    from agora_trainer.device import device_name, peak_memory
    from agora_trainer.environment import versions

    job, tally = setting.job, loop.tally
    return {
        "base": job.base,
        "base_revision": getattr(setting.model.config, "_commit_hash", None),
        "previous": job.previous,
        "samples_sha256": given.sha256,
        "settings": settings_of(job),
        "steps": tally.step,
        "samples": len(setting.samples),
        "skipped": len(given.samples) - len(setting.samples),
        "losses": tally.losses,
        "first_gradient_norm": tally.first_gradient_norm,
        "tokens": tally.tokens,
        "seconds": round(tally.seconds, 3),
        "tokens_per_second": round(tally.tokens / tally.seconds, 1) if tally.seconds else None,
        "peak_memory": peak_memory(setting.device),
        "device": device_name(setting.device),
        "precision": setting.precision,
        "micro_batch": loop.micro_batch,
        "gradient_checkpointing": loop.recomputes,
        "kernels": list(setting.kernels.names),
        "versions": versions(),
    }

"""
`python -m agora_trainer job.json` trains one adapter; `--check` examines the environment.

Exit status: 0 done, 75 stopped with a checkpoint, otherwise a number of errors.py. The last line on stdout is
`done`, `stopped` or `error`.

1. SIGTERM, SIGINT and, with `--parent`, the end of stdin stop the worker after the current micro-batch, with a
   checkpoint. With `--parent` the worker ignores SIGINT, which the parent handles.
2. A failure is reported as one `error` line with a code and a fix; the traceback goes to stderr.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence

from agora_trainer import __version__
from agora_trainer.environment import examine, lacks
from agora_trainer.errors import DONE, STOPPED, Stopped, TrainerError, first_line
from agora_trainer.job import read_job
from agora_trainer.report import Reporter
from agora_trainer.run import run_job


class StopRequest:
    """Whether the worker was asked to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def check(self) -> None:
        """Raises `Stopped`."""
        if self._asked.is_set():
            raise Stopped("asked to stop")

    def listen(self, has_parent: bool) -> None:
        signal.signal(signal.SIGTERM, lambda *_: self._asked.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN if has_parent else lambda *_: self._asked.set())
        if has_parent:
            threading.Thread(target=self._await_parents_end, daemon=True).start()

    def _await_parents_end(self) -> None:
        while os.read(0, 4096):
            pass
        self._asked.set()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="agora_trainer", description="Train one LoRA adapter.")
    parser.add_argument(
        "job", nargs="?", help="path of a job file (JSON; its keys are in agora_trainer/job.py)"
    )
    parser.add_argument(
        "--check", action="store_true", help="print the packages and devices of the environment, as JSON"
    )
    parser.add_argument("--parent", action="store_true", help="stop when stdin ends")
    parser.add_argument("--version", action="version", version=__version__)
    parsed = parser.parse_args(arguments)
    if parsed.job is None and not parsed.check:
        parser.error("give the path of a job file, or --check")
    return parsed


def _quieten() -> None:
    """Disables progress bars and advice of the libraries; their errors still reach stderr."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    warnings.filterwarnings("ignore")


def _require_packages() -> None:
    lacking = lacks()
    if lacking:
        fix = f"{sys.executable} -m pip install {' '.join(map(repr, lacking))}"
        raise TrainerError("package-missing", f"this Python lacks {', '.join(lacking)}", fix)


def _work(job_path: str, reporter: Reporter, request: StopRequest) -> int:
    try:
        reporter.stage("starting")
        job = read_job(job_path)
        _require_packages()
        run_job(job, reporter, request.check)
        return DONE
    except Stopped:
        reporter.send("stopped")
        return STOPPED
    except TrainerError as error:
        traceback.print_exc()
        return _report_error(reporter, error)
    except Exception as error:
        traceback.print_exc()
        return _report_error(reporter, _unforeseen(error))


def _unforeseen(error: Exception) -> TrainerError:
    """What no nearer part has named: memory may end anywhere."""
    problem = f"{type(error).__name__}: {first_line(error)}"
    if _is_out_of_memory(error):
        fix = "stop what else uses the device, set precision to 4bit, or train on one with more memory"
        return TrainerError("out-of-memory", problem, fix)
    fix = "see the traceback on stderr (worker.log beside the job); run the job again"
    return TrainerError("internal", problem, fix)


def _is_out_of_memory(error: Exception) -> bool:
    if "torch" not in sys.modules:
        return isinstance(error, MemoryError)
    from agora_trainer.device import is_out_of_memory

    return is_out_of_memory(error)


def _report_error(reporter: Reporter, error: TrainerError) -> int:
    reporter.send("error", code=error.code, problem=error.problem, fix=error.fix)
    return error.exit_status


def main(arguments: Sequence[str] | None = None) -> int:
    """`arguments` default to those of the process."""
    parsed = _arguments(arguments)
    _quieten()
    reporter = Reporter()
    if parsed.check:
        reporter.send("environment", **examine())
        return DONE
    request = StopRequest()
    request.listen(parsed.parent)
    try:
        return _work(parsed.job, reporter, request)
    except Stopped:
        # The reader of the lines has ended, so `stopped` cannot be reported.
        return STOPPED

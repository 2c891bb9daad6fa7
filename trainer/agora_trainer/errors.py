"""The errors of the worker, each with a stable code, the problem, the fix and the exit status."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

DONE = 0
# Stopped with a checkpoint by SIGTERM or the end of the parent: EX_TEMPFAIL of sysexits.h.
STOPPED = 75

_EXIT_STATUS = {
    "internal": 1,
    "job-invalid": 2,
    "base-missing": 3,
    "base-unreadable": 3,
    "base-unreachable": 3,
    "adapter-unreadable": 3,
    "adapter-mismatch": 3,
    "samples-unreadable": 3,
    "samples-empty": 3,
    "template-missing": 3,
    "template-unusable": 3,
    "targets-missing": 3,
    "loss-not-finite": 4,
    "out-of-memory": 5,
    "disk-full": 6,
    "disk-failed": 6,
    "package-missing": 7,
    "device-unsupported": 7,
    "kernels-differ": 7,
    "job-running": 8,
    "output-corrupt": 9,
    "output-exists": 9,
}


class TrainerError(Exception):
    """A failed job; `code` is stable, `fix` says what a person can do."""

    def __init__(self, code: str, problem: str, fix: str) -> None:
        super().__init__(f"{problem}. Fix: {fix}.")
        self.code = code
        self.problem = problem
        self.fix = fix

    @property
    def exit_status(self) -> int:
        return _EXIT_STATUS[self.code]


class Stopped(Exception):
    """The worker was asked to stop; the finished steps are in the checkpoint."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors(path: object) -> Iterator[None]:
    """Turns errors of the file system into a `TrainerError` that names the path."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _FULL:
            fix = "free space there or choose another folder; the job continues from its last checkpoint"
            raise TrainerError("disk-full", f"{path} cannot be written: {reason}", fix) from error
        fix = "check that the folder exists and its permissions"
        raise TrainerError("disk-failed", f"{path} cannot be written: {reason}", fix) from error


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, shortened."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]

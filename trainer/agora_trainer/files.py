"""Atomic file writes, and the lock that allows one worker per job."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agora_trainer.errors import TrainerError, disk_errors


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Returns once the bytes are on disk. Raises `disk-full` or `disk-failed`."""
    with disk_errors(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, value: Any) -> None:
    write_bytes(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def sync_folder(folder: Path) -> None:
    """Flushes a rename inside the folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """Replaces the content atomically."""
    partial = path.with_name(f"{path.name}.partial")
    write_bytes(partial, content)
    with disk_errors(path):
        os.replace(partial, path)
        sync_folder(path.parent)


LOCK = "lock"
# A worker whose parent has ended stops after its current micro-batch.
LOCK_PATIENCE_SECONDS = 120.0


@contextmanager
def locked(
    folder: Path, on_wait: Callable[[], None], patience: float = LOCK_PATIENCE_SECONDS
) -> Iterator[None]:
    """Locks a job's folder; the system releases the lock when the process ends. Raises `job-running`."""
    deadline = time.monotonic() + patience
    while (handle := _try_lock(folder / LOCK)) is None:
        if time.monotonic() > deadline:
            raise TrainerError(
                "job-running", f"another worker holds {folder}", "wait until it has ended, or end it"
            )
        on_wait()
        time.sleep(0.5)
    try:
        yield
    finally:
        os.close(handle)


def _try_lock(path: Path) -> int | None:
    """Opens and locks the file; retries if the previous holder has removed it."""
    import fcntl

    with disk_errors(path):
        # The previous holder may have removed the folder.
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino == os.stat(path).st_ino:
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None

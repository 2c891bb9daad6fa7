"""Files that are written whole or not at all, and the lock that keeps two workers from one job."""

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
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_bytes(path: Path, content: bytes) -> None:
    """Reaches the disk before it returns. Raises `disk-full` or `disk-failed`."""
    with disk_errors(path), path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, value: Any) -> None:
    write_bytes(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def sync_folder(folder: Path) -> None:
    """Makes a rename inside a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, content: bytes) -> None:
    """The old content or the new, never a mixture."""
    partial = path.with_name(f"{path.name}.partial")
    write_bytes(partial, content)
    with disk_errors(path):
        os.replace(partial, path)
        sync_folder(path.parent)


LOCK = "lock"
# A worker that lost its parent leaves after the micro-batch it is at.
LOCK_PATIENCE_SECONDS = 120.0


@contextmanager
def locked(
    folder: Path, on_wait: Callable[[], None], patience: float = LOCK_PATIENCE_SECONDS
) -> Iterator[None]:
    """Holds a job's folder; the system gives it back however the process ends. Raises `job-running`."""
    deadline = time.monotonic() + patience
    while (handle := _try_lock(folder / LOCK)) is None:
        if time.monotonic() > deadline:
            raise TrainerError(
                "job-running", f"another worker holds {folder}", "wait until it has left, or end it"
            )
        on_wait()
        time.sleep(0.5)
    try:
        yield
    finally:
        os.close(handle)


def _try_lock(path: Path) -> int | None:
    """A handle that holds the lock; a file that its last holder removed meanwhile does not count."""
    import fcntl

    with disk_errors(path):
        # The last holder may have cleared the folder away.
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

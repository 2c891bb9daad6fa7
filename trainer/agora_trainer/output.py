"""
The finished adapter: a PEFT folder with the metrics of its training.

1. An existing folder is finished: it is written under another name, flushed to disk, and then renamed.
2. `hashes.json` holds the SHA-256 of every other file, to detect a damaged folder.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from peft import get_peft_model_state_dict
from safetensors.torch import save

from agora_trainer.errors import TrainerError, disk_errors
from agora_trainer.files import sha256_of, sync_folder, write_bytes, write_json

WEIGHTS = "adapter_model.safetensors"
HASHES = "hashes.json"


def is_finished(folder: Path) -> bool:
    return (folder / WEIGHTS).is_file()


def verify_hashes(folder: Path) -> None:
    """Raises `output-corrupt` naming the file; folders without hashes, made by other tools, are not checked."""
    if not (folder / HASHES).is_file():
        return
    fix = f"remove {folder} to train it again"
    for name, expected in json.loads((folder / HASHES).read_text(encoding="utf-8")).items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            raise TrainerError(
                "output-corrupt", f"{path} is damaged: its SHA-256 is not the one recorded", fix
            )


def write_output(folder: Path, adapted: Any, metrics: dict[str, Any]) -> None:
    """
    Replaces the rest of an adapter without its weights. Raises `disk-full` or `disk-failed`; then the folder is not
    finished.
    """
    partial = folder.parent / f".{folder.name}.partial"
    with disk_errors(partial):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    try:
        _fill(partial, adapted, metrics)
        with disk_errors(folder):
            sync_folder(partial)
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(partial, folder)
            sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _fill(partial: Path, adapted: Any, metrics: dict[str, Any]) -> None:
    tensors = get_peft_model_state_dict(adapted)
    stored = {name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}
    write_bytes(partial / WEIGHTS, save(stored, metadata={"format": "pt"}))
    write_json(partial / "adapter_config.json", _config(adapted))
    write_json(partial / "metrics.json", metrics)
    hashes = {file.name: sha256_of(file) for file in sorted(partial.iterdir())}
    write_json(partial / HASHES, hashes)


def _config(adapted: Any) -> dict[str, Any]:
    """Writes the configuration like PEFT: plain JSON, with inference mode on."""
    config = {**adapted.peft_config["default"].to_dict(), "inference_mode": True}
    return json.loads(json.dumps(config, default=_plain))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else str(value)

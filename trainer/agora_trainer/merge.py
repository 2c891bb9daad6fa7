"""
`python -m agora_trainer.merge BASE ADAPTER OUTPUT` writes a checkpoint with the adapter in its weights.

BASE is a folder or an id on the hub, ADAPTER a PEFT folder. The checkpoint has the base's own number format and its
tokeniser, and appears only once it is complete. The last line on stdout is `done` or `error`, as in cli.py.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agora_trainer.cli import _quieten, _report_error, _require_packages
from agora_trainer.errors import DONE, TrainerError, disk_errors, first_line
from agora_trainer.files import sync_folder
from agora_trainer.report import Reporter


def _load(base: str, trust_remote_code: bool) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options = {"trust_remote_code": trust_remote_code}
    try:
        model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", use_safetensors=True, **options)
        return model, AutoTokenizer.from_pretrained(base, **options)
    except Exception as error:
        fix = (
            "give the folder of a checkpoint in Hugging Face format, or a Hugging Face id that can be fetched"
        )
        raise TrainerError("base-missing", f"{base} cannot be loaded: {first_line(error)}", fix) from error


def _merged(model: Any, adapter: Path) -> Any:
    """The model with `W + B A α / r` for every adapted `W`; a matrix that is not finite is refused."""
    from peft import PeftModel

    from agora_trainer.output import WEIGHTS, verify_hashes

    try:
        verify_hashes(adapter)
        # Without this file PEFT would look for a pickled one.
        if not (adapter / WEIGHTS).is_file():
            raise FileNotFoundError(f"there is no {WEIGHTS}")
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    except Exception as error:
        fix = "restore the folder, and give the base model that the adapter was trained on"
        raise TrainerError(
            "adapter-unreadable", f"{adapter} cannot be merged: {first_line(error)}", fix
        ) from error


def merge(base: str, adapter: Path, output: Path, trust_remote_code: bool = False) -> None:
    """Raises `base-missing`, `adapter-unreadable`, `output-exists`, `disk-full` or `disk-failed`."""
    if output.exists():
        raise TrainerError("output-exists", f"{output} exists already", "give another folder, or remove it")
    model, tokeniser = _load(base, trust_remote_code)
    merged = _merged(model, adapter)
    partial = output.parent / f".{output.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with disk_errors(output):
            partial.mkdir(parents=True)
            merged.save_pretrained(partial)
            tokeniser.save_pretrained(partial)
            os.replace(partial, output)
            sync_folder(output.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """`arguments` default to those of the process."""
    parser = argparse.ArgumentParser(
        prog="agora_trainer.merge", description="Merge an adapter into its base."
    )
    parser.add_argument("base", help="folder of the base checkpoint, or its Hugging Face id")
    parser.add_argument("adapter", type=Path, help="folder of the adapter, in PEFT's format")
    parser.add_argument("output", type=Path, help="folder that the merged checkpoint is written to")
    parser.add_argument(
        "--trust-remote-code", action="store_true", help="allow Python code of the base model"
    )
    given = parser.parse_args(arguments)
    _quieten()
    reporter = Reporter()
    try:
        _require_packages()
        merge(given.base, given.adapter, given.output, given.trust_remote_code)
        reporter.send("done", output=str(given.output))
        return DONE
    except TrainerError as error:
        traceback.print_exc()
        return _report_error(reporter, error)


if __name__ == "__main__":
    sys.exit(main())

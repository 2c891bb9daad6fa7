"""Reads the samples file: JSON lines in chat form, or with prompt and completion."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agora_trainer.errors import TrainerError, first_line

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Chat:
    """The loss covers the last message, the assistant's; the messages before it are context."""

    context: tuple[dict[str, str], ...]
    response: str


@dataclass(frozen=True)
class Completion:
    """For models without a chat template: the loss covers `response` and the end token."""

    prompt: str
    response: str


Sample = Chat | Completion


def _unreadable(problem: str, fix: str) -> TrainerError:
    return TrainerError("samples-unreadable", problem, fix)


def _message(value: Any) -> dict[str, str]:
    if (
        not isinstance(value, dict)
        or value.get("role") not in ROLES
        or not isinstance(value.get("content"), str)
    ):
        raise ValueError(f"a message needs a role ({', '.join(ROLES)}) and a text as content")
    return {"role": value["role"], "content": value["content"]}


def _chat(messages: Any) -> Chat:
    if not isinstance(messages, list) or len(messages) < 2:
        raise ValueError("messages needs a user's and an assistant's message")
    parsed = tuple(map(_message, messages))
    if parsed[-1]["role"] != "assistant" or parsed[-2]["role"] != "user":
        raise ValueError("messages has to end with the assistant's answer to the user")
    return Chat(parsed[:-1], parsed[-1]["content"])


def parse_sample(value: Any) -> Sample:
    """Raises `ValueError` with the problem."""
    if not isinstance(value, dict):
        raise ValueError("a sample is a JSON object")
    if "messages" in value:
        return _chat(value["messages"])
    prompt, completion = value.get("prompt"), value.get("completion")
    if isinstance(prompt, str) and isinstance(completion, str):
        return Completion(prompt, completion)
    raise ValueError("a sample has messages, or a prompt and a completion")


@dataclass(frozen=True)
class SamplesFile:
    samples: list[Sample]
    sha256: str


def read_samples(path: Path) -> SamplesFile:
    """Raises `samples-unreadable`, naming the line, or `samples-empty`."""
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else first_line(error)
        raise _unreadable(f"{path} cannot be read: {reason}", "give the path of a JSONL file") from error
    samples: list[Sample] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() == "":
            continue
        try:
            samples.append(parse_sample(json.loads(line)))
        except ValueError as error:
            fix = "write one sample per line as JSON"
            raise _unreadable(f"{path}, line {number}: {first_line(error)}", fix) from error
    if not samples:
        raise TrainerError("samples-empty", f"{path} has no samples", "wait until there are some")
    return SamplesFile(samples, hashlib.sha256(content).hexdigest())

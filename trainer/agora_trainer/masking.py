"""
Encodes samples as tokens and selects the tokens of the loss.

1. The prompt is the text that an inference server builds from the messages before the response: the model's chat
   template with its generation prompt. The response follows as the model generates it, up to and including the
   token that ends its turn. The loss covers only the response.
2. The template also renders the whole conversation, which has to start with the prompt (prefix property) and
   contain the response. Text between the two, such as the empty thinking block of Qwen3, is context.
3. A response that the template rewrites, such as one that contains its thinking, is trained on as rewritten.
4. Prompt and response are tokenised separately, so no token spans the boundary between them.
5. A sample that cannot be encoded in this way is skipped with the reason, not changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2.exceptions import TemplateError

from agora_trainer.errors import TrainerError, first_line
from agora_trainer.samples import Chat, Completion, Sample

Messages = Sequence[dict[str, str]]

# A placeholder for the response, used to find the text of the template around it.
_PLACEHOLDER = "AgoraResponse"


@dataclass(frozen=True)
class Encoded:
    """`tokens[response_start:]` are the targets of the loss."""

    tokens: list[int]
    response_start: int

    @property
    def response_tokens(self) -> int:
        return len(self.tokens) - self.response_start


class Unusable(Exception):
    """A sample that is skipped; the text is the reason."""


@dataclass(frozen=True)
class _Frame:
    """The text of a template around the assistant's last answer."""

    before: str
    after: str


class Encoder:
    """`stop_ids` end the model's turn; `max_tokens` is the maximum length of a sample."""

    def __init__(
        self,
        tokenizer: Any,
        stop_ids: Collection[int],
        max_tokens: int,
        options: dict[str, Any] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._stop_ids = set(stop_ids) | ({tokenizer.eos_token_id} - {None})
        self._max_tokens = max_tokens
        self._options = options or {}

    def encode(self, sample: Sample) -> Encoded:
        """Raises `Unusable`; `template-missing` or `template-unusable` if no sample can be encoded."""
        self._check_texts(sample)
        if isinstance(sample, Completion):
            encoded = self._complete(sample)
        else:
            encoded = self._converse(sample)
        if len(encoded.tokens) > self._max_tokens:
            raise Unusable(f"longer than {self._max_tokens} tokens")
        return encoded

    @cached_property
    def _control_tokens(self) -> list[str]:
        return [token.content for token in self._tokenizer.added_tokens_decoder.values() if token.special]

    def _check_texts(self, sample: Sample) -> None:
        """A text must not contain control tokens, which only the template may write."""
        if sample.response.strip() == "":
            raise Unusable("an empty response")
        texts = [sample.response]
        texts += (
            [sample.prompt] if isinstance(sample, Completion) else [one["content"] for one in sample.context]
        )
        for text in texts:
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise Unusable("half a character (a lone surrogate) in its text")
            if any(token in text for token in self._control_tokens):
                raise Unusable("a control token in its text")

    def _complete(self, sample: Completion) -> Encoded:
        """Encodes a plain prompt as a server does, with the tokens that the tokeniser adds at the beginning."""
        prompt = list(self._tokenizer(sample.prompt)["input_ids"])
        while prompt and prompt[-1] in self._stop_ids:
            prompt.pop()
        response = self._ids(sample.response)
        self._check_known(prompt + response)
        return Encoded([*prompt, *response, self._end_token()], len(prompt))

    def _converse(self, sample: Chat) -> Encoded:
        context = self._understood(sample.context)
        prompt = self._render(context, generation=True)
        before, response, after = self._told(context, prompt, sample.response)
        prompt_ids, response_ids = self._split(prompt + before, response)
        tokens = [*prompt_ids, *response_ids, *self._ending(after)]
        self._check_known(tokens)
        return Encoded(tokens, len(prompt_ids))

    def _told(self, context: Messages, prompt: str, response: str) -> tuple[str, str, str]:
        """The text before the response, the response, and its end, as the template writes them."""
        frame = self._frame
        whole = self._render([*context, {"role": "assistant", "content": response}])
        for said in (response, response.strip()):
            if whole == prompt + frame.before + said + frame.after:
                return frame.before, said, frame.after
        if whole.startswith(prompt) and whole.endswith(frame.after):
            return "", whole[len(prompt) : len(whole) - len(frame.after)], frame.after
        raise Unusable("the chat template does not continue its own prompt with this response")

    @cached_property
    def _frame(self) -> _Frame:
        """Raises `template-unusable` if the template breaks the prefix property."""
        question = [{"role": "user", "content": "question"}]
        prompt = self._render(question, generation=True)
        whole = self._render([*question, {"role": "assistant", "content": _PLACEHOLDER}])
        rest = whole.removeprefix(prompt)
        if not whole.startswith(prompt) or _PLACEHOLDER not in rest:
            raise TrainerError(
                "template-unusable",
                f"the chat template writes an answer as {whole[-120:]!r}, which does not continue its prompt "
                f"{prompt[-120:]!r}",
                "set template_options as in serving (for example enable_thinking: false), or give "
                "samples as prompt and completion",
            )
        before, _, after = rest.partition(_PLACEHOLDER)
        return _Frame(before, after)

    @cached_property
    def _takes_system(self) -> bool:
        """Some templates refuse a system message (Gemma 2) and some drop it."""
        messages = [{"role": "system", "content": _PLACEHOLDER}, {"role": "user", "content": "question"}]
        try:
            return _PLACEHOLDER in self._apply(messages, generation=True)
        except TemplateError:
            return False

    def _understood(self, messages: Messages) -> Messages:
        """Without a system role, its text is put before the first user message."""
        if messages[0]["role"] != "system" or self._takes_system:
            return messages
        first, second, *rest = messages
        return [{**second, "content": f"{first['content']}\n\n{second['content']}"}, *rest]

    def _render(self, messages: Messages, generation: bool = False) -> str:
        if self._tokenizer.chat_template is None:
            raise TrainerError(
                "template-missing",
                "the base model has no chat template, and the samples are chats",
                "train the instruction-tuned model, or give samples as prompt and completion",
            )
        try:
            return self._apply(messages, generation)
        except TemplateError as error:
            raise Unusable(f"refused by the chat template: {first_line(error)}") from error

    def _apply(self, messages: Messages, generation: bool) -> str:
        return self._tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=generation, **self._options
        )

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _text(self, ids: list[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def _split(self, prompt: str, response: str) -> tuple[list[int], list[int]]:
        prompt_ids, whole = self._ids(prompt), self._ids(prompt + response)
        if whole[: len(prompt_ids)] == prompt_ids:
            return prompt_ids, whole[len(prompt_ids) :]
        response_ids = self._ids(response)
        if self._text(prompt_ids + response_ids) == self._text(whole):
            return prompt_ids, response_ids
        raise Unusable("no token boundary between its prompt and its response")

    def _ending(self, after: str) -> list[int]:
        """Cuts after the token that ends the turn: the model does not generate what the template writes after it."""
        ids = self._ids(after)
        ends = [index for index, token in enumerate(ids) if token in self._stop_ids]
        return ids[: ends[0] + 1] if ends else [self._end_token()]

    def _end_token(self) -> int:
        token = self._tokenizer.eos_token_id
        if token is None:
            fix = "name eos_token in its tokenizer_config.json"
            raise TrainerError("base-unreadable", "the tokeniser has no end token", fix)
        return token

    def _check_known(self, ids: list[int]) -> None:
        unknown = self._tokenizer.unk_token_id
        if unknown is not None and unknown in ids and unknown not in self._stop_ids:
            raise Unusable("characters that the tokeniser does not know")

import unittest
from pathlib import Path

from transformers import AutoTokenizer

from agora_trainer.errors import TrainerError
from agora_trainer.masking import Encoder, Unusable
from agora_trainer.samples import parse_sample
from tests.fixtures import CHATML, THINKING, WITHOUT_SYSTEM, byte_tokenizer

IM_END = 4
EOS = 2


def messages(*contents, system=None):
    roles = ("user", "assistant")
    turns = [{"role": roles[index % 2], "content": content} for index, content in enumerate(contents)]
    return parse_sample({"messages": [*([{"role": "system", "content": system}] if system else []), *turns]})


class Masking(unittest.TestCase):
    def encoded(self, template, sample, options=None, max_tokens=1000):
        """Returns the texts of prompt and response."""
        tokenizer = byte_tokenizer(template)
        encoded = Encoder(tokenizer, {EOS, IM_END}, max_tokens, options).encode(sample)
        start = encoded.response_start
        return tokenizer.decode(encoded.tokens[:start]), tokenizer.decode(encoded.tokens[start:])

    def refused(self, template, sample, reason, options=None, max_tokens=1000):
        with self.assertRaisesRegex(Unusable, reason):
            self.encoded(template, sample, options, max_tokens)

    def test_the_loss_covers_the_last_answer_and_the_token_that_ends_it(self):
        prompt, response = self.encoded(CHATML, messages("a?", "b", "c?", "d"))
        self.assertEqual(
            prompt,
            "<|im_start|>user\na?<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
            "<|im_start|>user\nc?<|im_end|>\n<|im_start|>assistant\n",
        )
        self.assertEqual(response, "d<|im_end|>")

    def test_the_prompt_is_that_of_an_inference_server(self):
        context = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "a?"}]
        for template in (CHATML, THINKING):
            served = byte_tokenizer(template).apply_chat_template(
                context, add_generation_prompt=True, tokenize=False
            )
            prompt, _ = self.encoded(template, messages("a?", "b", system="be brief"))
            self.assertTrue(prompt.startswith(served))

    def test_an_empty_thinking_block_is_context_whether_thinking_is_on_or_off(self):
        for options in ({}, {"enable_thinking": False}):
            prompt, response = self.encoded(THINKING, messages("a?", "b"), options)
            self.assertTrue(prompt.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n"), options)
            self.assertEqual(response, "b<|im_end|>")

    def test_thinking_in_a_response_is_encoded_as_the_template_writes_it(self):
        prompt, response = self.encoded(THINKING, messages("a?", "<think>hm</think>b"))
        self.assertTrue(prompt.endswith("<|im_start|>assistant\n"))
        self.assertEqual(response, "<think>\nhm\n</think>\n\nb<|im_end|>")

    def test_a_response_with_thinking_is_refused_if_thinking_is_off(self):
        self.refused(
            THINKING, messages("a?", "<think>hm</think>b"), "does not continue", {"enable_thinking": False}
        )

    def test_without_a_system_role_its_text_is_put_before_the_first_question(self):
        prompt, response = self.encoded(WITHOUT_SYSTEM, messages("a?", "b", system="be brief"))
        self.assertEqual(prompt, "<bos><|im_start|>user\nbe brief\n\na?<|im_end|>\n<|im_start|>model\n")
        self.assertEqual(response, "b<|im_end|>")

    def test_a_dropped_system_message_is_put_before_the_first_question(self):
        template = CHATML.replace(
            "{% for message in messages %}", "{% for message in messages if message.role != 'system' %}"
        )
        prompt, _ = self.encoded(template, messages("a?", "b", system="be brief"))
        self.assertIn("be brief\n\na?", prompt)

    def test_an_answer_is_trimmed_if_the_template_trims_it(self):
        self.assertEqual(self.encoded(WITHOUT_SYSTEM, messages("a?", " b\n"))[1], "b<|im_end|>")

    def test_without_an_end_of_turn_the_end_token_ends_the_response(self):
        template = "{% for message in messages %}{{ message.content }}{% endfor %}"
        self.assertEqual(self.encoded(template, messages("a?", "b")), ("a?", "b<eos>"))

    def test_a_template_that_breaks_the_prefix_property_is_an_error(self):
        template = CHATML + "{% if add_generation_prompt %}<think>\n{% endif %}"
        with self.assertRaises(TrainerError) as caught:
            self.encoded(template, messages("a?", "b"))
        self.assertEqual(caught.exception.code, "template-unusable")
        self.assertIn("template_options", caught.exception.fix)

    def test_a_chat_needs_a_template_and_a_completion_does_not(self):
        with self.assertRaises(TrainerError) as caught:
            self.encoded(None, messages("a?", "b"))
        self.assertEqual(caught.exception.code, "template-missing")
        sample = parse_sample({"prompt": "a?", "completion": "b"})
        self.assertEqual(self.encoded(None, sample), ("a?", "b<eos>"))

    def test_control_tokens_in_a_text_are_refused(self):
        for sample in (messages("a?<|im_end|>", "b"), messages("a?", "b<|im_end|>\n<|im_start|>user\nc")):
            self.refused(CHATML, sample, "control token")

    def test_samples_that_cannot_be_encoded_are_refused_with_the_reason(self):
        self.refused(CHATML, messages("a?", " \n"), "empty response")
        self.refused(CHATML, messages("a?", "\ud800"), "surrogate")
        self.refused(CHATML, messages("a?", "b" * 50), "longer than 40 tokens", max_tokens=40)
        picky = CHATML + "{{ raise_exception('roles must alternate') if messages | length > 2 }}"
        self.refused(picky, messages("a?", "b", "c?", "d"), "roles must alternate")


class PocketTokens(unittest.TestCase):
    """The tokeniser of a pocket checkpoint can merge characters across the boundary."""

    def setUp(self):
        folder = Path(__file__).parents[2] / "pocket/checkpoints/wren"
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = Encoder(self.tokenizer, {2}, 512)

    def test_chat_and_completion_give_the_same_tokens(self):
        chat = self.encoder.encode(messages("7*8?", "7*8=6 ans 6"))
        completion = self.encoder.encode(parse_sample({"prompt": "7*8?", "completion": "7*8=6 ans 6"}))
        self.assertEqual(chat, completion)
        self.assertEqual(chat.tokens[0], self.tokenizer.bos_token_id)
        self.assertEqual(chat.tokens[-1], self.tokenizer.eos_token_id)
        self.assertEqual(self.tokenizer.decode(chat.tokens[chat.response_start : -1]), "7*8=6 ans 6")

    def test_no_token_spans_the_boundary_of_prompt_and_response(self):
        encoded = self.encoder.encode(messages("steps", " 7"))
        pieces = self.tokenizer.convert_ids_to_tokens(encoded.tokens)
        self.assertEqual(pieces, ["<s>", "steps", "▁", "7", "</s>"])
        self.assertEqual(encoded.response_start, 2)

    def test_unknown_characters_are_refused(self):
        with self.assertRaisesRegex(Unusable, "does not know"):
            self.encoder.encode(messages("7?", "ж"))


if __name__ == "__main__":
    unittest.main()

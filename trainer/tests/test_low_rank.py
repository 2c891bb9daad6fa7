"""The adapted layer beside PEFT's: the same values and gradients, at least as exact."""

import unittest

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from agora_trainer.low_rank import fuse_low_rank
from tests.fixtures import ARCHITECTURES

IDS = torch.arange(3 * 20).reshape(3, 20) * 7 % 290 + 5


def adapted(architecture="llama", precision=torch.float32, **changes):
    """A model whose adapter has an effect; the same weights at every call."""
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(ARCHITECTURES[architecture]()).to(precision)
    named = {
        "target_modules": ["q_proj", "v_proj", "o_proj", "down_proj"],
        "r": 4,
        "lora_alpha": 8,
        **changes,
    }
    made = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **named))
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.1)
    return made.train()


def gradients(model, precision=torch.float32):
    """The loss, and the gradients of all trained matrices in one row."""
    torch.manual_seed(2)
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        loss = model(input_ids=IDS, labels=IDS).loss
    loss.backward()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return loss.item(), torch.cat([parameter.grad.float().flatten() for parameter in trained])


def difference(one, other):
    return ((one - other).norm() / other.norm()).item()


class LowRank(unittest.TestCase):
    def test_losses_and_gradients_are_those_of_peft_with_and_without_dropout(self):
        for dropout in (0.0, 0.3):
            with self.subTest(dropout):
                model = adapted(lora_dropout=dropout)
                expected = gradients(model)
                fuse_low_rank(model)
                found = gradients(model)
                self.assertAlmostEqual(found[0], expected[0], places=5)
                self.assertLess(difference(found[1], expected[1]), 1e-5)

    def test_gradients_in_bfloat16_are_as_near_to_exact_ones_as_those_of_peft(self):
        exact = gradients(adapted())[1]
        rough = adapted(precision=torch.bfloat16)
        of_peft = difference(gradients(rough, torch.bfloat16)[1], exact)
        fuse_low_rank(rough)
        own = difference(gradients(rough, torch.bfloat16)[1], exact)
        self.assertGreater(of_peft, 0)
        self.assertLess(own, 1.25 * of_peft)

    def test_matrices_are_current_in_every_pass(self):
        model = adapted(precision=torch.bfloat16)
        fuse_low_rank(model)
        before = gradients(model, torch.bfloat16)[0]
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "lora_B" in name:
                    parameter.mul_(-3)
        self.assertGreater(abs(gradients(model, torch.bfloat16)[0] - before), 1e-3)

    def test_without_training_nothing_is_dropped(self):
        model = adapted(lora_dropout=0.9).eval()
        expected = gradients(model)[0]
        fuse_low_rank(model)
        self.assertAlmostEqual(gradients(model)[0], expected, places=5)

    def test_layers_that_are_more_than_plain_keep_the_forward_of_peft(self):
        model = adapted(use_dora=True)
        expected = gradients(model)
        fuse_low_rank(model)
        self.assertEqual(gradients(model)[0], expected[0])
        replaced = [layer for layer in model.modules() if "forward" in vars(layer)]
        self.assertEqual(replaced, [])


if __name__ == "__main__":
    unittest.main()

"""A small, readable Llama: RMSNorm, rotary positions, SwiGLU, grouped heads, tied embedding.

Tensor names and arithmetic are those of `transformers.LlamaForCausalLM`. During training the query, key and
value projections (and gate and up) are one matrix; `named_weights` splits them again.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Layer(nn.Module):
    def __init__(self, shape, epsilon):
        super().__init__()
        width, self.heads, self.kv_heads = shape["width"], shape["heads"], shape["keyValueHeads"]
        self.head_size = width // self.heads
        self.sizes = [width, self.kv_heads * self.head_size, self.kv_heads * self.head_size]
        self.feed_forward = shape["feedForward"]
        self.epsilon = epsilon
        self.norm1, self.norm2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.qkv = nn.Linear(width, sum(self.sizes), bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * self.feed_forward, bias=False)
        self.down = nn.Linear(self.feed_forward, width, bias=False)

    def forward(self, x, rotation, mask, cache):
        x = x + self.attend(F.rms_norm(x, x.shape[-1:], self.norm1, self.epsilon), rotation, mask, cache)
        gate, up = self.gate_up(F.rms_norm(x, x.shape[-1:], self.norm2, self.epsilon)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)

    def attend(self, x, rotation, mask, cache):
        batch, time, width = x.shape
        q, k, v = (
            part.view(batch, time, -1, self.head_size).transpose(1, 2)
            for part in self.qkv(x).split(self.sizes, -1)
        )
        q, k = rotate(q, rotation), rotate(k, rotation)
        if cache is not None:
            k, v = cache.extend(self, k, v)
        if self.kv_heads != self.heads:
            k = k.repeat_interleave(self.heads // self.kv_heads, 1)
            v = v.repeat_interleave(self.heads // self.kv_heads, 1)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return self.out(mixed.transpose(1, 2).reshape(batch, time, width))


def rotate(x, rotation):
    cosine, sine = rotation
    low, high = x.chunk(2, -1)
    return torch.cat((low * cosine - high * sine, high * cosine + low * sine), -1)


class Llama(nn.Module):
    def __init__(self, shape, vocabulary, theta, epsilon=1e-6):
        super().__init__()
        self.shape, self.theta = shape, theta
        self.embedding = nn.Embedding(vocabulary, shape["width"])
        self.layers = nn.ModuleList(Layer(shape, epsilon) for _ in range(shape["layers"]))
        self.norm = nn.Parameter(torch.ones(shape["width"]))
        self.epsilon = epsilon
        self.initialise()

    def initialise(self):
        nn.init.normal_(self.embedding.weight, std=0.02 * math.sqrt(96 / self.shape["width"]))
        for layer in self.layers:
            for linear in (layer.qkv, layer.gate_up):
                nn.init.normal_(linear.weight, std=linear.in_features**-0.5)
            for linear in (layer.out, layer.down):
                nn.init.normal_(linear.weight, std=(2 * len(self.layers) * linear.in_features) ** -0.5)

    def rotation(self, positions):
        """Cosines and sines of `positions` [..., time], each [..., 1 or none, time, head/2]."""
        half = self.layers[0].head_size // 2
        frequency = self.theta ** (-torch.arange(half, dtype=torch.float32) / half)
        angle = positions.float().unsqueeze(-1) * frequency
        if angle.dim() == 3:
            angle = angle.unsqueeze(1)
        return angle.cos(), angle.sin()

    def hidden(self, tokens, positions=None, mask=None, cache=None):
        """Final hidden states [batch, time, width] of `tokens` [batch, time]; causal if there is no mask."""
        if positions is None:
            positions = torch.arange(tokens.shape[1])
        rotation = self.rotation(positions)
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, rotation, mask, cache)
        return F.rms_norm(x, x.shape[-1:], self.norm, self.epsilon)

    def logits(self, hidden):
        return hidden @ self.embedding.weight.T

    def named_weights(self):
        """The weights with the names of LlamaForCausalLM."""
        yield "model.embed_tokens.weight", self.embedding.weight
        yield "model.norm.weight", self.norm
        for index, layer in enumerate(self.layers):
            q, k, v = layer.qkv.weight.split(layer.sizes)
            gate, up = layer.gate_up.weight.chunk(2)
            parts = {
                "input_layernorm": layer.norm1,
                "post_attention_layernorm": layer.norm2,
                "self_attn.q_proj": q,
                "self_attn.k_proj": k,
                "self_attn.v_proj": v,
                "self_attn.o_proj": layer.out.weight,
                "mlp.gate_proj": gate,
                "mlp.up_proj": up,
                "mlp.down_proj": layer.down.weight,
            }
            for name, weight in parts.items():
                yield f"model.layers.{index}.{name}.weight", weight

    def load_named(self, weights):
        with torch.no_grad():
            for name, weight in self.named_weights():
                weight.copy_(weights[name])


class Cache:
    """Keys and values of the tokens so far, one pair per layer."""

    def __init__(self):
        self.store = {}

    def extend(self, layer, k, v):
        if layer in self.store:
            old_k, old_v = self.store[layer]
            k, v = torch.cat((old_k, k), 2), torch.cat((old_v, v), 2)
        self.store[layer] = (k, v)
        return k, v


def config(shape, vocabulary, theta, context):
    """The contents of `config.json`."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary,
        "hidden_size": shape["width"],
        "num_hidden_layers": shape["layers"],
        "num_attention_heads": shape["heads"],
        "num_key_value_heads": shape["keyValueHeads"],
        "head_dim": shape["width"] // shape["heads"],
        "intermediate_size": shape["feedForward"],
        "hidden_act": "silu",
        "rms_norm_eps": 1e-06,
        "rope_theta": float(theta),
        "rope_parameters": {"rope_theta": float(theta), "rope_type": "default"},
        "max_position_embeddings": context,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "dtype": "float32",
    }

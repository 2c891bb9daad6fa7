"""Muon: a momentum optimiser that orthogonalises each matrix's update.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024). It needs about a third of
AdamW's tokens here. Updates are scaled to the root mean square of AdamW's updates (0.2), so both use the same
learning rate.
"""

import torch


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices, lr=0.0, momentum=0.95, decay=0.05):
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                self.step_matrix(weight, group)

    def step_matrix(self, weight, group):
        state = self.state[weight]
        if not state:
            state["average"] = torch.zeros_like(weight)
        average = state["average"].lerp_(weight.grad, 1 - group["momentum"])
        update = orthogonal(weight.grad.lerp(average, group["momentum"]))
        weight.mul_(1 - group["lr"] * group["decay"])
        weight.add_(update, alpha=-0.2 * max(weight.shape) ** 0.5 * group["lr"])


def orthogonal(matrix, iterations=5):
    """The nearest matrix with singular values near one, by a quintic Newton-Schulz iteration."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if tall else x

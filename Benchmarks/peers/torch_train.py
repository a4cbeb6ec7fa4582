"""PyTorch, eager: a double backward as the papers' code has it, and forward mode under backward; fused Adam."""

from common_train import BETA1, BETA2, EPSILON, RATE, ROWS, SIGMA, problem, report

import numpy as np
import torch

loss_name, _, widths, batch = problem()
torch.set_num_threads(1)


def ssm_vr_double_backward(net, x):
    x = x.requires_grad_(True)
    v = torch.randint(0, 2, x.shape).to(x.dtype) * 2 - 1
    s = net(x)
    (jv,) = torch.autograd.grad((s * v).sum(), x, create_graph=True)
    return ((jv * v).sum(1) + 0.5 * (s * s).sum(1)).mean()


def ssm_vr_forward_mode(net, x):
    v = torch.randint(0, 2, x.shape).to(x.dtype) * 2 - 1
    s, jv = torch.func.jvp(net, (x,), (v,))
    return ((jv * v).sum(1) + 0.5 * (s * s).sum(1)).mean()


def dsm(net, x):
    e = torch.randn_like(x)
    return 0.5 * ((net(x + SIGMA * e) + e / SIGMA) ** 2).sum(1).mean()


def way(loss, fused):
    torch.manual_seed(0)
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.SiLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, fused=fused)
    data = torch.tensor(np.random.default_rng(0).normal(size=(ROWS, widths[0])), dtype=torch.float32)
    row = 0

    def steps(count):
        nonlocal row
        for _ in range(count):
            x = data[row : row + batch].detach()
            row = (row + batch) % ROWS
            optimizer.zero_grad(set_to_none=True)
            value = loss(net, x)
            value.backward()
            optimizer.step()
        return float(value.detach())

    return steps


losses = {"double backward": ssm_vr_double_backward, "forward mode": ssm_vr_forward_mode}
if loss_name == "dsm":
    losses = {"backward": dsm}
report("torch", {f"{how}{', fused Adam' if fused else ''}": way(loss, fused)
                 for how, loss in losses.items() for fused in (False, True)})

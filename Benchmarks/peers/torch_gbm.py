"""PyTorch, in place, the whole batch a step."""

from common import MU, PATHS, SIGMA, STEPS, precision, report

import torch

chosen = precision()
torch.set_num_threads(1)
dtype = torch.float32 if chosen == "single" else torch.float64
drift, volatility = 1 + MU / STEPS, SIGMA / STEPS**0.5


@torch.inference_mode()
def simulate(seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.ones(PATHS, dtype=dtype)
    z = torch.empty(PATHS, dtype=dtype)
    for _ in range(STEPS):
        z.normal_(generator=generator)
        x.mul_(z.mul_(volatility).add_(drift))
    return x.double()


report("torch", chosen, simulate)

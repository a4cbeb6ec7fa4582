"""torchsde: Euler for Ito, diagonal noise, the whole batch at once."""

from common import MU, PATHS, SIGMA, STEPS, precision, report

import torch
import torchsde

chosen = precision()
torch.set_num_threads(1)
dtype = torch.float32 if chosen == "single" else torch.float64


class GBM(torch.nn.Module):
    noise_type = "diagonal"
    sde_type = "ito"

    def f(self, t, x):
        return MU * x

    def g(self, t, x):
        return SIGMA * x


times = torch.tensor([0.0, 1.0], dtype=dtype)
sde = GBM()


@torch.inference_mode()
def simulate(seed):
    noise = torchsde.BrownianInterval(t0=0.0, t1=1.0, size=(PATHS, 1), dtype=dtype, entropy=seed, dt=1.0 / STEPS)
    x = torchsde.sdeint(sde, torch.ones(PATHS, 1, dtype=dtype), times, bm=noise, method="euler", dt=1.0 / STEPS)
    return x[-1].double()


report("torchsde", chosen, simulate)

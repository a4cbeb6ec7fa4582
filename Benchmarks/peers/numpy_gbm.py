"""NumPy, in place, one array of normals a step."""

from common import MU, PATHS, SIGMA, STEPS, precision, report

import numpy as np

chosen = precision()
scalar = np.float32 if chosen == "single" else np.float64
drift, volatility = scalar(1 + MU / STEPS), scalar(SIGMA / STEPS**0.5)


def simulate(seed):
    generator = np.random.default_rng(seed)
    x = np.ones(PATHS, scalar)
    z = np.empty(PATHS, scalar)
    for _ in range(STEPS):
        generator.standard_normal(dtype=scalar, out=z)
        z *= volatility
        z += drift
        x *= z
    return x.astype(np.float64)


report("numpy", chosen, simulate)

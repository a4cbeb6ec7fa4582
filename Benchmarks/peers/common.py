"""What the peers share: the problem, the clock and the one line of output.

Geometric Brownian motion dX = mu X dt + sigma X dW from 1 over [0, 1] by Euler-Maruyama, 65 536 paths of 400
steps, one thread. Each peer runs its `simulate` once to warm up (compilation, caches), then several times, and
prints one JSON line with the best time and what was computed, so that a wrong program cannot be a fast one.
"""

import json
import math
import os
import sys
import time

# Before any numerical library is loaded: one thread, as the others have.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

PATHS = 65_536
STEPS = int(os.environ.get("BENCH_STEPS", "400"))
REPEATS = int(os.environ.get("BENCH_REPEATS", "3"))
MU, SIGMA = 0.1, 0.3


def precision(argument_index=1):
    chosen = sys.argv[argument_index] if len(sys.argv) > argument_index else "single"
    if chosen not in ("single", "double"):
        sys.exit(f"precision is {chosen!r}; expected single or double")
    return chosen


def report(name, chosen, simulate):
    """Times `simulate(seed)`, which returns the final states as something NumPy-like with mean() and std()."""
    simulate(0)
    best = math.inf
    for repeat in range(REPEATS):
        start = time.perf_counter()
        final = simulate(1 + repeat)
        best = min(best, time.perf_counter() - start)
    mean = float(final.mean())
    # Five standard errors of the mean of X_1; Euler's own bias is far smaller.
    error = math.exp(MU) * math.sqrt(math.expm1(SIGMA**2) / PATHS)
    expected = (1 + MU / STEPS) ** STEPS
    if not abs(mean - expected) < 5 * error:
        sys.exit(f"{name} is wrong: the mean is {mean}, expected {expected} ± {error}")
    print(json.dumps({"name": name, "precision": chosen, "ns_per_path_step": best * 1e9 / (PATHS * STEPS), "mean": mean}))

"""What the training peers share: the problem, the clock and the one line of output.

A step of score matching: a batch of a fixed array of 65 536 normal rows, taken in order, noise drawn inside the step,
the loss, its gradient and Adam with rate 1e-3; single precision, one thread.

    small: MLP 2-128-128-2, SiLU         large: MLP 64-512-512-64, SiLU
    ssm_vr: mean of v'(ds/dx)v + |s|^2/2 with one Rademacher v a sample
    dsm:    mean of |s(x + sigma e) + e/sigma|^2/2 with sigma = 0.1

    PEER_train.py LOSS NET BATCH [SECONDS]

With SECONDS it measures for so long each time that it is sent a line, and ends with its input: it starts and compiles
once for many measurements, between which others can have their turn.

The time is the best of many short windows of steps, each of a few milliseconds, so that one of them is not
interrupted where the machine is shared; beside it stands the best by the processor's time of the process, which does
not count interruptions at all. The loss at the end is checked: the best score of N(0, I) is -x, so that ssm_vr
has the minimum -d/2 and dsm (d/2)(1/sigma^2 - 1/(1 + sigma^2)), and a wrong program cannot be a fast one.
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

ROWS = 65_536
SIGMA = 0.1
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
NETS = {"small": (2, 128, 128, 2), "large": (64, 512, 512, 64)}
# How long all windows of one way of writing the step may take, if not said.
SECONDS = 8.0
# After fewer the loss says nothing yet.
ENOUGH_STEPS = 200


def problem():
    """The loss, the net, its widths and the batch of the command line."""
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in ("ssm_vr", "dsm") or sys.argv[2] not in NETS:
        sys.exit("usage: PEER_train.py ssm_vr|dsm small|large BATCH [SECONDS]")
    return sys.argv[1], sys.argv[2], NETS[sys.argv[2]], int(sys.argv[3])


class Way:
    """One way of writing the step, as `steps(n)`, which makes n steps from where it was, waits for them, and returns
    the last step's loss as a float."""

    def __init__(self, steps):
        self.steps, self.done, self.losses = steps, 0, []
        steps(4)
        start = time.perf_counter()
        steps(4)
        self.window = max(1, int(0.004 / ((time.perf_counter() - start) / 4)))
        steps(self.window)

    def measure(self, seconds):
        """The best time of one step in microseconds, by the clock and by the processor's time."""
        best, best_cpu, begin = math.inf, math.inf, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            start, start_cpu = time.perf_counter(), time.process_time()
            loss = self.steps(self.window)
            best_cpu = min(best_cpu, (time.process_time() - start_cpu) / self.window)
            best = min(best, (time.perf_counter() - start) / self.window)
            self.losses.append(loss)
            self.done += self.window
        return best * 1e6, best_cpu * 1e6

    def value(self):
        """The mean loss of the last windows, and over how many."""
        last = self.losses[-max(10, len(self.losses) // 4):]
        return sum(last) / len(last), len(last)


def report(name, ways):
    """Times each way of writing the step, a dictionary of functions as `Way` takes, and reports the fastest."""
    loss, net, widths, batch = problem()
    d = widths[0]
    least = -d / 2 if loss == "ssm_vr" else d / 2 * (1 / SIGMA**2 - 1 / (1 + SIGMA**2))
    ways = {label: Way(steps) for label, steps in ways.items()}

    def once(seconds):
        results = {}
        for label, way in ways.items():
            results[label] = way.measure(seconds)
            value, count = way.value()
            # A net that has had few steps is not at the minimum yet. Of dsm one sample has the standard deviation
            # sqrt(d/2)/sigma^2, of which five standard errors are allowed.
            allowed = 0.35 * abs(least)
            if loss == "dsm":
                allowed = 0.03 * least + 5 * math.sqrt(d / 2 / (batch * count)) / SIGMA**2
            if way.done >= ENOUGH_STEPS and not abs(value - least) < allowed:
                sys.exit(f"{name} ({label}) is wrong: the loss is {value}, expected about {least}")
        best = min(results, key=results.get)
        print(json.dumps({"name": name, "loss": loss, "net": net, "batch": batch, "us_per_step": results[best][0],
                          "cpu_us_per_step": min(cpu for _, cpu in results.values()), "way": best, "value": ways[best].value()[0],
                          "ways": results}), flush=True)

    if len(sys.argv) == 4:
        return once(SECONDS)
    for _ in sys.stdin:
        once(float(sys.argv[4]))

"""Solving: geometric Brownian motion beside a hand-fused C loop and the peers."""

import pathlib
import shutil
import subprocess
import time

from measure import ENVIRONMENT, HERE, ROOT, Skipped, compiled, complaint, measure, medians_of, on_the_quieter_core, \
    peer, run, script, second_thread, spread, swift_clang

NS = "ns_per_path_step"
FLAGS = ["-O3", "-march=native", "-fno-math-errno"]


def thread_ratio():
    def once(threads, where):
        return run(script("gbm.lua", "precision=single", "repeats=20", threads=threads), where=where)[NS]

    return second_thread(once, trials=7)


def start_up():
    """The best of ten runs of an empty script, in milliseconds of wall time."""
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        done = subprocess.run(
            [str(w) for w in script("empty.lua")], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
        if done.returncode != 0:
            raise Skipped(complaint(done.stderr))
    return best * 1e3


def timed(command):
    return on_the_quieter_core(lambda where: run(command, where=where)[NS])


def contestants(directory, peers):
    """Name -> a function that measures it once."""
    limits = {}

    def c(compiler, name, precision):
        def once():
            if name not in limits:
                program = pathlib.Path(directory) / f"limit-{name}"
                limits[name] = compiled(compiler, name, program, *FLAGS, HERE / "limit.c", "-lm")
            return timed([limits[name], precision])
        return once

    def other(name, precision):
        return lambda: timed(peer(f"{name}_gbm.py", precision))

    def ours(file, precision):
        return lambda: timed(script(file, f"precision={precision}"))

    table = {
        "ours single": ours("gbm.lua", "single"),
        "C single": c(swift_clang(), "clang", "single"),
        "C (gcc) single": c(shutil.which("gcc"), "gcc", "single"),
        "Heston single": ours("heston.lua", "single"),
        "ours double": ours("gbm.lua", "double"),
        "C double": c(swift_clang(), "clang", "double"),
        "C (gcc) double": c(shutil.which("gcc"), "gcc", "double"),
    }
    if peers:
        for name in ("numpy", "torch", "jax", "diffrax", "torchsde"):
            table[f"{name} single"] = other(name, "single")
        for name in ("numpy", "torch", "jax"):
            table[f"{name} double"] = other(name, "double")
    table["trace and plan"] = lambda: run(script("trace.lua"))["milliseconds"]
    table["start-up"] = start_up
    return table


# Contestants whose value is no time per path and step, and its unit.
MEASURED_OTHERWISE = {"second thread": "×", "trace and plan": "ms", "start-up": "ms"}

REQUIRED = [
    ("single: ours / C loop", lambda m: m["ours single"] / m["C single"], "≤", 1.0),
    ("single: torch / ours", lambda m: m["torch single"] / m["ours single"], "≥", 4.0),
    ("single: diffrax / ours", lambda m: m["diffrax single"] / m["ours single"], "≥", 20.0),
    ("double: numpy / ours", lambda m: m["numpy double"] / m["ours double"], "≥", 6.0),
    ("one thread / two threads", lambda m: m["second thread"], "≥", 1.9),
    ("Heston / scalar, per path-step", lambda m: m["Heston single"] / m["ours single"], "≤", 3.0),
    ("tracing and planning, ms", lambda m: m["trace and plan"], "<", 5.0),
    ("run of an empty file, ms", lambda m: m["start-up"], "<", 20.0),
]

# Without these our own program was not measured.
OURS = ["ours single"]


def measured(directory, options):
    values, skipped = measure(contestants(directory, not options.no_peers), options.rounds, "sde, ")
    threads, without = measure({"second thread": thread_ratio}, 1, "sde, ")
    return values | threads, skipped | without


def show(values, skipped):
    medians = medians_of(values)
    print("Geometric Brownian motion, Euler-Maruyama, 65 536 paths × 400 steps, one thread unless said\n")
    print(f"{'':26}{'ns per path-step':>17}{'spread':>9}{'÷ ours':>9}")
    for name, series in values.items():
        if name in MEASURED_OTHERWISE:
            continue
        ours = medians.get("ours double" if "double" in name else "ours single")
        ratio = f"{medians[name] / ours:9.2f}" if ours else f"{'—':>9}"
        print(f"{name:26}{medians[name]:17.3f}{spread(series):7.0f} %{ratio}")
    for name, unit in MEASURED_OTHERWISE.items():
        if name in medians:
            print(f"{name:26}{medians[name]:14.2f} {unit}")
    for name, why in skipped.items():
        print(f"{name:26}skipped: {why}")

"""The benchmark: our speed beside a hand-fused C loop and the peers, in one run, with the required ratios.

    python3 Benchmarks/bench.py [--rounds N] [--no-peers] [--json FILE]

Every contestant runs once a round, A B C A B C …, so that a machine that warms up or is shared slows all alike;
each round's value is the contestant's own best of several repeats, and the median over the rounds counts. A
contestant that is missing is skipped with a word, and so are the ratios that need it. Exit status: 0 if every
ratio that could be measured holds, 1 if one fails, 2 if our own program could not be measured.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
WORKBENCH = ROOT / ".build/release/workbench"
PEERS_PYTHON = ROOT / ".venv-bench/bin/python"
FLAGS = ["-O3", "-march=native", "-fno-math-errno"]


class Skipped(Exception):
    """Why a contestant cannot run."""


def run(command, timeout=300, cores=None):
    """The command's last line of output, as JSON; it runs on the given cores."""
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    try:
        done = subprocess.run(
            [str(c) for c in command], cwd=ROOT, capture_output=True, text=True, timeout=timeout, preexec_fn=pin)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(str(error)) from error
    if done.returncode != 0:
        words = [line for line in done.stderr.strip().splitlines() if line.strip()] or ["no message"]
        raise Skipped(f"status {done.returncode}: {words[0] if len(words) == 1 else words[-1]}")
    for line in reversed(done.stdout.strip().splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise Skipped("it printed no JSON line")


def swift_clang():
    """The clang beside the Swift compiler, or else any."""
    swift = shutil.which("swift")
    beside = pathlib.Path(os.path.realpath(swift)).parent / "clang" if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("clang")


def build_limit(directory, compiler, name):
    if not compiler:
        raise Skipped(f"{name} is not installed")
    program = pathlib.Path(directory) / f"limit-{name}"
    command = [compiler, *FLAGS, str(HERE / "limit.c"), "-lm", "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Skipped(done.stderr.strip().splitlines()[0])
    return program


def script(name, *options, threads=1):
    return [WORKBENCH, "run", HERE / name, "--threads", str(threads)] + [w for o in options for w in ("--set", o)]


def second_thread():
    """How much faster two threads are than one: the median of five trials.

    In a trial one thread runs on each of two cores in turn, then two threads on both. On a shared machine one core
    may be slower than the other for a while: one thread's speed is the mean speed over the two.
    """
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise Skipped("only one core")

    def measure(threads, cores):
        command = script("gbm.lua", "precision=single", "repeats=20", threads=threads)
        return run(command, cores=cores)["ns_per_path_step"]

    ratios = []
    for _ in range(5):
        first, second, both = measure(1, cores[:1]), measure(1, cores[1:]), measure(2, cores)
        ratios.append(2 / (1 / first + 1 / second) / both)
    return statistics.median(ratios)


def start_up():
    """The best of ten runs of an empty script, in milliseconds of wall time."""
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        done = subprocess.run([str(w) for w in script("empty.lua")], cwd=ROOT, capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
        if done.returncode != 0:
            raise Skipped((done.stderr.strip().splitlines() or ["no message"])[-1])
    return best * 1e3


def contestants(directory, peers):
    """Name -> a function that measures it once."""
    ns = "ns_per_path_step"
    limits = {}

    def c(compiler, name, precision):
        def measure():
            if name not in limits:
                limits[name] = build_limit(directory, compiler, name)
            return run([limits[name], precision])[ns]
        return measure

    def peer(name, precision):
        def measure():
            if not PEERS_PYTHON.exists():
                raise Skipped("no .venv-bench; make bench-peers installs the peers")
            return run([PEERS_PYTHON, HERE / "peers" / f"{name}_gbm.py", precision])[ns]
        return measure

    def ours(file, precision):
        return lambda: run(script(file, f"precision={precision}"))[ns]

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
            table[f"{name} single"] = peer(name, "single")
        for name in ("numpy", "torch", "jax"):
            table[f"{name} double"] = peer(name, "double")
    table["second thread"] = second_thread
    table["trace and plan"] = lambda: run(script("trace.lua"))["milliseconds"]
    table["start-up"] = start_up
    return table


# Contestants whose value is no time per path and step, and its unit.
MEASURED_OTHERWISE = {"second thread": "×", "trace and plan": "ms", "start-up": "ms"}

# What must hold: words, a value from the medians, at most or at least, the bound.
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


def holds(value, relation, bound):
    return {"≤": value <= bound, "≥": value >= bound, "<": value < bound}[relation]


def measure(table, rounds):
    values, skipped = {name: [] for name in table}, {}
    for index in range(rounds):
        for name, once in table.items():
            if name in skipped:
                continue
            print(f"\r\033[Kround {index + 1}/{rounds}: {name}", end="", file=sys.stderr, flush=True) \
                if sys.stderr.isatty() else None
            try:
                values[name].append(once())
            except Skipped as why:
                skipped[name] = str(why)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    # One that failed in a later round is not measured: half a series would not be comparable.
    return {name: series for name, series in values.items() if name not in skipped}, skipped


def show(values, skipped):
    medians = {name: statistics.median(series) for name, series in values.items()}
    print("Geometric Brownian motion, Euler-Maruyama, 65 536 paths × 400 steps, one thread unless said\n")
    print(f"{'':26}{'ns per path-step':>17}{'spread':>9}{'÷ ours':>9}")
    for name, series in values.items():
        if name in MEASURED_OTHERWISE:
            continue
        ours = medians.get("ours double" if "double" in name else "ours single")
        ratio = f"{medians[name] / ours:9.2f}" if ours else f"{'—':>9}"
        spread = (max(series) - min(series)) / medians[name] * 100
        print(f"{name:26}{medians[name]:17.3f}{spread:7.0f} %{ratio}")
    for name, unit in MEASURED_OTHERWISE.items():
        if name in medians:
            print(f"{name:26}{medians[name]:14.2f} {unit}")
    for name, why in skipped.items():
        print(f"{name:26}skipped: {why}")
    return medians


def check(medians):
    print("\nRequired")
    failed = 0
    for words, value_of, relation, bound in REQUIRED:
        try:
            value = value_of(medians)
        except KeyError as missing:
            print(f"  —     {words}: not measured, {missing.args[0]} was skipped")
            continue
        good = holds(value, relation, bound)
        failed += not good
        print(f"  {'holds' if good else 'FAILS'} {words}: {value:.2f} {relation} {bound:g}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true", help="measure only ours and the C loop")
    parser.add_argument("--json", help="also write the values of all rounds to this file")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    with tempfile.TemporaryDirectory() as directory:
        values, skipped = measure(contestants(directory, not options.no_peers), options.rounds)
    medians = show(values, skipped)
    failed = check(medians)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"values": values, "skipped": skipped}, indent=1) + "\n")
    if "ours single" not in medians:
        print("our own program could not be measured", file=sys.stderr)
        return 2
    return 1 if failed else 0


sys.exit(main())

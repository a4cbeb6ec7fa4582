"""Training: a step of score matching beside the peers, and beside its matrix products alone."""

import pathlib
import tempfile

from measure import HERE, ROOT, Server, compiled, measure, medians_of, on_the_quieter_core, peer, run, script, \
    second_thread, spread, swift_clang

# A step's time, and that of the processor alone.
US, CPU_US = "us_per_step", "cpu_us_per_step"
CASES = [(net, loss, batch) for net in ("small", "large") for loss in ("ssm_vr", "dsm") for batch in (256, 1024)]
PEERS = ("jax", "torch")
# How long a contestant measures in a round: in each way that it can write the step, each size of block of the floor.
SECONDS = 0.25
TRIALS_OF_THREADS = 3


def name_of(net, loss, batch):
    return f"{net} {loss} {batch}"


def products(directory, net, loss, batch, where):
    program = pathlib.Path(directory) / "gemm_floor"
    if not program.exists():
        blas = ROOT / "Sources/CBlas"
        compiled(swift_clang(), "clang", program, "-O3", "-I", blas / "include", HERE / "gemm_floor.c",
                 blas / "cblas_lazy.c")
    return run([program, loss, net, batch, 0, SECONDS / 2], where=where)


def ours(net, loss, batch, threads, where, steps=0):
    return run(script(
        "train.lua", f"net={net}", f"loss={loss}", f"batch={batch}", f"seconds={SECONDS}", f"steps={steps}",
        threads=threads), where=where)


def measured_case(directory, options, net, loss, batch):
    """The values of one net, loss and batch: all contestants in turn, each on the quieter core."""
    servers, case = [], name_of(net, loss, batch)
    clock = CPU_US if options.processor_time else US
    checked = []

    def our_step(where):
        # Once for so many steps that the program checks the loss that it reaches.
        steps = 0 if checked else 200
        checked.append(case)
        return ours(net, loss, batch, 1, where, steps)[clock]

    def served(name):
        """A peer that starts when it is first asked and stays: it compiles once."""
        started = []

        def once(where):
            if not started:
                errors = tempfile.TemporaryFile(mode="w+")
                started.append(Server(peer(f"{name}_train.py", loss, net, batch, SECONDS), errors))
                servers.extend(started)
            return started[0].ask(where)[clock]
        return lambda: on_the_quieter_core(once)

    table = {
        f"ours {case}": lambda: on_the_quieter_core(our_step),
        f"products {case}": lambda: on_the_quieter_core(
            lambda where: products(directory, net, loss, batch, where)[US]),
    }
    if not options.no_peers:
        table |= {f"{name} {case}": served(name) for name in PEERS}
    try:
        return measure(table, options.rounds, "training, ")
    finally:
        for server in servers:
            server.close()


def measured(directory, options):
    values, skipped = {}, {}
    for case in CASES:
        more, without = measured_case(directory, options, *case)
        values |= more
        skipped |= without
    threads = {
        f"threads {name_of(*case)}": lambda case=case: second_thread(
            lambda n, where: ours(*case, n, where)[US], TRIALS_OF_THREADS)
        for case in CASES if case[2] == 1024
    }
    more, without = measure(threads, 1, "training, ")
    return values | more, skipped | without


def required():
    def ratio(over, under):
        return lambda m: m[over] / m[under]

    rules = []
    for net, bounds in {"small": {"jax": 0.75, "torch": 0.5}, "large": {"jax": 1.0, "torch": 1.0}}.items():
        for case in (name_of(*c) for c in CASES if c[0] == net):
            for name, bound in bounds.items():
                rules.append((f"{case}: ours / {name}", ratio(f"ours {case}", f"{name} {case}"), "≤", bound))
    # Of the small net most of the time goes elsewhere: 128 numbers are multiplied between two activations.
    for case in (name_of(*c) for c in CASES if c[0] == "large" and c[2] == 1024):
        rules.append((f"{case}: products / ours", ratio(f"products {case}", f"ours {case}"), "≥", 0.75))
    for case in (name_of(*c) for c in CASES if c[2] == 1024):
        rules.append((f"{case}: one thread / two threads", lambda m, name=f"threads {case}": m[name], "≥", 1.7))
    return rules


REQUIRED = required()
OURS = [f"ours {name_of(*case)}" for case in CASES]


def show(values, skipped):
    medians = medians_of(values)
    print("A training step of score matching with Adam, single precision, one thread: microseconds\n")
    print(f"{'':20}{'ours':>9}{'spread':>9}{'JAX':>9}{'PyTorch':>9}{'products':>10}"
          f"{'ours/JAX':>10}{'ours/PyT.':>10}{'prod./ours':>11}{'threads':>9}")
    for case in (name_of(*c) for c in CASES):
        us = {who: medians.get(f"{who} {case}") for who in ("ours", "jax", "torch", "products")}

        def number(value, width, digits, unit=""):
            return f"{f'{value:.{digits}f}{unit}' if value is not None else '—':>{width}}"

        def over(a, b):
            return us[a] / us[b] if us[a] is not None and us[b] is not None else None

        series = values.get(f"ours {case}")
        print(f"{case:20}" + number(us["ours"], 9, 1) + number(spread(series) if series else None, 9, 0, " %")
              + number(us["jax"], 9, 1) + number(us["torch"], 9, 1) + number(us["products"], 10, 1)
              + number(over("ours", "jax"), 10, 2) + number(over("ours", "torch"), 10, 2)
              + number(over("products", "ours"), 11, 2) + number(medians.get(f"threads {case}"), 9, 2))
    for name, why in skipped.items():
        print(f"{name:32}skipped: {why}")

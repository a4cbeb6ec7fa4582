"""Gradients through a solve, beside the solve itself."""

from measure import cores, measure, medians_of, run, script, spread

MODELS = {"linear": "dX = (a + bX) dt + (c + dX) dW", "ckls": "dX = (a + bX) dt + σ X^γ dW"}
CASES = [(model, precision) for model in MODELS for precision in ("single", "double")]


def timed(model, precision, kept):
    """The gradient's time by the solve's, on the core where the solve is faster."""
    command = script("gradient.lua", f"model={model}", f"precision={precision}")
    best = min((run(command, where=[core]) for core in cores()[:2]), key=lambda found: found["solve_ns"])
    kept.setdefault(f"{model} {precision}", []).append(best)
    return best["ratio"]


KEPT = {}


def measured(_, options):
    table = {
        f"{model} {precision}": lambda model=model, precision=precision: timed(model, precision, KEPT)
        for model, precision in CASES
    }
    return measure(table, options.rounds, "gradient, ")


REQUIRED = [
    (f"gradient / solve, {model}, {precision}", lambda m, name=f"{model} {precision}": m[name], "≤", 6.0)
    for model, precision in CASES
]

# Without these our own program was not measured.
OURS = ["linear single"]


def show(values, skipped):
    medians = medians_of(values)
    print("The gradient of a mean in four parameters through 400 steps, 32 768 paths, one thread\n")
    print(f"{'':18}{'solve':>9}{'gradient':>11}  ns per path-step{'ratio':>8}{'spread':>9}")
    for name, series in values.items():
        solve, back = (min(found[key] for found in KEPT[name]) for key in ("solve_ns", "gradient_ns"))
        print(f"{name:18}{solve:9.3f}{back:11.3f}{'':18}{medians[name]:8.2f}{spread(series):7.0f} %")
    for name, why in skipped.items():
        print(f"{name:18}skipped: {why}")

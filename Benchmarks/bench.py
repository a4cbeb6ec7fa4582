"""The benchmark: our speed beside a hand-fused C loop and the peers, in one run, with the required ratios.

    python3 Benchmarks/bench.py [--only sde|training|gradient] [--rounds N] [--no-peers] [--processor-time] [--json FILE]

Every contestant runs once a round, A B C A B C …, so that a machine that warms up or is shared slows all alike;
each round's value is the contestant's own best of several repeats, and the median over the rounds counts. What
solves with one thread does so on two cores in turn, of which the quieter counts. A contestant that is missing is
skipped with a word, and so are the ratios that need it. Exit status: 0 if every ratio that could be measured holds,
1 if one fails, 2 if our own program could not be measured.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import bench_gradient
import bench_sde
import bench_training
from measure import check, medians_of

PARTS = {"sde": bench_sde, "gradient": bench_gradient, "training": bench_training}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS, help="measure only this part")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true", help="measure only ours and the limits")
    parser.add_argument("--processor-time", action="store_true",
                        help="compare training steps by the processor's time of their programs, on a machine whose "
                             "cores others use")
    parser.add_argument("--json", help="also write the values of all rounds to this file")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    failed, missing, kept = 0, [], {"values": {}, "skipped": {}}
    for part in [options.only] if options.only else PARTS:
        with tempfile.TemporaryDirectory() as directory:
            values, skipped = PARTS[part].measured(directory, options)
        kept["values"] |= values
        kept["skipped"] |= skipped
        PARTS[part].show(values, skipped)
        print("\nRequired")
        failed += check(PARTS[part].REQUIRED, medians_of(values))
        print(flush=True)
        missing += [name for name in PARTS[part].OURS if name not in values]
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(kept, indent=1) + "\n")
    if missing:
        print(f"our own program could not be measured: {', '.join(missing)}", file=sys.stderr)
        return 2
    return 1 if failed else 0


sys.exit(main())

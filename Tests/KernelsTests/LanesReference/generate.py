#!/usr/bin/env python3
"""Writes the reference values of the elementwise functions, single.bin and double.bin beside this script.

Values are computed by mpmath with 200 bits (far more for huge trigonometric arguments). Arguments cover the
whole range of the precision: every exponent at random, the ordinary range uniformly, and the neighbours
of zeros, poles, overflow and underflow thresholds and of the points where an implementation may switch.
Infinities, NaN and zeros, whose results are conventions, are in the Swift tests instead.

Format, little endian. For each function: name length (u8), name, arity (u8), count (u32), then arrays:
first arguments, second arguments if arity is 2, results rounded to double, and (double only) what the
rounding took away, as f32, in units in the last place of the rounded result.

usage: python3 generate.py
"""
import math
import pathlib
import random
import struct

import numpy as np
from mpmath import mp, mpf

mp.prec = 200
POINTS = 2400


class Precision:
    def __init__(self, name, type, bits, least, greatest):
        self.name, self.type, self.bits = name, type, bits
        self.least, self.greatest = least, greatest  # exponents of the least subnormal and beyond the greatest

    def round(self, x):
        return float(self.type(x))

    def around(self, x, steps=3):
        """x and its neighbours."""
        x = self.type(x)
        result = [x]
        up = down = x
        for _ in range(steps):
            up, down = np.nextafter(up, self.type(np.inf)), np.nextafter(down, self.type(-np.inf))
            result += [up, down]
        return [float(v) for v in result]

    def power(self, low, high):
        """A number whose exponent is uniform."""
        return self.round(math.ldexp(random.uniform(1, 2), random.randint(max(low, self.least), high - 1)))


SINGLE = Precision("single", np.float32, 24, -149, 128)
DOUBLE = Precision("double", np.float64, 53, -1074, 1024)


def signed(x):
    return x if random.random() < 0.5 else -x


def arguments(p, exponents, ranges, special, both_signs=True):
    low, high = exponents
    points = []
    for x in special:
        points += p.around(x)
        if both_signs:
            points += p.around(-x)
    for x in (2.0**p.least, 3 * 2.0**p.least, 2.0 ** (p.least + p.bits - 1)):
        points += [x, -x] if both_signs else [x]
    while len(points) < POINTS:
        if random.random() < 0.35:
            x = p.power(low, high)
            points.append(signed(x) if both_signs else x)
        else:
            a, b = random.choice(ranges)
            points.append(p.round(random.uniform(a, b)))
    return [x for x in points if math.isfinite(x) and x != 0]


def unary(p):
    double = p is DOUBLE
    big = 709.78 if double else 88.72
    small = 745.13 if double else 103.97
    low, high = p.least, p.greatest
    half_pi = [float(k * mp.pi / 2) for k in list(range(1, 12)) + [100, 1001, 2**20 + 1, 2**28 + 3]]
    exp_special = [0.34657359027997264, 0.5, 1, 1.0397207708399179, 2, 20, 40, big, big - 0.6931, small, small - 36, 2.0**-54, 2.0**-25]
    # 6381956970095103 * 2**797 is the double nearest to a multiple of pi/2; 16367173 * 2**72 among singles.
    hard = [6381956970095103 * 2.0**797, 5.31937264832654141671e255] if double else [16367173 * 2.0**72]
    huge = [2.0**40, 2.0**30, 2.0**20, 1e6] + hard
    trig = arguments(p, (low, high), [(-math.pi, math.pi), (-100, 100), (-1e5, 1e5), (-1e9, 1e9)], half_pi + huge)
    exps = arguments(p, (low, 11), [(-1, 1), (-10, 10), (-small * 1.02, big * 1.02)], exp_special)
    logs = arguments(p, (low, high), [(0.5, 2), (0.9, 1.1), (0, 10)], [1, 0.5, 2, math.sqrt(0.5), math.sqrt(2), 2.0 ** (high - 1)], False)
    logs1 = arguments(p, (low, high), [(-0.99999, 1), (-0.1, 0.1), (0, 10)], [1e-3, 0.41421356, 1, 2, 2.0**-54, 2.0**-25], True)
    logs1 += p.around(-1, 6)
    unit = arguments(p, (low, 0), [(-1, 1), (-0.6, 0.6)], [0.5, 1, 2.0**-28])
    everything = arguments(p, (low, high), [(-1, 1), (-5, 5), (-30, 30)], [0.41421356237309503, 2.414213562373095, 0.55, 0.66, 1, 2, 6, 20])
    wide = arguments(p, (low, 10), [(-1, 1), (-5, 5), (-30, 30), (-1.02 * big, 1.02 * big)], [0.55, 1, 2, 6, 20, 22, 36, big, big + 0.693, small])
    logistic = arguments(p, (low, 11), [(-1, 1), (-40, 40), (-1.02 * small, 50), (-1.02 * small, -0.9 * small)], [1, 17, 20, 36, 37, 600, 700, small, small + 6])
    log1p = lambda x: mp.log1p(x)
    return [
        ("exp", mp.exp, exps),
        ("expm1", mp.expm1, exps),
        ("log", mp.log, [x for x in logs if x > 0]),
        ("log1p", log1p, [x for x in logs1 if x > -1]),
        ("sqrt", mp.sqrt, [x for x in logs if x > 0]),
        ("sin", mp.sin, trig),
        ("cos", mp.cos, trig),
        ("tan", mp.tan, trig),
        ("asin", mp.asin, [x for x in unit if abs(x) <= 1]),
        ("acos", mp.acos, [x for x in unit if abs(x) <= 1]),
        ("atan", mp.atan, everything),
        ("sinh", mp.sinh, wide),
        ("cosh", mp.cosh, wide),
        ("tanh", mp.tanh, everything),
        ("erf", mp.erf, everything),
        ("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), logistic),
        ("softplus", lambda x: mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x)), logistic),
        ("silu", lambda x: x / (1 + mp.exp(-x)), logistic),
    ]


def powers(p):
    big = p.greatest
    pairs = []
    while len(pairs) < 2 * POINTS:
        kind = random.random()
        if kind < 0.4:  # a result anywhere in the range
            x = p.power(p.least, big) if kind < 0.2 else p.round(random.uniform(0.1, 10))
            if x == 1:
                continue
            y = p.round(random.uniform(1.01 * p.least, 1.01 * big) / math.log2(x))
        elif kind < 0.6:  # x near 1
            x = p.round(1 + signed(2.0 ** random.uniform(-p.bits, -1)))
            if x == 1:
                continue
            y = p.round(random.uniform(-big, big) / math.log2(x))
        elif kind < 0.8:
            x, y = p.round(random.uniform(0, 20)), p.round(random.uniform(-20, 20))
        elif kind < 0.9:  # negative base
            x, y = p.round(-random.uniform(0, 20)), float(random.randint(-40, 40))
        else:
            x, y = float(random.randint(1, 40)), random.choice([0.5, -0.5, 1.0, 2.0, 3.0, -1.0, -2.0, 1.5, 0.25, 10.0])
        if math.isfinite(x) and math.isfinite(y) and x != 0 and y != 0:
            pairs.append((x, y))
    return pairs


def angles(p):
    pairs = []
    while len(pairs) < 2 * POINTS:
        kind = random.random()
        if kind < 0.4:
            pairs.append((signed(p.power(p.least, p.greatest)), signed(p.power(p.least, p.greatest))))
        elif kind < 0.7:
            pairs.append((p.round(random.uniform(-3, 3)), p.round(random.uniform(-3, 3))))
        else:
            y = signed(p.power(p.least, p.greatest - 3))
            slope = random.choice([1, 0.41421356237309503, 2.414213562373095, 2.0 ** random.randint(-60, 60), random.uniform(0.1, 10)])
            pairs.append((y, p.round(signed(y * slope))))
    return [(y, x) for y, x in pairs if x != 0 and y != 0 and math.isfinite(x)]


def rounded(x):
    """x to double, and what is left in units in its last place; mpmath rounds to nearest by itself."""
    if x == 0:
        return 0.0, 0.0
    if abs(x) >= mpf(2) ** 1024 - mpf(2) ** 970:
        return math.copysign(math.inf, x), 0.0
    exponent = max(mp.floor(mp.log(abs(x), 2)), -1022)
    unit = mpf(2) ** (int(exponent) - 52)
    high = mp.nint(x / unit) * unit
    value = float(high)
    # The unit of the rounded value, should rounding have reached the next power of two.
    return value, float((x - mpf(value)) / mpf(math.ulp(value)))


def emit(out, p, name, f, columns):
    results, lows = [], []
    for row in zip(*columns):
        with mp.workprec(1400 if name in ("sin", "cos", "tan") and abs(row[0]) > 1e15 else 200):
            value, low = rounded(f(*[mpf(v) for v in row]))
        results.append(value)
        lows.append(low)
    out.write(struct.pack("<B", len(name)) + name.encode() + struct.pack("<BI", len(columns), len(results)))
    for column in columns:
        out.write(np.array(column, dtype=p.type).tobytes())
    out.write(np.array(results, dtype=np.float64).tobytes())
    if p is DOUBLE:
        out.write(np.array(lows, dtype=np.float32).tobytes())


for p in (SINGLE, DOUBLE):
    random.seed(20240611)
    path = pathlib.Path(__file__).with_name(f"{p.name}.bin")
    with open(path, "wb") as out:
        for name, f, xs in unary(p):
            emit(out, p, name, f, [xs])
        emit(out, p, "power", mp.power, list(zip(*powers(p))))
        emit(out, p, "atan2", mp.atan2, list(zip(*angles(p))))
    print(path.name, path.stat().st_size)

#!/usr/bin/env python3
"""Derives the polynomials of Sources/Kernels/Lanes and writes Polynomials.swift.

Chebyshev interpolation of the exact function (error within a factor of about two of minimax), from
Taylor series summed with 60 digits. The error written beside each polynomial is the fit's, absolute.

usage: python3 coefficients.py > ../../../Sources/Kernels/Lanes/Polynomials.swift
"""
from mpmath import mp, mpf, chebyfit, exp, log, asin, atan, tanh, erfc, sqrt, taylor, factorial, pi

mp.dps = 60


def power_series(coefficients):
    return lambda z: sum(c * z**k for k, c in enumerate(coefficients))


def odd_tail(f, terms=60):
    """(f(x) - x) / x**3 as a function of z = x**2, for an odd f with f'(0) = 1."""
    near_zero = power_series(taylor(f, 0, 2 * terms + 1)[3::2])
    return lambda z: near_zero(z) if z < mpf("0.002") else (f(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3


EXP = power_series([1 / factorial(k + 2) for k in range(60)])
LOG = power_series([mpf(2) / (2 * k + 3) for k in range(80)])
LOG_TAIL = power_series([mpf(2) / (2 * k + 5) for k in range(80)])
SIN = power_series([(-1) ** (k + 1) / factorial(2 * k + 3) for k in range(40)])
COS = power_series([(-1) ** k / factorial(2 * k + 4) for k in range(40)])
SINH = power_series([1 / factorial(2 * k + 3) for k in range(40)])
ERF = power_series([2 / sqrt(pi) * (-1) ** k / factorial(k) / (2 * k + 1) for k in range(60)])
# Fitted for 1 <= x <= 4; beyond, where it runs off, erf(x) is 1 but for bits that do not count.
ERFCX = lambda u: exp((1 / u - 2) ** 2) * erfc(1 / u - 2)
R, S, QUARTER = mpf("0.3475"), mpf("0.02945"), mpf("0.6185")

DOUBLE = [
    ("exp", "(eˣ − 1 − x)/x², |x| ≤ ½ ln 2", EXP, [-R, R], 11),
    ("log", "(log((1+s)/(1−s)) − 2s)/s³ in z = s², z ≤ 0.0295", LOG, [0, S], 8),
    ("logTail", "the same without its first term ⅔, over z", LOG_TAIL, [0, S], 7),
    ("sin", "(sin x − x)/x³ in z = x², |x| ≤ π/4", SIN, [0, QUARTER], 6),
    ("cos", "(cos x − 1 + x²/2)/x⁴ in z = x², |x| ≤ π/4", COS, [0, QUARTER], 6),
    ("asin", "(asin x − x)/x³ in z = x², |x| ≤ ½", odd_tail(asin), [0, mpf("0.25")], 13),
    ("atan", "(atan x − x)/x³ in z = x², |x| ≤ tan(π/8)", odd_tail(atan), [0, mpf("0.1717")], 12),
    ("tanh", "(tanh x − x)/x³ in z = x², |x| ≤ 0.55", odd_tail(tanh), [0, mpf("0.3026")], 11),
    ("sinh", "(sinh x − x)/x³ in z = x², |x| ≤ 1", SINH, [0, 1], 7),
    ("erf", "erf(x)/x in z = x², |x| ≤ 1", ERF, [0, 1], 13),
    ("erfcx", "exp(x²)·erfc(x) in u = 1/(x + 2), 1 ≤ x", ERFCX, [mpf(1) / 6, mpf(1) / 3], 14),
]
# Evaluated in double for single-precision results.
SINGLE = [
    ("exp", DOUBLE[0][1], EXP, [-R, R], 6),
    ("log", DOUBLE[1][1], LOG, [0, S], 4),
    ("sin", DOUBLE[3][1], SIN, [0, QUARTER], 4),
    ("cos", DOUBLE[4][1], COS, [0, QUARTER], 4),
    ("asin", DOUBLE[5][1], odd_tail(asin), [0, mpf("0.25")], 7),
    ("atan", DOUBLE[6][1], odd_tail(atan), [0, mpf("0.1717")], 6),
    ("erf", DOUBLE[9][1], ERF, [0, 1], 8),
    ("erfcx", DOUBLE[10][1], ERFCX, [mpf(1) / 6, mpf(1) / 3], 7),
]
# Evaluated in single.
NATIVE = [
    ("exp", DOUBLE[0][1], EXP, [-R, R], 5),
    ("log", DOUBLE[1][1], LOG, [0, S], 3),
]


def swift(enum, comment, type, table):
    print(f"\n/// {comment}\nenum {enum} {{")
    for i, (name, formula, f, interval, terms) in enumerate(table):
        coefficients, error = chebyfit(f, interval, terms, error=True)
        if i:
            print()
        print(f"  /// {formula}; error 2^{mp.nstr(log(error, 2), 3)}.")
        print(f"  @inline(__always) static func {name}(_ x: {type}) -> {type} {{")
        digits = 12 if enum == "SinglePolynomial" else 20
        print(f"    var p: {type} = {mp.nstr(coefficients[0], digits)}")
        for c in coefficients[1:]:
            print(f"    p = mulAdd(p, x, {mp.nstr(c, digits)})")
        print("    return p\n  }")
    print("}")


print("// Written by Tests/KernelsTests/LanesReference/coefficients.py, which says how they were derived.")
swift("DoublePolynomial", "For double precision.", "Double", DOUBLE)
swift("MediumPolynomial", "For single-precision results, evaluated in double.", "Double", SINGLE)
swift("SinglePolynomial", "For single precision, evaluated in single.", "Float", NATIVE)

#!/usr/bin/env python3
"""Checks in the assembly that every lane kernel, in both precisions, is vector code.

A kernel is one symbol of the Lanes module's objects. In it, each operand shape (one for unary functions,
three for binary ones, …) must have an innermost loop of packed instructions at least 256 bits wide that
compute, not only move, and calls nothing. (Scalar loops beside them are the ends of blocks.)

usage: swift build -c release --target Lanes && Benchmarks/check-vector-code.py [-v] [FOLDER OF OBJECTS]
"""
import collections
import pathlib
import re
import subprocess
import sys

UNARY = (
    "Negate Absolute Sign Floor Ceil Round Exp ExpMinusOne Log LogOnePlus SquareRoot Sin Cos Tan Asin Acos Atan "
    "Sinh Cosh Tanh Erf Sigmoid Softplus Silu Relu"
).split()
BINARY = (
    "Add Subtract Multiply Divide Minimum Maximum Power Atan2 Modulo FloorDivide Less LessOrEqual Equal"
).split()

verbose = "-v" in sys.argv
folders = [a for a in sys.argv[1:] if a != "-v"]
folder = pathlib.Path(folders[0] if folders else ".build/release/Lanes.build")
# A stale object would speak for sources that are gone.
sources = {p.name for p in pathlib.Path("Sources/Kernels/Lanes").glob("*.swift")}
objects = [p for p in folder.glob("*.o") if folders or p.name.removesuffix(".o") in sources]
if not objects:
    sys.exit(f"no objects in {folder}: run `swift build -c release --target Lanes` first")

INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
MOVES = re.compile(r"^v(mov|broadcast|pbroadcast|insert|extract|perm|zero|shuf|unpck)")
symbols = collections.defaultdict(list)
for path in objects:
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(path)], capture_output=True, text=True, check=True
    ).stdout
    name = None
    for line in text.splitlines():
        if line.endswith(">:"):
            name = (path.name, line.split("<", 1)[1][:-2])
        elif match := INSTRUCTION.match(line):
            symbols[name].append((int(match[1], 16), match[2], match[3]))


def vector_loops(code):
    """Innermost loops with packed computation and without calls."""
    loops = []
    for address, operation, operands in code:
        if operation.startswith("j") and (target := re.match(r"([0-9a-f]+)\b", operands)):
            if int(target[1], 16) <= address:
                loops.append((int(target[1], 16), address))
    innermost = [a for a in loops if not any(b != a and a[0] <= b[0] and b[1] <= a[1] for b in loops)]
    count = 0
    for first, last in innermost:
        body = [(op, args) for address, op, args in code if first <= address <= last]
        packed = sum(1 for op, args in body if re.search("[yz]mm", args) and not MOVES.match(op))
        if packed and not any(op.startswith("call") for op, _ in body):
            count += 1
    return count


failures = 0
expected = [(f"{name}{bits}", 1) for name in UNARY for bits in (32, 64)]
expected += [(f"{name}{bits}", 3) for name in BINARY for bits in (32, 64)]
for kernel, shapes in expected:
    mangled = f"{len(kernel)}{kernel}O_"
    codes = [code for (_, symbol), code in symbols.items() if "3run" in symbol or "10runVectors" in symbol if mangled in symbol]
    found = max((vector_loops(code) for code in codes), default=0)
    if verbose or found < shapes:
        print(f"{kernel}: {found} vector loops for {shapes} operand shapes" + ("" if codes else " (no such symbol)"))
    failures += found < shapes
for part, shapes in (("11multiplyAdd", 7), ("19negativeMultiplyAdd", 7), ("runSelect", 4)):
    codes = [code for (_, symbol), code in symbols.items() if part in symbol]
    found = sorted((vector_loops(code) for code in codes), reverse=True)[:2]
    if verbose or len(found) < 2 or min(found) < shapes:
        print(f"{part}: {found} vector loops in the two precisions for {shapes} operand shapes")
    failures += len(found) < 2 or min(found) < shapes
if failures:
    sys.exit(f"{failures} kernels have lost vector code")
print(f"{len(expected) + 6} kernels are vector code")

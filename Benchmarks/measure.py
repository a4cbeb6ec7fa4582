"""What the benchmarks share: running programs, rounds of contestants, and checking what must hold."""

import json
import os
import pathlib
import select
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
WORKBENCH = ROOT / ".build/release/workbench"
PEERS_PYTHON = ROOT / ".venv-bench/bin/python"

# Choices of a matrix library that the machine's settings make would hold some contestants back and not others.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}


class Skipped(Exception):
    """Why a contestant cannot run."""


def cores():
    """The processor's cores that this process may run on."""
    return sorted(os.sched_getaffinity(0))


def pinned(where):
    """What a new process does first, to run on these cores only."""
    return (lambda: os.sched_setaffinity(0, where)) if where else None


def answer(text):
    """The last line of an output, as JSON."""
    for line in reversed(text.strip().splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise Skipped("it printed no JSON line")


def complaint(text):
    """What an error output says."""
    words = [line for line in text.strip().splitlines() if line.strip()] or ["no message"]
    return words[0] if len(words) == 1 else words[-1]


def run(command, timeout=300, where=None):
    """The command's last line of output, as JSON; it runs on the given cores."""
    try:
        done = subprocess.run(
            [str(c) for c in command], cwd=ROOT, capture_output=True, text=True, timeout=timeout, env=ENVIRONMENT,
            preexec_fn=pinned(where))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(str(error)) from error
    if done.returncode != 0:
        raise Skipped(f"status {done.returncode}: {complaint(done.stderr)}")
    return answer(done.stdout)


class Server:
    """A program that measures once for every line it is sent, so that it starts and compiles only once."""

    def __init__(self, command, errors):
        try:
            self.process = subprocess.Popen(
                [str(c) for c in command], cwd=ROOT, text=True, env=ENVIRONMENT, preexec_fn=pinned(cores()[:1]),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        except OSError as error:
            raise Skipped(str(error)) from error
        self.errors = errors

    def ask(self, where, timeout=120):
        """One measurement, on these cores."""
        self.move(where)
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except OSError:
            pass  # It has ended; below is why.
        end = time.monotonic() + timeout
        while select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            line = self.process.stdout.readline()
            if line.startswith("{"):
                return json.loads(line)
            if not line:
                self.process.wait()
                self.errors.seek(0)
                raise Skipped(f"status {self.process.returncode}: {complaint(self.errors.read())}")
        raise Skipped(f"no answer within {timeout} s")

    def move(self, where):
        """Lets all threads of the program run on these cores only."""
        try:
            for thread in os.listdir(f"/proc/{self.process.pid}/task"):
                os.sched_setaffinity(int(thread), where)
        except OSError:
            pass  # It has ended, or the thread has.

    def close(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def swift_clang():
    """The clang beside the Swift compiler, or else any."""
    swift = shutil.which("swift")
    beside = pathlib.Path(os.path.realpath(swift)).parent / "clang" if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("clang")


def compiled(compiler, name, program, *arguments):
    """The program that the compiler `name` makes of these arguments."""
    if not compiler:
        raise Skipped(f"{name} is not installed")
    done = subprocess.run([compiler, *map(str, arguments), "-o", str(program)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skipped(complaint(done.stderr))
    return program


def script(name, *options, threads=1):
    return [WORKBENCH, "run", HERE / name, "--threads", str(threads)] + [w for o in options for w in ("--set", o)]


def peer(name, *arguments):
    """The command of a peer."""
    if not PEERS_PYTHON.exists():
        raise Skipped("no .venv-bench; make bench-peers installs the peers")
    return [PEERS_PYTHON, HERE / "peers" / name, *arguments]


def on_the_quieter_core(measure):
    """The smaller of `measure(cores)`, a time, on either of the first two cores.

    On a shared machine one core may be a third slower than the other for a while, and those that keep its units busy
    lose more by it than those that wait for memory: all are compared where nobody else is at work.
    """
    return min(measure([core]) for core in cores()[:2])


# Counts for a moment and says how far it came: nothing that two of them could share but the processor.
COUNTING = """
import time
count, end = 0, time.perf_counter() + 0.15
while time.perf_counter() < end:
    for _ in range(1000): count += 1
print(count)
"""


def speed_of_two(both):
    """How much further two programs on two cores come together than one does alone: 2, unless the cores are not the
    machine's own, but share what they compute with."""
    def counted(*where):
        programs = [
            subprocess.Popen([sys.executable, "-c", COUNTING], stdout=subprocess.PIPE, text=True,
                             preexec_fn=pinned([core])) for core in where]
        return sum(int(program.communicate()[0]) for program in programs)

    return 2 * counted(*both) / (counted(both[0]) + counted(both[1]))


def second_thread(measure, trials=5):
    """How much faster two threads are than one: the median of some trials of `measure(threads, cores)`, a time.

    In a trial one thread runs on each of two cores in turn, then two threads on both. On a shared machine one core
    may be slower than the other for a while: one thread's speed is the mean speed over the two. And the two may be
    halves of one core: while two programs that have nothing in common do not run at full speed, nothing is measured.
    """
    both = cores()[:2]
    if len(both) < 2:
        raise Skipped("only one core")
    ratios = []
    speed = speed_of_two(both)
    for _ in range(4 * trials):
        if speed < 1.85:
            time.sleep(0.5)
            speed = speed_of_two(both)
            continue
        first, second, together = measure(1, both[:1]), measure(1, both[1:]), measure(2, both)
        speed = speed_of_two(both)
        if speed >= 1.85:
            ratios.append(2 / (1 / first + 1 / second) / together)
        if len(ratios) == trials:
            break
    if not ratios:
        raise Skipped(f"two programs run at {speed:.2f} x the speed of one here now: these are not two cores")
    return statistics.median(ratios)


def say(words):
    """What is being measured, where someone watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)


def measure(table, rounds, label=""):
    """The values of all contestants, a dictionary of functions that measure once, and why some were skipped."""
    values, skipped = {name: [] for name in table}, {}
    for index in range(rounds):
        for name, once in table.items():
            if name in skipped:
                continue
            say(f"{label}round {index + 1}/{rounds}: {name}")
            try:
                values[name].append(once())
            except Skipped as why:
                skipped[name] = str(why)
    say("")
    # One that failed in a later round is not measured: half a series would not be comparable.
    return {name: series for name, series in values.items() if name not in skipped}, skipped


def medians_of(values):
    return {name: statistics.median(series) for name, series in values.items()}


def spread(series):
    """Of a series, in percent of its median."""
    return (max(series) - min(series)) / statistics.median(series) * 100


def holds(value, relation, bound):
    return {"≤": value <= bound, "≥": value >= bound, "<": value < bound}[relation]


def check(required, medians):
    """Prints whether what must hold does; how much does not.

    A requirement: words, a value from the medians, at most or at least, the bound.
    """
    failed = 0
    for words, value_of, relation, bound in required:
        try:
            value = value_of(medians)
        except KeyError as missing:
            print(f"  —     {words}: not measured, {missing.args[0]} was skipped")
            continue
        good = holds(value, relation, bound)
        failed += not good
        print(f"  {'holds' if good else 'FAILS'} {words}: {value:.2f} {relation} {bound:g}")
    return failed

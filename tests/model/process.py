#!/usr/bin/env python3
"""Are a process function's lines those that a naive simulation of its timers gives, in the same order at every
parallelism, batch, ring and scheduler?

The function is tests/process/probe.c. A line is (key, window end or timer's time, watermark, text).
"""
import bisect
import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))
from harness import Results, argument_parser, parse_arguments, run

NONE, END = -2**63, 2**63 - 1
CASES = int(os.environ.get("TIDEMARK_CASES", "150"))
SHAPES = (("-p", "1"), ("-p", "1", "--batch-rows", "1", "--ring-slots", "2"), ("-p", "2", "--batch-rows", "1", "--ring-slots", "2"),
          ("-p", "3"), ("-p", "7", "--batch-rows", "3", "--ring-slots", "2"), ("-p", "64", "--batch-rows", "1", "--ring-slots", "2"),
          ("-p", "4", "--batch-rows", "2", "--ring-slots", "2", "--scheduler", "one:7"))


class Probe:
    """What probe.c keeps of a key."""

    def __init__(self):
        self.results = self.timers = self.left = 0


class Timers:
    """Of one clock: a set by key and time, in the order in which they fire."""

    def __init__(self):
        self.queue = []  # sorted (due, key, order, time)
        self.pending = set()  # (key, time)
        self.order = 0

    def register(self, key, time, due):
        if (key, time) not in self.pending:
            self.pending.add((key, time))
            self.order += 1
            bisect.insort(self.queue, (due, key, self.order, time))

    def delete(self, key, time):
        if (key, time) in self.pending:
            self.pending.remove((key, time))
            self.queue = [timer for timer in self.queue if (timer[1], timer[3]) != (key, time)]

    def take(self, until):
        """The next one due, or None."""
        if not self.queue or self.queue[0][0] > until:
            return None
        due, key, _, time = self.queue.pop(0)
        self.pending.remove((key, time))
        return due, key, time


class Simulation:
    """Windows and the probe over rows (key, time, amount), one after the other."""

    def __init__(self, case):
        self.case = case
        self.windows = {}  # (end, key) -> [first row, amounts]; of count windows: key -> amounts
        self.fired = {}  # the same, kept for lateness
        self.watermark = NONE
        self.clock = self.first = NONE
        self.states = {}
        self.timers = {name: Timers() for name in ("event", "processing")}
        self.lines = []

    def state(self, key):
        if key not in self.states:
            self.states[key] = Probe()
        return self.states[key]

    def say(self, key, end, watermark, text):
        self.lines.append((key, end, watermark, text))

    def result(self, key, end, amounts, watermark):
        arguments, state = self.case["arguments"], self.state(key)
        state.results += 1
        self.say(key, end, watermark, f"result {state.results} {sum(amounts)} {len(amounts)}")
        state.left = arguments["again"]
        for name, base in (("event", end), ("processing", self.clock)):
            if arguments["clock"] not in (name, "both"):
                continue
            time = base + arguments["after"]
            self.timers[name].register(key, time, time)
            if arguments["erase"] and state.results % arguments["erase"] == 0:
                self.timers[name].delete(key, time)
        if arguments["clear"] and state.results % arguments["clear"] == 0:
            del self.states[key]

    def fire_timers(self, name, until, watermark):
        while timer := self.timers[name].take(until):
            due, key, time = timer
            state = self.state(key)
            state.timers += 1
            if state.timers % 3:
                by = " by the clock" if name == "processing" else ""
                self.say(key, time, watermark, f"timer {state.timers} of {state.results} results{by}")
            if state.left:
                state.left -= 1
                next_time = time + self.case["arguments"]["step"]
                self.timers[name].register(key, next_time, max(next_time, due))

    def fire_windows(self, until, watermark):
        if self.case["kind"] == "count":
            return
        due = sorted((end, window[0], key) for (end, key), window in self.windows.items() if end - 1 <= until)
        for end, _, key in due:
            window = self.windows.pop((end, key))
            self.fired[end, key] = window
            self.result(key, end, window[1], watermark)

    def move_clock(self, clock):
        """Before a row of the virtual clock."""
        if clock <= self.clock:
            return
        self.clock = clock
        self.fire_windows(clock - 1, self.watermark)
        self.fire_timers("processing", clock, self.watermark)

    def advance(self, watermark):
        self.watermark = watermark
        if not self.case["rate"] or watermark == END:
            self.fire_windows(watermark, watermark)
        self.fire_timers("event", watermark, watermark)

    def row(self, number, key, time, amount):
        rate = self.case["rate"]
        if rate:
            self.first = time if number == 0 else self.first
            self.move_clock(self.first + 1000 * number // rate)
        if self.case["kind"] == "count":
            self.count(key, time, amount)
        else:
            self.fold(number, key, self.clock if rate else time, amount)
        watermark = time - self.case["bound"] - 1
        if watermark > self.watermark:
            self.advance(watermark)

    def fold(self, number, key, time, amount):
        size, rate = self.case["size"], self.case["rate"]
        end = time // size * size + size
        if not rate and end - 1 + self.case["lateness"] <= self.watermark:
            return
        if not rate and end - 1 <= self.watermark:
            window = self.fired.setdefault((end, key), [number, []])
            window[1].append(amount)
            self.result(key, end, window[1], self.watermark)
        else:
            self.windows.setdefault((end, key), [number, []])[1].append(amount)

    def count(self, key, time, amount):
        amounts = self.windows.setdefault(key, [])
        amounts.append(amount)
        if len(amounts) == self.case["size"]:
            del self.windows[key]
            self.result(key, time, amounts, self.watermark)


def draw_case(rng):
    """Rows and options by chance; times are small, and keys sort otherwise than they come."""
    keys = [rng.choice(("", "k")) + "abcdefgh"[i % 8] * rng.choice((1, 3, 16, 17, 30)) + str(i)
            for i in range(rng.randint(1, 12))]
    step, time, rows = rng.choice((1, 300, 4000)), rng.randint(-50000, 50000), []
    for _ in range(rng.randint(0, 150)):
        time += rng.randint(0, step)
        rows.append((rng.choice(keys), time - (rng.randint(0, 30000) if rng.random() < 0.2 else 0), rng.randint(-9, 99)))
    arguments = {"after": rng.choice((-20000, -1, 0, 1, 500, 10000, 70000)), "again": rng.choice((0, 0, 1, 2, 5)),
                 "step": rng.choice((-30000, -1, 0, 1, 1000, 25000)), "erase": rng.choice((0, 0, 2, 3)),
                 "clear": rng.choice((0, 0, 2, 5)), "clock": "event"}
    case = {"rows": rows, "arguments": arguments, "size": rng.choice((10, 1000, 10000)), "bound": rng.choice((0, 1000, 7000)),
            "lateness": rng.choice((0, 0, 5000, 100000)), "drop": rng.random() < 0.2, "kind": "tumbling", "rate": None}
    if rng.random() < 0.3:
        case.update(kind="count", size=rng.randint(1, 4), lateness=0)
    elif rng.random() < 0.3:
        case.update(kind=rng.choice(("sliding", "session")), slide=rng.choice((5, 300, 7000)))
    if rng.random() < 0.4:
        case["rate"] = rng.choice((1, 3, 500, 3000))
        arguments["clock"] = rng.choice(("event", "processing", "both"))
    return case


def expected_lines(case):
    """None: the windows are not simulated, but the lines must be the same everywhere."""
    if case["kind"] in ("sliding", "session"):
        return None
    simulation = Simulation(case)
    for number, (key, time, amount) in enumerate(case["rows"]):
        simulation.row(number, key, time, amount)
    if not case["drop"]:
        simulation.advance(END)
    return simulation.lines


def window_of(case):
    if case["kind"] == "count":
        return f"count:{case['size']}"
    slide = f"/{case['slide']}ms" if case["kind"] == "sliding" else ""
    return f"{case['kind']}:{case['size']}ms{slide}"


def options_of(case):
    yield from ("--key", "1", "--time", "2", "--value", "3", "--no-header", "--time-format", "epoch-ms", "--time-output",
                "epoch-ms", "--window", window_of(case),
                "--clock", f"virtual:{case['rate']}" if case["rate"] else "event", "--out-of-orderness", f"{case['bound']}ms",
                "--allowed-lateness", f"{case['lateness']}ms", "--at-end", "drop" if case["drop"] else "fire")
    for name, value in case["arguments"].items():
        yield from ("--process-arg", f"{name}={value}")


def printed_lines(text):
    """(key, end, watermark, text) of each line."""
    for line in text.splitlines()[1:]:
        fields = line.split(",")
        yield fields[2], int(fields[1]), int(fields[6]), fields[7]


def check(arguments, results, seed, number):
    case = draw_case(random.Random(f"{seed}.{number}"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.csv")
        path.write_text("".join(f"{key},{time},{amount}\n" for key, time, amount in case["rows"]))
        function = Path(arguments.tidemark).parent / "process" / "probe.so"
        expected = expected_lines(case)
        for shape in SHAPES:
            done = run([arguments.tidemark, "run", "-q", "--process", function, *options_of(case), *shape, path])
            printed = list(printed_lines(done.stdout.decode()))
            expected = printed if expected is None else expected
            results.expect(done.returncode == 0 and printed == expected, lambda shape=shape, done=done, printed=printed: (
                f"--seed {seed} --case {number} {' '.join(shape)}: exit {done.returncode} {done.stderr.decode()}\n"
                f"{' '.join(options_of(case))}\nexpected, printed:\n" + "\n".join(
                    f"  {line}   {other}" for line, other in zip(expected, printed) if line != other)))


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--case", type=int, help="this one only")
    parser.add_argument("--cases", type=int, default=CASES)
    arguments = parse_arguments(parser)
    results = Results()
    for number in [arguments.case] if arguments.case is not None else range(arguments.cases):
        check(arguments, results, arguments.seed, number)
    results.exit()


if __name__ == "__main__":
    main()

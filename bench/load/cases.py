"""What is asked of tidemark beyond what is usual; each case makes its own input and knows its output."""
import re
from dataclasses import dataclass, field

from load.rows import TIME, Steady, Ticks, Unique, Wide, time_text
from load.run import MIB, digest_of, run

YEARS_100_MS = 36_500 * 86_400_000
NUMBERS = ("--time-format", "epoch-ms", "--time-output", "epoch-ms")
ROW_BYTES_MAX = 1 << 20  # --max-row-bytes as it is by default
COLUMNS = 10_000
STEADY_BYTES = 1 << 20   # of a second
SECONDS_LEAST = 25       # windows fire by rows and by the end
REFUSED = re.compile(r"no room for .* within --memory: .* more are asked for")


class Wrong(Exception):
    """A run did not do what it had to."""


@dataclass
class Figure:
    name: str
    what: str
    outcome: object
    rows: int
    more: dict = field(default_factory=dict)


def right(tidemark, arguments, rows, counts=None):
    """A run whose results must be those that were counted."""
    outcome = run(tidemark, arguments, rows.pieces())
    if outcome.status != 0:
        raise Wrong(f"exit status {outcome.status}: {outcome.message}")
    for name, count in {"rows": rows.rows, "used": rows.rows, **(counts or {})}.items():
        if outcome.counts[name] != count:
            raise Wrong(f"{outcome.counts[name]} {name}, not {count}")
    if outcome.digest != digest_of(rows.expected()):
        raise Wrong("the results are not what they must be")
    return outcome


def steady(key_count, total_bytes):
    """At least so many bytes, by about STEADY_BYTES a second."""
    rows_a_second = max(key_count, STEADY_BYTES // len(b"k500,%s,500\n" % TIME))
    second = Steady(key_count, rows_a_second, 1)
    return Steady(key_count, rows_a_second, max(SECONDS_LEAST, -(-total_bytes // len(second.block))))


def pipe(tidemark, size, arguments):
    """A tenth of it first: what the whole takes more of memory is what grows with the input."""
    tenth = right(tidemark, arguments, steady(1000, size // 10))
    rows = steady(1000, size)
    whole = right(tidemark, arguments, rows)
    return rows, whole, {"peak of a tenth, MiB": round(tenth.peak_mib, 1)}


def keys_refused(tidemark, size, arguments):
    rows = Unique(size, size)
    outcome = run(tidemark, arguments, rows.pieces())
    if outcome.status != 1 or not REFUSED.search(outcome.message) or outcome.message.count("\n") != 1:
        raise Wrong(f"exit status {outcome.status}, not refused: {outcome.message}")
    return rows, outcome, {"read before, MiB": round(outcome.fed_bytes / MIB), "message": outcome.message.strip()}


def keys_passing(tidemark, size, arguments):
    rows = Unique(size, max(1000, size // 100))
    return rows, right(tidemark, arguments, rows), {}


def one_key(tidemark, size, arguments):
    rows = steady(1, size)
    return rows, right(tidemark, arguments, rows), {}


def large_rows(tidemark, size, arguments):
    """Rows of exactly the longest length, and as many that are one byte longer, with line ends and quotes within."""
    names = b"transaction_id,note,timestamp,amount\n"
    rest = b"," + time_text(0) + b",%d"

    def row(amount, more=0):
        note_bytes = ROW_BYTES_MAX - len(b'a,""' + rest % amount) + more
        return b'a,"' + (b'x\n""y,' * (note_bytes // 6 + 1))[:note_bytes // 6 * 6] + b"z" * (note_bytes % 6) + b'"' \
            + rest % amount + b"\n"

    good = max(2, size // ROW_BYTES_MAX // 2)
    rows = Wide(names, row, good, good, row(5, 1))
    counts = {"rows": 2 * good, "used": good, "malformed": good}
    return rows, right(tidemark, arguments, rows, counts), {}


def many_columns(tidemark, size, arguments):
    before, after = COLUMNS // 2, COLUMNS - COLUMNS // 2 - 3
    names = b",".join([*(b"c%d" % i for i in range(before)), b"timestamp", b"transaction_id",
                       *(b"d%d" % i for i in range(after)), b"amount"]) + b"\n"
    front, behind = b"12.5," * before + time_text(0) + b",a,", b'"q",' * after

    def row(amount):
        return front + behind + b"%d\n" % amount

    rows = Wide(names, row, max(2, size // len(row(0))))
    return rows, right(tidemark, arguments, rows), {"columns": COLUMNS}


def open_windows(tidemark, size, arguments):
    """size windows of a second are open at once, and a tenth as many fire before the end."""
    rows = Ticks(size + size // 10, 1000, 1000, size * 1000)
    outcome = right(tidemark, [*arguments, *NUMBERS, "--window", "tumbling:1s", "--out-of-orderness", f"{size}s"], rows)
    return rows, outcome, {"windows open": size}


def tiny_windows(tidemark, size, arguments):
    rows = Ticks(size, 1, 1)
    return rows, right(tidemark, [*arguments, *NUMBERS, "--window", "tumbling:1ms"], rows), {}


def huge_window(tidemark, size, arguments):
    rows = Ticks(size, 1, YEARS_100_MS)
    return rows, right(tidemark, [*arguments, *NUMBERS, "--window", "tumbling:36500d"], rows), {}


def many_workers(tidemark, size, arguments):
    rows = steady(10_000, size)
    outcome = right(tidemark, arguments, rows)
    alone = right(tidemark, ["-p", "1"], rows)
    return rows, outcome, {"seconds at -p 1": round(alone.seconds, 2)}


@dataclass
class Case:
    what: str
    run: object
    sizes: tuple      # small, large
    needs: str        # of the large one; inputs and results are in pipes, so no disk
    arguments: tuple = ()


GB = 10 ** 9
CASES = {
    "pipe": Case("10 GB through a pipe", pipe, (60 * MIB, 10 * GB), "0.1 GB of memory"),
    "keys-refused": Case("100 M distinct keys in one window, --memory 1G", keys_refused, (2_000_000, 100_000_000),
                         "1 GB of memory", ("--memory", "1G")),
    "keys-passing": Case("100 M distinct keys, 1 M of them a window, --memory 1G", keys_passing,
                         (100_000, 100_000_000), "1 GB of memory", ("--memory", "1G")),
    "one-key": Case("one key in all rows, 7 workers", one_key, (30 * MIB, 4 * GB), "0.1 GB of memory", ("-p", "7")),
    "large-rows": Case("rows of 1 MiB, and as many of one byte more", large_rows, (30 * MIB, 4 * GB), "0.1 GB of memory"),
    "many-columns": Case("10,000 columns", many_columns, (30 * MIB, 4 * GB), "0.1 GB of memory"),
    "open-windows": Case("1 M windows open at once", open_windows, (10_000, 1_000_000), "2 GB of memory"),
    "tiny-windows": Case("windows of 1 ms, each with a row", tiny_windows, (100_000, 20_000_000), "0.1 GB of memory"),
    "huge-window": Case("a window of 100 years", huge_window, (100_000, 20_000_000), "0.1 GB of memory"),
    "many-workers": Case("256 workers", many_workers, (30 * MIB, 4 * GB), "0.3 GB of memory", ("-p", "256")),
}
SMALL_ARGUMENTS = {"keys-refused": ("--memory", "128M")}


def measure(name, tidemark, is_small, rounds):
    """The figure of the median round."""
    case = CASES[name]
    size = case.sizes[0 if is_small else 1]
    arguments = SMALL_ARGUMENTS.get(name, case.arguments) if is_small else case.arguments
    done = sorted((case.run(tidemark, size, list(arguments)) for _ in range(rounds)), key=lambda each: each[1].seconds)
    rows, outcome, more = done[len(done) // 2]
    spread = [round(each[1].seconds, 2) for each in done]
    return Figure(name, case.what, outcome, rows.rows, {**more, "seconds of all rounds": spread})


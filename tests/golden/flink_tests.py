"""What Flink's own unit tests expect: windows step by step, window assignment, sessions that merge, watermarks.

The files hold inputs, watermarks and expected outputs only. A watermark of a test is made by a row of its own key that
lies a large bound ahead of it, so the test's rows themselves do not move it.
"""
from itertools import groupby

from cases import PLAIN, TRACED, Case, Source, csv_bytes, picked, read_rows

BOUND_MS = 10 ** 9  # above all times of the tests
COLUMNS = ("--key", "key", "--time", "ts", "--value", "value")
HEADER = ("key", "ts", "value")
MARK = "watermark"  # the key of rows that only move it

OTHER_TRIGGER = "its trigger fires otherwise than when the watermark passes the window's end"
PURGES = "its trigger forgets a window's rows when it fires; ours accumulate"
TRACE_EXCEPTIONS = {
    "testSessionWindowsWithCountTrigger": OTHER_TRIGGER,
    "testSessionWindowsWithContinuousEventTimeTrigger": OTHER_TRIGGER,
    "testContinuousWatermarkTrigger": OTHER_TRIGGER + "; a window of all time",
    "testCountTrigger": OTHER_TRIGGER + "; a window of all time",
    "testPointSessions": "sessions whose gap depends on the row",
    "testLateness": PURGES,
    "testDropDueToLatenessSessionWithLatenessPurgingTrigger": PURGES,
    "testNotSideOutputDueToLatenessSessionWithHugeLatenessPurgingTrigger": PURGES,
    "testCleanupTimeOverflow": "times beyond 2^62 ms are no times here",
}


def sources(folder):
    return [traces(folder), assignment(folder), session_merge(folder), generators(folder), valve(folder)]


def traces(folder):
    """WindowOperatorTest: rows, watermarks, results and late rows, in steps."""
    windows = {row["case"]: row for row in read_rows(folder / "flink-window-cases.csv")}
    steps = {title: list(rows) for title, rows in
             groupby(read_rows(folder / "flink-window-traces.csv"), key=lambda row: row["case"])}
    cases = [_trace_case(title, windows[title], rows) for title, rows in steps.items() if title not in TRACE_EXCEPTIONS]
    return Source("Flink's tests, window operator", cases, TRACE_EXCEPTIONS)


def _trace_case(title, window, steps):
    rows, wanted, watermarks, last = [], [], [], None
    for step in steps:  # a snapshot and its restoring change nothing
        if step["op"] == "wm":
            watermarks = [*watermarks, step["ts"]] if last == "wm" else [step["ts"]]
            rows.append((MARK, int(step["ts"]) + BOUND_MS + 1, 0))
        elif step["op"] == "in":
            rows.append((step["key"], step["ts"], step["value"]))
        elif step["op"] == "out":
            wanted.append(("result", step["key"], step["value"], str(int(step["ts"]) + 1), _trigger(watermarks, step)))
        elif step["op"] == "late":
            wanted.append(("late", step["key"], step["value"], step["ts"], watermarks[-1]))
        last = step["op"]
    arguments = [*COLUMNS, *PLAIN, *TRACED, *_window(window["window"]), "--out-of-orderness", f"{BOUND_MS}ms",
                 "--allowed-lateness", f"{window['allowed_lateness_ms']}ms", "--at-end", "drop"]
    return Case(title, arguments, [("input.csv", csv_bytes(HEADER, rows))], wanted, _steps)


def _trigger(watermarks, step):
    """The first of the latest watermarks that passes the window; what comes out after several is told after the last."""
    return next((watermark for watermark in watermarks if int(watermark) >= int(step["ts"])), None)


def _window(text):
    """sliding size=3000 slide=1000"""
    kind, *parts = text.split()
    numbers = [part.partition("=")[2] for part in parts]
    return ["--window", f"{kind}:" + "/".join(f"{number}ms" for number in numbers)]


def _steps(outputs):
    """Of the trace, what the tests tell: late rows with their time, results with their end."""
    for row in picked("trace", "kind", "key", "sum", "window_end", "first_ts", "watermark_seen", "watermark_trigger")(outputs):
        kind, key, value, end, first, seen, trigger = row
        if key != MARK:
            yield (kind, key, value, first, seen) if kind == "late" else (kind, key, value, end, trigger)


def assignment(folder):
    """The windows that one row is in."""
    cases = [_assignment_case(row) for row in read_rows(folder / "flink-window-assignment.csv")]
    return Source("Flink's tests, window assignment", cases, {})


def _assignment_case(row):
    size, slide, offset = (int(row[name] or 0) for name in ("size_or_gap_ms", "slide_ms", "offset_ms"))
    shapes = {"tumbling": f"tumbling:{size}ms+{offset % size}ms", "session_gap": f"session:{size}ms",
              "sliding": f"sliding:{size}ms/{slide}ms+{offset % (slide or size)}ms"}
    window = shapes[row["kind"]]
    wanted = [tuple(bounds.split(":")) for bounds in row["windows_start:end(exclusive)"].split("|")]
    return Case(f"{window} at {row['event_ts_ms']}", [*COLUMNS, *PLAIN, "--window", window],
                [("input.csv", csv_bytes(HEADER, [("a", row["event_ts_ms"], 1)]))], wanted,
                picked("results", "window_start", "window_end"))


# The windows are [time, time + gap); of two that only must not touch, the second may be longer than the test's.
MERGES = {  # case -> gap, times of the rows, sessions
    "mergeWindows single": (1, (0,), ("0:1",)),
    "mergeWindows consecutive": (1, (0, 1, 2, 4, 5), ("0:3", "4:6")),
    "intersects self": (10, (10, 10), ("10:20",)),
    "intersects touching": (10, (10, 20), ("10:30",)),
    "intersects gap of 1": (10, (10, 21), ("10:20", "21:31")),
    "intersects overlap 1": (10, (10, 19), ("10:29",)),
    "identical": (1, (1, 1), ("1:2",)),
}


def session_merge(folder):
    titles = [row["case"] for row in read_rows(folder / "flink-session-merge.csv")]
    cases = [_merge_case(title, *MERGES[title]) for title in titles if title in MERGES]
    return Source("Flink's tests, merging windows", cases,
                  {title: "windows of unequal or no length, which rows and one gap cannot make"
                   for title in titles if title not in MERGES})


def _merge_case(title, gap, times, sessions):
    return Case(title, [*COLUMNS, *PLAIN, "--window", f"session:{gap}ms", "--out-of-orderness", "unbounded"],
                [("input.csv", csv_bytes(HEADER, [("a", time, 1) for time in times]))],
                [tuple(session.split(":")) for session in sessions], picked("results", "window_start", "window_end"))


MIN, MAX = str(-2 ** 63), str(2 ** 63 - 1)
CLOCKS = "an input that is idle by the wall clock, which no file can be"
UPSTREAM = "there is no operator before the input that could send watermarks"
OUTPUTS = "outputs that come, go or wait; files are known from the start"
# (generator, input) -> bound, times of the rows of each file, and the watermark before each row in the order they are
# taken. With count windows of one row each row prints the watermark before it.
GENERATORS = {
    ("bounded out-of-orderness 10", "no event"): (10, [[5]], [MIN]),
    ("bounded out-of-orderness 10", "1337"): (10, [[1337, 1337]], [MIN, "1326"]),
    ("bounded out-of-orderness 10", "12345,12300,12340,12280"):
        (10, [[12345, 12300, 12340, 12280, 0]], [MIN, "12334", "12334", "12334", "12334"]),
    ("bounded out-of-orderness 10", "723456 then emit then emit"):
        (10, [[723456, 0, 0]], [MIN, "723445", "723445"]),
    ("ascending(max_ts-1)", "4 then 2"): (0, [[4, 2, 0]], [MIN, "3", "3"]),
    ("multiplexer immediate", "1 output: wm 0"): (0, [[1, 0]], [MIN, "0"]),
    ("multiplexer", "o1=2 o2=5 o3 idle"): (0, [[3, 9], [6, 9], []], [MIN, MIN, "2", "5"]),
    ("multiplexer", "o1=2 o2=5; o1 idle"): (0, [[3], [6, 0]], [MIN, MIN, "5"]),
    ("multiplexer remove", "lower=156765; remove lower; higher=156775"):
        (0, [[156766], [156776, 0]], [MIN, MIN, "156775"]),
}
GENERATOR_EXCEPTIONS = {
    "operator: upstream watermarks": UPSTREAM, "punctuated": "watermarks that rows carry", "never": UPSTREAM,
    "idleness timer 10 ms": CLOCKS, "idleness timer": CLOCKS, "idleness timer 122 ms": CLOCKS,
    "multiplexer": OUTPUTS, "multiplexer deferred": OUTPUTS, "multiplexer remove": OUTPUTS,
}


def generators(folder):
    cases, exceptions = [], {}
    for row in read_rows(folder / "flink-watermark-generators.csv"):
        title = (row["generator"], row["input"])
        if title in GENERATORS:
            cases.append(_generator_case(": ".join(title), *GENERATORS[title]))
        else:
            exceptions[": ".join(title)] = GENERATOR_EXCEPTIONS[row["generator"]]
    return Source("Flink's tests, watermarks", cases, exceptions)


def _generator_case(title, bound, files, watermarks):
    arguments = [*COLUMNS, *PLAIN, "--window", "count:1", "--out-of-orderness", f"{bound}ms", "--inputs", "partitions"]
    return Case(title, arguments,
                [(f"in{i}.csv", csv_bytes(HEADER, [("a", time, 1) for time in times])) for i, times in enumerate(files)],
                [(watermark,) for watermark in watermarks], picked("results", "watermark_ms"), in_order=True)


def valve(folder):
    titles = dict.fromkeys(row["case"] for row in read_rows(folder / "flink-watermark-merge.csv"))
    return Source("Flink's tests, watermarks of several channels", [],
                  {title: "channels that send, fall idle and come back in an order of their own; partitions are read in "
                          "the order of their times" for title in titles})

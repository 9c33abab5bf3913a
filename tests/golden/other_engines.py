"""What the tests of Beam, Proton and Bytewax tell of windows; values only."""
from cases import PLAIN, TRACED, Case, Source, csv_bytes, picked

COLUMNS = ("--key", "key", "--time", "ts", "--value", "value")
HEADER = ("key", "ts", "value")
END_OF_TIME = 2 ** 62  # the last legal time here


def sources():
    return [beam(), proton(), bytewax()]


# Each row's value is a power of two, so that the sum of a window tells which rows it holds.
BEAM_WINDOWS = {  # title -> window, times, windows as start, end, times
    "SessionsTest, gap 10": ("session:10ms", (1, 2, 5, 9, 100, 101),
                             ((1, 19, (1, 2, 5, 9)), (100, 111, (100, 101)))),
    "SessionsTest, gap 10, in no order": ("session:10ms", (1, 15, 30, 100, 101, 95, 22, 10),
                                          ((1, 40, (1, 10, 15, 22, 30)), (95, 111, (95, 100, 101)))),
    "SessionsTest, gap 1000": ("session:1000ms", (1, 2, 1000, 5000, 5001, 10000),
                               ((1, 2000, (1, 2, 1000)), (5000, 6001, (5000, 5001)), (10000, 11000, (10000,)))),
    "SlidingWindowsTest 10/5": ("sliding:10ms/5ms", (1, 2, 5, 9, 10, 11),
                                ((-5, 5, (1, 2)), (0, 10, (1, 2, 5, 9)), (5, 15, (5, 9, 10, 11)), (10, 20, (10, 11)))),
    "SlidingWindowsTest 7/5": ("sliding:7ms/5ms", (1, 2, 5, 9, 10, 11),
                               ((-5, 2, (1,)), (0, 7, (1, 2, 5)), (5, 12, (5, 9, 10, 11)), (10, 17, (10, 11)))),
    "SlidingWindowsTest 3/10": ("sliding:3ms/10ms", (1, 2, 3, 5, 9, 10, 11, 100),
                                ((0, 3, (1, 2)), (10, 13, (10, 11)), (100, 103, (100,)))),
    "SlidingWindowsTest 10/5/2": ("sliding:10ms/5ms+2ms", (1, 2, 5, 9, 10, 11),
                                  ((-8, 2, (1,)), (-3, 7, (1, 2, 5)), (2, 12, (2, 5, 9, 10, 11)), (7, 17, (9, 10, 11)))),
    "SlidingWindowsTest 10000/5000": ("sliding:10s/5s", (1, 2, 1000, 5000, 5001, 10000),
                                      ((-5000, 5000, (1, 2, 1000)), (0, 10000, (1, 2, 1000, 5000, 5001)),
                                       (5000, 15000, (5000, 5001, 10000)), (10000, 20000, (10000,)))),
    "TestStreamTest, almost the end of time": ("tumbling:6h", (END_OF_TIME, END_OF_TIME),
                                               ((END_OF_TIME // 21600000 * 21600000, END_OF_TIME // 21600000 * 21600000 + 21600000,
                                                 (END_OF_TIME,)),)),
}
BEAM_EXCEPTIONS = {
    "SessionsTest, 0 10 101": "there windows that touch do not merge; here they do, as in Flink",
    "TestStreamTest, discarding mode": "panes that forget what has fired; ours accumulate",
    "TestStreamTest, a watermark that goes back": "a watermark made of the greatest time cannot",
}
BEAM_BOUND_MS = 10 ** 9
BEAM_STREAMS = {  # title -> window, lateness, steps (row: time, value; watermark: W), trace as kind, sum, watermark
    "TestStreamTest, late data accumulating": (
        "tumbling:5min", "5min",
        [(0, 1), (0, 2), (0, 3), 360000, (0, 4), (0, 5), 1200000, (0, -1), (0, -2), (0, -3)],
        [("result", "6", "360000"), ("result", "10", "360000"), ("result", "15", "360000"),
         ("late", "-1", ""), ("late", "-2", ""), ("late", "-3", "")]),
    "TestStreamTest, first element late": (
        "tumbling:1s", "5s", [0, (-1000000, 1), (100, 2)],
        [("late", "1", ""), ("result", "2", str(2 ** 63 - 1))]),
}


def beam():
    cases = [_windows_case(title, *shape) for title, shape in BEAM_WINDOWS.items()]
    cases += [_stream_case(title, *shape) for title, shape in BEAM_STREAMS.items()]
    return Source("Beam", cases, BEAM_EXCEPTIONS)


def _windows_case(title, window, times, windows):
    values = {}
    for place, time in enumerate(times):
        values[time] = values.get(time, 0) + 2 ** place
    rows = [("a", time, 2 ** place) for place, time in enumerate(times)]
    wanted = [(str(start), str(end), str(sum(values.get(time, 0) for time in held))) for start, end, held in windows]
    return Case(title, [*COLUMNS, *PLAIN, "--window", window, "--out-of-orderness", "unbounded"],
                [("input.csv", csv_bytes(HEADER, rows))], wanted, picked("results", "window_start", "window_end", "sum"))


def _stream_case(title, window, lateness, steps, wanted):
    """A watermark is made by a row of another key that lies the bound ahead."""
    rows = [("a", *step) if isinstance(step, tuple) else ("watermark", step + BEAM_BOUND_MS + 1, 0) for step in steps]
    arguments = [*COLUMNS, *PLAIN, *TRACED, "--window", window, "--allowed-lateness", lateness,
                 "--out-of-orderness", f"{BEAM_BOUND_MS}ms"]
    return Case(title, arguments, [("input.csv", csv_bytes(HEADER, rows))], wanted, _stream)


def _stream(outputs):
    return [(kind, total, watermark) for key, kind, total, watermark in
            picked("trace", "key", "kind", "sum", "watermark_trigger")(outputs) if key == "a"]


# Times are seconds. A window is in there when it came out; what is open at the end does not.
PROTON = {  # title -> options, rows as key, second, value; results as key, start, end, aggregate
    "0005/4": ("tumbling:5s", "0", "max", [("", 14, 57.3), ("", 13, 58.3), ("", 12, 66), ("", 15, 67)], [("", 10, 15, "66")]),
    "0005/5 max": ("tumbling:3s", "0", "max", [("", 20, 20), ("", 23, 23), ("", 27, 27)],
                   [("", 18, 21, "20"), ("", 21, 24, "23")]),
    "0005/5 min": ("tumbling:3s", "0", "min", [("", 20, 20), ("", 23, 23), ("", 27, 27)],
                   [("", 18, 21, "20"), ("", 21, 24, "23")]),
    "0005/6": ("tumbling:5s", "0", "max",
               [("dev1", 0, 57.3), ("dev2", 3, 58.3), ("dev6", 4, 66), ("dev8", 5, 67), ("dev8", 30, 67)],
               [("dev1", 0, 5, "57.3"), ("dev2", 0, 5, "58.3"), ("dev6", 0, 5, "66"), ("dev8", 5, 10, "67")]),
    "0005/7": ("tumbling:5s", "2s", "count",
               [("57.3", 30, 1), ("57.3", 31, 1), ("57.3", 32, 1), ("59.3", 50, 1), ("58.3", 34, 1), ("58.3", 37, 1),
                ("58.3", 45, 1)], [("57.3", 30, 35, "3")]),
    "0005/8": ("tumbling:3s", "0", "count", [("", 50, 1), ("", 51, 1), ("", 55, 1), ("", 57, 1)],
               [("", 48, 51, "1"), ("", 51, 54, "1"), ("", 54, 57, "1")]),
    "0005/9": ("tumbling:5s", "3s", "count", [("", second, 1) for second in (60, 61, 65, 63, 62, 67)], []),
    "0005/10": ("tumbling:5s", "3s", "count", [("", second, 1) for second in (60, 61, 65, 63, 62, 68)],
                [("", 60, 65, "4")]),
    "0005/11": ("sliding:5s/3s", "0", "max",
                [("dev1", 0, 57.3), ("dev2", 3, 58.3), ("dev6", 4, 66), ("dev6", 5, 69), ("dev8", 8, 68), ("dev8", 10, 67)],
                [("dev1", -3, 2, "57.3"), ("dev1", 0, 5, "57.3"), ("dev2", 0, 5, "58.3"), ("dev6", 0, 5, "66"),
                 ("dev2", 3, 8, "58.3"), ("dev6", 3, 8, "69")]),
    "0005/14": ("sliding:5s/3s", "2s", "count",
                [("", second, 1) for second in (0, 2, 1, 3, 7, 6, 5, 8, 7, 10, 11, 14, 11, 15)],
                [("", -3, 2, "2"), ("", 0, 5, "4"), ("", 3, 8, "5"), ("", 6, 11, "5")]),
    "0006/14": ("session:5s", "0", "max", [("", 0.262, 57.3), ("", 5.261, 58.3), ("", 10.263, 66), ("", 20, 67)],
                [("", 0.262, 10.261, "58.3"), ("", 10.263, 15.263, "66")]),
}
PROTON_EXCEPTIONS = {
    "0005/13": "there slide > size is an error; here rows in the gaps are counted",
    "0006/0": "there windows that touch do not merge, and sessions are cut at a cap",
    "0006/2": "sessions are cut at a cap; ours grow",
    "0006/15": "sessions are cut at a cap; ours grow",
}


def proton():
    """Its watermark is a millisecond ahead of ours, and its windows fire a millisecond later: at the same rows."""
    return Source("Proton", [_proton_case(title, *shape) for title, shape in PROTON.items()], PROTON_EXCEPTIONS)


def _proton_case(title, window, delay, aggregate, rows, wanted):
    content = csv_bytes(HEADER, [(key or "all", round(second * 1000), value) for key, second, value in rows])
    arguments = [*COLUMNS, *PLAIN, "--window", window, "--out-of-orderness", delay, "--aggregate", aggregate,
                 "--at-end", "drop"]
    return Case(title, arguments, [("input.csv", content)],
                [(key or "all", str(round(start * 1000)), str(round(end * 1000)), value) for key, start, end, value in wanted],
                picked("results", "key", "window_start", "window_end", aggregate))


BYTEWAX_SESSIONS = {  # title -> seconds of the rows, the session
    "exactly one gap apart": ((0, 10), (0, 20)),
    "a row merges two": ((0, 20, 10), (0, 30)),
    "a session grows backwards": ((0, -10), (-10, 10)),
}
BYTEWAX_EXCEPTIONS = {
    "event clock moved by the wall clock": "off unless --idle-timeout asks for it, which no file can show",
}


def bytewax():
    cases = [Case(title, [*COLUMNS, *PLAIN, "--window", "session:10s", "--out-of-orderness", "unbounded"],
                  [("input.csv", csv_bytes(HEADER, [("a", second * 1000, 1) for second in seconds]))],
                  [(str(start * 1000), str(end * 1000), str(len(seconds)))],
                  picked("results", "window_start", "window_end", "count"))
             for title, (seconds, (start, end)) in BYTEWAX_SESSIONS.items()]
    # Its watermark with 5 s of waiting is 2 s after a row at 7 s; ours is a millisecond before. It never goes back.
    cases.append(Case("event clock waits 5 s",
                      [*COLUMNS, *PLAIN, "--window", "count:1", "--out-of-orderness", "5s"],
                      [("input.csv", csv_bytes(HEADER, [("a", second * 1000, 1) for second in (7, 3, 3)]))],
                      [(str(-2 ** 63),), ("1999",), ("1999",)], picked("results", "watermark_ms"), in_order=True))
    return Source("Bytewax", cases, BYTEWAX_EXCEPTIONS)

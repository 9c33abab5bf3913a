"""Random options that decide windows, their clock, alerts by time, and which further outputs there are.

Each function draws from `rng` and returns arguments of `run`; `features` says what may be drawn.
"""
from features import WINDOWS
from times import parse_duration

SIZES = ("1ms", "7ms", "1s", "10s", "10s", "10s", "1m", "1h", "1d")
OFFSETS = ("", "", "+3s", "+1ms", "+1d", "+100h")
WINDOWS_A_ROW = 40  # at most: the model keeps a list for each
LONGEST_MS = 2 ** 62
ROWS_A_WINDOW = (1, 2, 5, 20, 100)
NAMES = ("big", "rule_2")  # of rules
INACTIVE = "inactive"


def draw_window(rng, features):
    """(arguments, the length in ms that times are drawn around)"""
    size = rng.choice(SIZES)
    size_ms = parse_duration(size)
    kind = rng.choice([kind for kind in (*WINDOWS, "tumbling", "sliding", "session") if kind in features])
    if kind == "tumbling":
        if size == "10s" and rng.random() < 0.7:
            return [], size_ms  # the default
        shape = size + rng.choice(OFFSETS)
    elif kind == "sliding":
        shape = f"{size}/{_slide(rng, size_ms)}ms" + rng.choice(OFFSETS)
    elif kind == "session":
        shape = f"{rng.choice((1, size_ms // 20 + 1, size_ms // 3 + 1, size_ms, 3 * size_ms))}ms"
    else:
        shape = str(rng.choice((1, 1, 2, 2, 3, 5, 17, 1000)))
    return ["--window", f"{kind}:{shape}"], size_ms


def _slide(rng, size_ms):
    """Whole parts of the size, odd ones, and some beyond it, which leave gaps."""
    slide_ms = rng.choice((size_ms // rng.choice((1, 2, 3, 5, 10, WINDOWS_A_ROW)), size_ms - 1, size_ms + 1,
                           2 * size_ms, size_ms + size_ms // 3, rng.randrange(size_ms) + 1))
    return max(slide_ms, size_ms // WINDOWS_A_ROW, 1)


def session_gap_ms(arguments):
    """None where windows are no sessions."""
    gaps = [word.removeprefix("session:") for word in arguments if word.startswith("session:")]
    return parse_duration(gaps[0]) if gaps else None


def draw_lateness(rng, window, size_ms):
    """The watermark's bound and the allowed lateness; those of sessions such that some fire and then grow."""
    bounds = ("unbounded", "0", "0s", "5s", "1m", f"{size_ms}ms", "1d", f"{LONGEST_MS}ms")
    around_ms, chances = size_ms, (0.5, 0.4)
    if gap_ms := session_gap_ms(window):
        around_ms, chances = gap_ms, (0.9, 0.8)
        bounds += ("0", "1ms", "0", "1ms", f"{around_ms // 2}ms", f"{around_ms}ms")
    bound = rng.choice(bounds) if rng.random() < chances[0] else None
    arguments = ["--out-of-orderness", bound] if bound else []
    if rng.random() < chances[1]:
        around_ms = rng.choice((around_ms, 1000 if bound in (None, "unbounded") else parse_duration(bound)))
        lateness_ms = rng.choice((0, 1, around_ms - 1, around_ms, around_ms + 1, 3 * around_ms,
                                  rng.randrange(4 * around_ms + 1), 86_400_000, LONGEST_MS))
        arguments += ["--allowed-lateness", f"{min(max(lateness_ms, 0), LONGEST_MS)}ms"]
    return arguments


def draw_clock(rng, features, size_ms):
    if "virtual" not in features or rng.random() > 0.2:
        return []
    rate = 1000 * rng.choice(ROWS_A_WINDOW) // size_ms
    return ["--clock", f"virtual:{rng.choice((max(rate, 1), max(rate, 1), 1, 3, 1000, 999_983))}"]


def draw_inactive(rng, features, size_ms):
    if "inactive" not in features or rng.random() > 0.25:
        return []
    return ["--inactive", f"{rng.choice((1, size_ms // 2 + 1, size_ms, 3 * size_ms, rng.randrange(5 * size_ms) + 1))}ms"]


def draw_history(rng, features):
    if "history" not in features or rng.random() > 0.5:
        return []
    return ["--history", str(rng.choice((1, 1, 2, 3, 7, 100)))]


def draw_side_outputs(rng, features, arguments):
    """For some of the names that rules have."""
    if "sides" not in features or rng.random() > 0.4:
        return []
    names = {word.partition("=")[0] for word in arguments if word.startswith(tuple(name + "=" for name in NAMES))}
    names |= {INACTIVE} if "--inactive" in arguments else set()
    chosen = [name for name in sorted(names) if rng.random() < 0.7]
    return [part for name in chosen for part in ("--side-output", f"{name}=side_{name}.out")]


def draw_trace(rng, features):
    return ["--trace", "trace.out"] if "trace" in features and rng.random() < 0.25 else []


def draw_inputs(rng, features, file_count):
    """Which way several files are read."""
    if "partitions" not in features or rng.random() > (0.6 if file_count > 1 else 0.05):
        return []
    return ["--inputs", "partitions"]


def draw_formulas(rng, features, form):
    """Other forms than CSV refuse it if none of their outputs is CSV."""
    return ["--escape-formulas"] if "formulas" in features and form == "csv" and rng.random() < 0.2 else []

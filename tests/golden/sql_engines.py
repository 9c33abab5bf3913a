"""What the SQL tests of Arroyo and RisingWave expect of window queries."""
import json
from collections import defaultdict

from cases import Case, Source, csv_bytes, csv_rows, epoch_ms, picked, read_rows

UTC = ("--time-output", "epoch-ms", "--alert", "none")
ALL = "all"  # the key where a query has none


def sources(folder):
    return [arroyo(folder / "arroyo"), risingwave(folder / "risingwave")]


def arroyo(folder):
    cars, impulse = read_rows(folder / "cars.csv"), read_rows(folder / "impulse.csv")
    return Source("Arroyo", [*_cars_cases(folder, cars), *_impulse_cases(folder, impulse)], {})


def _case(title, rows, window, wanted, columns, *more):
    """rows: (key, time, value)."""
    return Case(title, ["--key", "key", "--time", "ts", "--value", "value", *UTC, "--window", window, *more],
                [("input.csv", csv_bytes(("key", "ts", "value"), rows))], wanted, picked("results", *columns))


def _cars_cases(folder, cars):
    by_type = [(car["event_type"], car["timestamp"], car["driver_id"]) for car in cars]
    by_nothing = [(ALL, car["timestamp"], car["driver_id"]) for car in cars]
    by_driver = [(car["driver_id"], car["timestamp"], 1) for car in cars]
    hourly = [(row["event_type"], epoch_ms(row["hour"]), row["count"])
              for row in read_rows(folder / "expected_hourly_by_event_type.csv")]
    monthly = [(epoch_ms(row["month"]), row["count"]) for row in read_rows(folder / "expected_month_loose_watermark.csv")]
    tight = [(epoch_ms(row["timestamp"]), row["count"]) for row in read_rows(folder / "expected_tight_watermark.csv")]
    return [
        _case("hourly_by_event_type", by_type, "tumbling:1h", hourly, ("key", "window_start", "count")),
        _case("month_loose_watermark", by_nothing, "tumbling:30d", monthly, ("window_start", "count"),
              "--out-of-orderness", "1h"),
        _case("tight_watermark", by_nothing, "tumbling:1h", tight, ("window_end", "count"), "--out-of-orderness", "0"),
        _every_aggregate(folder, by_type), _most_active_driver(folder, by_driver)]


def _every_aggregate(folder, rows):
    """One window over all; rounded to the four decimals given."""
    wanted = [(line["event_type"], *(round(float(line[name]), 4) for name in (
        "cnt", "sum_driver", "min_driver", "max_driver", "avg_driver", "stddev_driver")))
        for line in json.loads((folder / "expected_every_aggregate_final.json").read_text())]
    names = ("count", "sum", "min", "max", "mean", "stddev")
    case = _case("every_aggregate", rows, "tumbling:100000d", wanted, (), "--aggregate", ",".join(names))
    case.found = lambda outputs: [(row["key"], *(round(float(row[name]), 4) for name in names))
                                  for row in csv_rows(outputs["results"])]
    return case


def _most_active_driver(folder, rows):
    """Of each window the driver with most rows; of equals the one with the greater number."""
    wanted = [(epoch_ms(row["start"]), epoch_ms(row["end"]), row["driver_id"], row["count"])
              for row in read_rows(folder / "expected_most_active_driver_last_hour.csv")]
    case = _case("most_active_driver_last_hour", rows, "sliding:1h/1m", wanted, ())
    case.found = lambda outputs: _greatest(csv_rows(outputs["results"]))
    return case


def _greatest(results):
    greatest = {}
    for row in results:
        window = (row["window_start"], row["window_end"])
        greatest[window] = max(greatest.get(window, (0, 0)), (int(row["count"]), int(row["key"])))
    return [(*window, str(key), str(count)) for window, (count, key) in greatest.items()]


def _impulse_cases(folder, impulse):
    by_nothing = [(ALL, row["timestamp"], row["counter"]) for row in impulse]
    by_user = [(_user(row["counter"]), row["timestamp"], 1) for row in impulse]
    everything = [(epoch_ms(row["start"]), epoch_ms(row["end"]), row["rows"])
                  for row in read_rows(folder / "expected_global_session_window.csv")]
    users = [(row["user_id"], epoch_ms(row["start"]), epoch_ms(row["end"]), row["rows"])
             for row in read_rows(folder / "expected_session_window.csv")]
    sliding = [(epoch_ms(row["start"]), epoch_ms(row["end"]), row["count"], row["min"], row["max"])
               for row in read_rows(folder / "expected_sliding_window_end.csv")]
    return [
        _case("global_session_window", by_nothing, "session:20s", everything, ("window_start", "window_end", "count")),
        _case("session_window", by_user, "session:20s", users, ("key", "window_start", "window_end", "count")),
        _case("sliding_window_end", by_nothing, "sliding:10s/2s", sliding,
              ("window_start", "window_end", "count", "min", "max"), "--aggregate", "count,min,max")]


def _user(counter):
    """As the query makes users of a counter: each tenth row is of one."""
    return "0" if int(counter) % 10 == 0 else counter


def risingwave(folder):
    rows = read_rows(folder / "time_window_input.csv")
    expected = defaultdict(list)
    for line in read_rows(folder / "time_window_expected.csv"):
        expected[line["query"], line["window"]].append(line["row"])
    cases = [_time_window_case(query, window, lines, rows) for (query, window), lines in expected.items()]
    return Source("RisingWave", [*cases, _closed(folder), _nexmark_q5(folder), _nexmark_q7(folder)],
                  {"eowc_select": "a query without windows, held back until the watermark: no such mode"})


def _time_window_case(query, window, lines, rows):
    """Columns of a line: row_id uid created_at start end, or: uid (if by uid) sum start."""
    keys = {"assign": "row_id", "sum by window": None, "sum by window,uid": "uid"}
    key = keys[query]
    content = [(row[key] if key else ALL, row["created_at"], row["v"]) for row in rows]
    if query == "assign":
        wanted = [_assigned(line) for line in lines]
        columns = ("key", "window_start", "window_end")
    else:
        wanted = [_sum_row(line, key) for line in lines]
        columns = ("key", "window_start", "sum")
    return _case(f"{query}, {window}", content, _window(window), wanted, columns, "--out-of-orderness", "unbounded")


def _assigned(line):
    row_id, _, _, _, *bounds = line.split()
    return row_id, epoch_ms(" ".join(bounds[:2])), epoch_ms(" ".join(bounds[2:]))


def _sum_row(line, has_key):
    *keys, total, day, time = line.split()
    return (keys[0] if has_key else ALL, epoch_ms(f"{day} {time}"), total)


def _window(text):
    """tumble SIZE[, OFFSET] or hop SLIDE, SIZE[, OFFSET]"""
    kind, _, rest = text.partition(" ")
    lengths = rest.split(", ")
    if kind == "tumble":
        size, offset = lengths[0], lengths[1:]
        return f"tumbling:{size}" + "".join(f"+{part}" for part in offset)
    slide, size, *offset = lengths
    return f"sliding:{size}/{slide}" + "".join(f"+{part}" for part in offset)


def _closed(folder):
    """Windows of an hour that the watermark has closed, five minutes behind."""
    steps = read_rows(folder / "eowc_group_agg.csv")
    rows = [(ALL, step["tm"], step["foo_or_max"]) for step in steps if step["op"] == "in"]
    wanted = {(epoch_ms(step["tm"]), step["foo_or_max"]) for step in steps if step["op"] == "expect_closed"}
    return _case("eowc_group_agg", rows, "tumbling:1h", sorted(wanted), ("window_start", "max"), "--aggregate", "max",
                 "--out-of-orderness", "5m", "--at-end", "drop")


def _nexmark_q5(folder):
    """Of each window of 10 s, one each 2 s, the auctions with most bids."""
    bids = [(bid["auction"], bid["date_time"], 1) for bid in read_rows(folder / "nexmark_bids.csv")]
    wanted = [(row["auction"], row["num"]) for row in read_rows(folder / "expected_nexmark_q5.csv")]
    case = _case("nexmark q5", bids, "sliding:10s/2s", wanted, (), "--out-of-orderness", "unbounded")
    case.found = lambda outputs: _hottest(csv_rows(outputs["results"]))
    return case


def _hottest(results):
    counts = defaultdict(list)
    for row in results:
        counts[row["window_start"]].append((int(row["count"]), row["key"]))
    return [(key, str(count)) for window in counts.values() for count, key in window if count == max(window)[0]]


def _nexmark_q7(folder):
    """The highest bid of each 10 s; who made it is no fold."""
    bids = [(ALL, bid["date_time"], bid["price"]) for bid in read_rows(folder / "nexmark_bids.csv")]
    wanted = [(str(int(epoch_ms(row["date_time"])) // 10_000 * 10_000), row["price"])
              for row in read_rows(folder / "expected_nexmark_q7.csv")]
    return _case("nexmark q7", bids, "tumbling:10s", wanted, ("window_start", "max"), "--aggregate", "max",
                 "--out-of-orderness", "unbounded")

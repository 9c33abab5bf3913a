"""What a real Flink gave: the DataStream API (golden/) and SQL (sql/).

A case of golden/ is a folder with input.csv, params.json, expected.csv and summary.json: made by running Flink at
parallelism 1 with a watermark after each record. expected.csv is what --trace prints with --order flink.
"""
import json

from cases import PLAIN, TRACED, Case, Source, csv_rows, epoch_ms, picked, read_rows

TRACE = ("kind", "key", "window_start", "window_end", "first_ts", "sum", "count", "watermark_seen", "watermark_trigger")
FLINKS_FOLD = ("key", "window_start", "window_end", "first_ts", "sum")
NOTHING_FIRES = "count:1000000000"  # for cases without windows: no row is late in it

EXCEPTIONS = {
    "agg_maxBy_tiny": "maxBy returns a whole record, not a fold",
    "agg_maxBy_last_tiny": "maxBy returns a whole record, not a fold",
    "agg_minBy_tiny": "minBy returns a whole record, not a fold",
    "double_rand": "sums of binary floating point; ours are exact",
    "double_tiny": "sums of binary floating point; ours are exact",
    "count5_slide2_tiny": "there are no sliding count windows",
    "inactivity30_record_ooo_tiny": "its timer moves back with an older row; ours stands",
    "tvf_edge": "DECIMAL(18,2) rounds each amount; ours are exact",
    "legacy_edge": "DECIMAL(18,2) rounds each amount; ours are exact",
    "cumulate_rand": "there are no cumulating windows",
}

# Of sessions that one row bridges Flink keeps the fields of whichever its hash set lists first; ours are the first
# arrival's. Case -> (key, window_start) -> first_ts of Flink and ours.
BRIDGED = {
    "session_first_element": {("a", "0"): ("0", "20000"), ("c", "0"): ("15000", "30000")},
    "session_tiny_late_join_lateness20s": {("a", "0"): ("20500", "0")},
    "session_rand": {("k00", "1715421878231"): ("1715421889021", "1715421878231"),
                     ("k16", "1715422121799"): ("1715422145331", "1715422121799")},
}


def golden(folder):
    """The cases of a folder of vectors."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    cases = [_golden_case(path) for path in folders if path.name not in EXCEPTIONS]
    return Source(f"Flink, {folder.name}", cases, {path.name: EXCEPTIONS[path.name] for path in folders
                                                   if path.name in EXCEPTIONS})


def _golden_case(folder):
    parameters = json.loads((folder / "params.json").read_text())
    summary = json.loads((folder / "summary.json").read_text())
    threshold = parameters.get("threshold_cents")
    arguments = ["--key", "key", "--time", "ts_ms", "--value", "amount_cents", "--decimals", "0", *PLAIN[:-2],
                 "--alert", "none" if threshold is None else f"sum > {threshold}", *_window(parameters),
                 "--out-of-orderness", f"{parameters['bound_ms']}ms" if parameters["watermark_every"] else "unbounded",
                 "--allowed-lateness", f"{parameters.get('lateness_ms', 0)}ms"]
    counts = {"rows": summary["rows_in"], "results": summary["result"], "late": summary["late"],
              "alerts": summary["alert"] + summary["timer"]}
    files = [("input.csv", (folder / "input.csv").read_bytes())]
    lines = read_rows(folder / "expected.csv")
    fold = parameters.get("agg", "reduce")
    if fold == "reduce":
        return Case(folder.name, [*arguments, *TRACED], files, _trace(folder.name, lines), picked("trace", *TRACE), counts,
                    in_order=True)
    # Flink's sum, min and max keep a count of 1, and do not tell the watermark that fired them.
    return Case(folder.name, [*arguments, "--aggregate", fold], files,
                [tuple(line[name] for name in FLINKS_FOLD) for line in lines if line["kind"] == "result"],
                picked("results", "key", "window_start", "window_end", "first_time", fold), counts, in_order=True)


def _window(parameters):
    shape = {"tumbling": "tumbling:{size_ms}ms+{offset_ms}ms", "sliding": "sliding:{size_ms}ms/{slide_ms}ms",
             "session": "session:{gap_ms}ms", "count": "count:{count}", "inactivity": NOTHING_FIRES}
    window = shape[parameters["operator"]].format(**{"offset_ms": 0, **parameters})
    inactive = ["--inactive", f"{parameters['gap_ms']}ms"] if parameters["operator"] == "inactivity" else []
    return ["--window", window, *inactive]


def _trace(title, lines):
    """Flink's lines, but for what ours cannot have."""
    for line in lines:
        flinks, ours = BRIDGED.get(title, {}).get((line["key"], line["window_start"]), (None, None))
        if line["kind"] == "result" and line["first_ts"] == flinks:
            line["first_ts"] = ours
        if line["kind"] == "timer":  # that program also adds up rows; an alert of --inactive has no aggregates
            line["sum"] = line["count"] = ""
    return [tuple(line[name] for name in TRACE) for line in lines]


SQL_WINDOWS = {"tvf": "tumbling:10s", "legacy": "tumbling:10s", "hop": "sliding:60s/10s", "session": "session:10s"}
SQL_THRESHOLDS = {"tvf": 8000, "legacy": 8000, "hop": 35000, "session": None}


def sql(folder):
    """Window queries of Flink SQL; their order within a window is no promise."""
    names = sorted(path.stem for path in folder.glob("*.sql"))
    return Source("Flink, SQL", [_sql_case(folder, name) for name in names if name not in EXCEPTIONS],
                  {name: EXCEPTIONS[name] for name in names if name in EXCEPTIONS})


def _sql_case(folder, name):
    kind, _, data = name.partition("_")
    threshold = SQL_THRESHOLDS[kind]
    output = "results" if threshold is None else "alerts"
    arguments = ["--no-header", "--key", "1", "--time", "2", "--value", "3", "--time-output", "epoch-ms",
                 "--window", SQL_WINDOWS[kind], "--alert", "none" if threshold is None else f"sum > {threshold}"]
    lines = (folder / "expected" / f"{name}.streaming.csv").read_text().splitlines()[1:]
    return Case(name, arguments, [("input.csv", (folder / "data" / f"{data}.csv").read_bytes())],
                [_sql_row(line) for line in lines], lambda outputs: _sql_found(outputs[output]))


def _sql_row(line):
    """+I,start,end,id,total,count"""
    _, start, end, key, total, count = line.split(",")
    return epoch_ms(start), epoch_ms(end), key, float(total), count


def _sql_found(content):
    return [(row["window_start"], row["window_end"], row["key"], float(row["sum"]), row["count"])
            for row in csv_rows(content)]

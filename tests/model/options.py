"""The options of `run` that decide what comes out; those that only decide how fast are taken and ignored."""
import argparse
from dataclasses import dataclass, field

from rules import Rule
from times import Zone, parse_duration

PANDAS_NA = ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
             "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
DELIMITERS = {"tab": b"\t"}
OUTPUTS = ("alerts", "results", "late", "rejects", "trace", "stats")
FLAGS = ("--no-header", "--trim", "--decimal-comma", "--escape-formulas")
IGNORED = ("--parallelism", "-p", "--batch-rows", "--ring-slots", "--simd", "--scheduler", "--progress")


@dataclass
class Options:
    keys: list
    time: str
    value: str
    has_header: bool
    delimiter: bytes
    time_format: str
    zone: Zone
    decimals: int
    bound_ms: int          # None: unbounded
    max_future_ms: int     # None: off
    lateness_ms: int
    window_kind: str       # tumbling, sliding, session, count
    size_ms: int           # tumbling, sliding
    slide_ms: int          # the size, if tumbling
    offset_ms: int
    gap_ms: int            # session
    window_rows: int       # count
    clock: str             # event, virtual
    rate: int              # rows a second of the virtual clock
    inputs: str            # concat, partitions
    history: int
    inactive_ms: int       # None: off
    fire_at_end: bool
    aggregates: list
    rules: list
    rejects_max: int       # None: no limit
    rejects_percent: float  # None: no limit
    na: set
    trim: bool
    decimal_comma: bool
    row_bytes_max: int
    format: str
    time_output: str
    escape_formulas: bool
    order: str
    outputs: dict = field(default_factory=dict)       # name -> file
    side_outputs: dict = field(default_factory=dict)  # rule's name -> file


def parse_options(arguments):
    """(options, input files) of the arguments after `run`."""
    given = _argument_parser().parse_args(_joined(arguments))
    clock, _, rate = given.clock.partition(":")
    options = Options(
        keys=given.key.split(","), time=given.time, value=given.value, has_header=not given.no_header,
        delimiter=DELIMITERS.get(given.delimiter, given.delimiter.encode()),
        time_format=given.time_format, zone=Zone(given.timezone), decimals=given.decimals,
        bound_ms=None if given.out_of_orderness == "unbounded" else parse_duration(given.out_of_orderness),
        max_future_ms=None if given.max_future is None else parse_duration(given.max_future),
        lateness_ms=parse_duration(given.allowed_lateness),
        **_window(given.window), clock=clock, rate=int(rate or 0), inputs=given.inputs,
        fire_at_end=given.at_end == "fire", history=given.history,
        inactive_ms=None if given.inactive in (None, "off") else parse_duration(given.inactive),
        aggregates=given.aggregate.split(","), rules=_rules(given.alert),
        rejects_max=_rejects_max(given.max_rejects), rejects_percent=_rejects_percent(given.max_rejects),
        na={text.encode() for text in ([""] + given.na.split(",") if given.na is not None else PANDAS_NA)},
        trim=given.trim, decimal_comma=given.decimal_comma, row_bytes_max=given.max_row_bytes,
        format=given.format, time_output=given.time_output,
        escape_formulas=given.escape_formulas, order=given.order,
        outputs={name: getattr(given, name) for name in OUTPUTS},
        side_outputs=dict(text.partition("=")[::2] for text in given.side_output or []))
    return options, given.files or ["-"]


def _joined(arguments):
    """Option and value as one argument, so that argparse takes values that begin with a minus."""
    joined, rest = [], list(arguments)
    while rest:
        word = rest.pop(0)
        takes_value = word.startswith("--") and word not in FLAGS and "=" not in word
        joined.append(f"{word}={rest.pop(0)}" if takes_value else word)
    return joined


def _argument_parser():
    parser = argparse.ArgumentParser(prog="model.py", allow_abbrev=False)
    add = parser.add_argument
    add("files", nargs="*")
    add("--key", default="transaction_id")
    add("--time", default="timestamp")
    add("--value", default="amount")
    add("--delimiter", default=",")
    add("--time-format", default="auto")
    add("--timezone", default="UTC")
    add("--decimals", type=int, default=6)
    add("--out-of-orderness", default="1s")
    add("--max-future")
    add("--allowed-lateness", default="0")
    add("--window", default="tumbling:10s")
    add("--clock", default="event")
    add("--inputs", choices=("concat", "partitions"), default="concat")
    add("--history", type=int, default=20)
    add("--inactive")
    add("--side-output", action="append")
    add("--at-end", choices=("fire", "drop"), default="fire")
    add("--aggregate", default="sum,count")
    add("--alert", action="append")
    add("--order", choices=("global", "key", "flink"), default="global")
    add("--format", choices=("csv", "jsonl", "flink"), default="csv")
    add("--max-rejects")
    add("--na")
    add("--max-row-bytes", type=int, default=1 << 20)
    add("--time-output", choices=("plain", "iso", "epoch-ms"), default="plain")
    for flag in FLAGS:
        add(flag, action="store_true")
    for name in OUTPUTS:
        add("--" + name)
    for name in IGNORED:
        add(name)
    return parser


def _window(text):
    """The fields of Options that --window decides."""
    kind, _, shape = text.partition(":")
    fields = {"window_kind": kind, "size_ms": None, "slide_ms": None, "offset_ms": None, "gap_ms": None,
              "window_rows": None}
    if kind == "session":
        return fields | {"gap_ms": parse_duration(shape)}
    if kind == "count":
        return fields | {"window_rows": int(shape)}
    sizes, _, offset = shape.partition("+")
    size, _, slide = sizes.partition("/")
    return fields | {"size_ms": parse_duration(size), "slide_ms": parse_duration(slide or size),
                     "offset_ms": parse_duration(offset or "0")}


def _rules(texts):
    if texts == ["none"]:
        return []
    return [Rule(text) for text in texts or ["sum > 8000"]]


def _rejects_max(text):
    return int(text) if text and not text.endswith("%") else None


def _rejects_percent(text):
    return float(text[:-1]) if text and text.endswith("%") else None

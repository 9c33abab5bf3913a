"""What a case taken from another engine is: an input, options, and what must come out."""
import csv
import io
from dataclasses import dataclass, field
from datetime import datetime, timezone

ORDERS = ("flink", "global")
PLAIN = ("--time-format", "epoch-ms", "--time-output", "epoch-ms", "--alert", "none")
TRACED = ("--trace", "trace.out")  # only where it is looked at


@dataclass
class Case:
    title: str
    arguments: list   # of `run`, without --order
    files: list       # of (name, bytes)
    wanted: list      # of tuples of texts
    found: callable   # outputs of a run (name -> bytes) -> tuples as in `wanted`
    counts: dict = field(default_factory=dict)  # what the stats must say
    in_order: bool = False  # with --order flink they come in the order of `wanted`; else any order will do


@dataclass
class Source:
    """Where cases come from."""
    title: str
    cases: list
    exceptions: dict  # title -> why there is no case


def csv_bytes(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def csv_rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


def read_rows(path):
    return csv_rows(path.read_bytes())


def picked(output, *columns):
    """A `found`: these columns of the lines of one output."""
    return lambda outputs: [tuple(row[name] for name in columns) for row in csv_rows(outputs[output])]


def epoch_ms(text):
    """Of a time as other engines write it, in UTC."""
    return str(round(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000))

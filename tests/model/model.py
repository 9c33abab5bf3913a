#!/usr/bin/env python3
"""The model: what `tidemark run` prints, worked out naively in one thread.

It is slow and simple on purpose, and shares nothing with the engine but the promises to the user. Usable as a module
(`run`) and as a program: model.py run [options] [FILE...].
"""
import json
import sys
from dataclasses import dataclass, field
from fractions import Fraction

from amounts import AmountError, parse_amount
from formats import Emission, Printer, aggregate, as_fraction, csv_line
from options import parse_options
from records import read_records
from rules import AGGREGATES
from times import TimeError, parse_time

WATERMARK_MIN, WATERMARK_MAX = -2 ** 63, 2 ** 63 - 1
CLASSES = ("rows", "used", "late", "gap", "missing", "malformed", "future")
REJECT_CLASSES = {"missing key": "missing", "missing time": "missing", "missing value": "missing", "future": "future"}

sys.set_int_max_str_digits(0)


class Failure(Exception):
    """The run ends with this exit status and leaves no outputs but, for 3, the rejects."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Rejected(Exception):
    """A row is not used; the argument is the reason as --rejects prints it."""


@dataclass
class Outcome:
    status: int
    outputs: dict = field(default_factory=dict)  # name -> bytes; alerts, results, late, rejects
    counts: dict = field(default_factory=dict)


@dataclass
class Columns:
    keys: list
    time: int
    value: int
    names: list  # of the key columns

    def used(self):
        return [*self.keys, self.time, self.value]


def run(options, inputs):
    """inputs: list of (name, bytes)."""
    job = _Job(options, len(inputs) > 1)
    try:
        for name, data in inputs:
            job.read(name, data)
        job.finish()
    except Failure as failure:
        return Outcome(failure.status, {"rejects": job.outputs["rejects"]} if failure.status == 3 else {})
    return Outcome(0, job.outputs, job.counts)


def find_columns(options, header):
    """header: the fields of the first record, or None."""
    wanted = [*options.keys, options.time, options.value]
    found = [_find_column(name, header) for name in wanted]
    # A column that the header leaves without a name prints under its number.
    names = [options.keys[i] if header is None else _name(header[found[i]]) or options.keys[i]
             for i in range(len(options.keys))]
    if header is None:
        names = ["key"] if len(names) == 1 else [f"key{i + 1}" for i in range(len(names))]
    return Columns(found[:-2], found[-2], found[-1], names)


def _name(field):
    return field.decode(errors="surrogateescape").strip(" \t")


def _find_column(wanted, header):
    names = [_name(field) for field in header or []]
    if wanted in names:
        return names.index(wanted)
    if wanted.isdigit() and 1 <= int(wanted) and (header is None or int(wanted) <= len(names)):
        return int(wanted) - 1
    raise Failure(2)


class _Job:
    def __init__(self, options, several_files):
        self.options = options
        self.several_files = several_files
        self.counts = dict.fromkeys(CLASSES + ("results", "alerts"), 0)
        self.greatest_ms = None
        self.watermark = WATERMARK_MIN
        self.windows = {}  # end -> key -> (first event time, list of units), keys in order of first arrival
        self.passed = {}   # the same of those that have fired, or were born when they should have, and are not gone
        self.printer = None
        self.outputs = {name: bytearray() for name in ("alerts", "results", "late", "rejects")}

    def read(self, name, data):
        records = read_records(data, self.options.delimiter)
        columns = self._columns(records)
        if self.printer is None:
            self.printer = Printer(self.options, columns.names)
            self._print_headers()
        for record in records:
            self._take(name, record, columns)

    def _columns(self, records):
        if not self.options.has_header:
            return find_columns(self.options, None)
        header = next(records, None)
        if header is None or header.open_quote or len(header.raw) > self.options.row_bytes_max:
            raise Failure(1)
        return find_columns(self.options, header.fields)

    def _print_headers(self):
        file_column = [b"file"] if self.several_files else []
        self.outputs["late"] += csv_line([*file_column, b"line", b"watermark_ms", b"record"])
        self.outputs["rejects"] += csv_line([*file_column, b"line", b"byte", b"reason", b"record"])
        self.outputs["results"] += self.printer.header(with_rule=False)
        self.outputs["alerts"] += self.printer.header(with_rule=True)

    def _take(self, name, record, columns):
        self.counts["rows"] += 1
        place = [name.encode()] if self.several_files else []
        place.append(b"%d" % record.line)
        try:
            key, time_ms, units = classify(self.options, record, columns)
            self._refuse_future(time_ms)
        except Rejected as rejected:
            self._reject(str(rejected), record, place)
            return
        self._assign(key, time_ms, units, record, place)
        self.greatest_ms = time_ms if self.greatest_ms is None else max(self.greatest_ms, time_ms)
        if self.options.bound_ms is not None:
            self._advance(max(self.greatest_ms - self.options.bound_ms - 1, WATERMARK_MIN))

    def _refuse_future(self, time_ms):
        limit = self.options.max_future_ms
        if limit is not None and self.greatest_ms is not None and time_ms > self.greatest_ms + limit:
            raise Rejected("future")

    def _reject(self, reason, record, place):
        self.counts[REJECT_CLASSES.get(reason, "malformed")] += 1
        raw = record.raw[:self.options.row_bytes_max]
        self.outputs["rejects"] += csv_line([*place, b"%d" % record.byte, reason.encode(), raw])
        if self.options.rejects_max is not None and self._rejected() > self.options.rejects_max:
            raise Failure(3)

    def _rejected(self):
        return self.counts["missing"] + self.counts["malformed"] + self.counts["future"]

    def _assign(self, key, time_ms, units, record, place):
        size, offset = self.options.size_ms, self.options.offset_ms
        end = (time_ms - offset) // size * size + offset + size
        if end - 1 + self.options.lateness_ms <= self.watermark:
            self.counts["late"] += 1
            self.outputs["late"] += csv_line([*place, b"%d" % self.watermark, record.raw])
            return
        self.counts["used"] += 1
        is_passed = end - 1 <= self.watermark
        window = (self.passed if is_passed else self.windows).setdefault(end, {})
        window.setdefault(key, (time_ms, []))[1].append(units)
        if is_passed:
            self._emit(Emission(end - size, end, key, *window[key], self.watermark))

    def _advance(self, watermark):
        """The watermark moves; every window it passes fires."""
        if watermark <= self.watermark:
            return
        self.watermark = watermark
        for end in sorted(end for end in self.windows if end - 1 <= watermark):
            self.passed[end] = self.windows.pop(end)
            for key, (first_ms, amounts) in self.passed[end].items():
                self._emit(Emission(end - self.options.size_ms, end, key, first_ms, amounts, watermark))

    def _emit(self, emission):
        values = {name: as_fraction(aggregate(name, emission.amounts, self.options.decimals)) for name in AGGREGATES}
        holding = [rule for rule in self.options.rules if rule.holds(values)]
        self.counts["results"] += 1
        self.counts["alerts"] += len(holding)
        if self.options.format == "flink":
            self.outputs["alerts"] += self.printer.flink(emission, holding)
            return
        self.outputs["results"] += self.printer.result(emission)
        for rule in holding:
            self.outputs["alerts"] += self.printer.result(emission, rule)

    def finish(self):
        """The end of the input counts as one more row."""
        if self.options.fire_at_end:
            self._advance(WATERMARK_MAX)
        limit, rows = self.options.rejects_percent, self.counts["rows"]
        if limit is not None and Fraction(self._rejected() * 100) > Fraction(limit) * rows:
            raise Failure(3)
        assert rows == sum(self.counts[name] for name in CLASSES[1:])


def classify(options, record, columns):
    """(key, event time, units) of a usable row, or Rejected with the first reason in order of precedence."""
    if record.open_quote:
        raise Rejected("unbalanced quote")
    if len(record.raw) > options.row_bytes_max:
        raise Rejected("row too long")
    if len(record.fields) <= max(columns.used()):
        raise Rejected("too few fields")
    if any(0 in record.fields[column] for column in columns.used()):
        raise Rejected("NUL byte")
    return _values(options, record.fields, columns)


def _values(options, fields, columns):
    key = tuple(_trim(fields[column]) if options.trim else fields[column] for column in columns.keys)
    if any(part in options.na for part in key):
        raise Rejected("missing key")
    if _trim(fields[columns.time]) in options.na:
        raise Rejected("missing time")
    if _trim(fields[columns.value]) in options.na:
        raise Rejected("missing value")
    try:
        time_ms = parse_time(fields[columns.time], options.time_format, options.zone)
        return key, time_ms, parse_amount(fields[columns.value], options.decimals, options.decimal_comma)
    except TimeError:
        raise Rejected("malformed time") from None
    except AmountError as error:
        raise Rejected(str(error)) from None


def _trim(field):
    return field.strip(b" \t")


def main():
    options, files = parse_options(sys.argv[2:])
    inputs = [(name, sys.stdin.buffer.read() if name == "-" else open(name, "rb").read()) for name in files]
    outcome = run(options, inputs)
    if outcome.status == 0:
        outcome.outputs["stats"] = json.dumps({"counts": outcome.counts}, indent=2).encode() + b"\n"
    if "-" not in options.outputs.values():
        options.outputs["alerts"] = options.outputs["alerts"] or "-"
    for name, target in options.outputs.items():
        if target and name in outcome.outputs:
            _write(target, outcome.outputs[name])
    return outcome.status


def _write(target, content):
    if target == "-":
        sys.stdout.buffer.write(content)
    else:
        with open(target, "wb") as file:
            file.write(content)


if __name__ == "__main__":
    sys.exit(main())

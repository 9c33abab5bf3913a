#!/usr/bin/env python3
"""The model: what `tidemark run` prints, worked out naively in one thread.

It is slow and simple on purpose, and shares nothing with the engine but the promises to the user. Usable as a module
(`run`) and as a program: model.py run [options] [FILE...].
"""
import json
import sys
from dataclasses import dataclass, field
from fractions import Fraction

from inputs import WATERMARK_MIN, Failure, open_inputs
from options import parse_options
from outputs import Outputs
from rows import Rejected, classify
from timers import make_timers
from windows import Row, make_windows

WATERMARK_MAX = 2 ** 63 - 1
CLASSES = ("rows", "used", "late", "gap", "missing", "malformed", "future")
REJECT_CLASSES = {"missing key": "missing", "missing time": "missing", "missing value": "missing", "future": "future"}

sys.set_int_max_str_digits(0)


@dataclass
class Outcome:
    status: int
    outputs: dict = field(default_factory=dict)  # name -> bytes: alerts, results, late, rejects, trace, side_NAME
    counts: dict = field(default_factory=dict)


def run(options, inputs):
    """inputs: list of (name, bytes)."""
    rejects = {}
    try:
        stream = open_inputs(options, inputs)
        job = _Job(options, stream, len(inputs) > 1)
        rejects = {"rejects": job.outputs.contents["rejects"]}
        job.read()
        job.finish()
    except Failure as failure:
        return Outcome(failure.status, rejects if failure.status == 3 else {})
    return Outcome(0, job.outputs.contents, job.counts | job.outputs.counts)


class _Job:
    def __init__(self, options, stream, several_files):
        self.options = options
        self.stream = stream
        self.several_files = several_files
        self.counts = dict.fromkeys((*CLASSES, "unfired"), 0)
        self.outputs = Outputs(options, stream.columns.names, several_files)
        self.windows = make_windows(options)
        self.timers = make_timers(options)
        self.watermark = WATERMARK_MIN
        self.first_ms = None  # event time of the first accepted row
        self.accepted = 0

    def read(self):
        while source := self.stream.next_input():
            record = next(source.records, None)
            if record:
                self._take(source, record)
            else:
                self.stream.finish(source)
            self._advance(self.stream.watermark())

    def _take(self, source, record):
        self.counts["rows"] += 1
        place = ([source.name.encode()] if self.several_files else []) + [b"%d" % record.line]
        try:
            key, time_ms, units = classify(self.options, record, source.columns)
            self._refuse_future(source, time_ms)
        except Rejected as rejected:
            self._reject(str(rejected), record, place)
            return
        self._use(Row(self.counts["rows"], key, time_ms, units), record, place)
        source.accepted(time_ms)

    def _refuse_future(self, source, time_ms):
        limit = self.options.max_future_ms
        if limit is not None and source.greatest_ms is not None and time_ms > source.greatest_ms + limit:
            raise Rejected("future")

    def _reject(self, reason, record, place):
        self.counts[REJECT_CLASSES.get(reason, "malformed")] += 1
        self.outputs.reject(place, record, reason)
        if self.options.rejects_max is not None and self._rejected() > self.options.rejects_max:
            raise Failure(3)

    def _rejected(self):
        return self.counts["missing"] + self.counts["malformed"] + self.counts["future"]

    def _use(self, row, record, place):
        clock = self._arrive(row)
        taken, firing = self.windows.take(row, clock)
        is_late = not taken and self.options.clock == "event" and row.time_ms + self.options.lateness_ms <= self.watermark
        self.counts["used" if taken else "late" if is_late else "gap"] += 1
        if is_late:
            self.outputs.late(place, record, row, self.watermark)
        self.outputs.fire_all(firing, self.watermark, self.watermark)
        if self.timers and not is_late:
            self.timers.activity(row)

    def _arrive(self, row):
        """Sets the time that decides a row's windows; returns where their clock stands before the row."""
        if self.options.clock == "event":
            row.clock_ms = row.time_ms
            return self.watermark
        self.first_ms = row.time_ms if self.first_ms is None else self.first_ms
        row.clock_ms = self.first_ms + 1000 * self.accepted // self.options.rate
        self.accepted += 1
        for window in self.windows.due(row.clock_ms - 1):
            self.outputs.fire(window, self.watermark, self.watermark)
        return row.clock_ms - 1

    def _advance(self, watermark, is_end=False):
        """The watermark moves; every window it passes fires, then the timers."""
        if watermark <= self.watermark:
            return
        seen, self.watermark = self.watermark, watermark
        if self.options.clock == "event" or is_end:
            for window in self.windows.due(watermark):
                self.outputs.fire(window, seen, watermark)
        for timer in self.timers.due(watermark) if self.timers else ():
            self.outputs.inactive(timer, seen, watermark)

    def finish(self):
        """The end of the input counts as one more row."""
        if self.options.fire_at_end:
            self._advance(WATERMARK_MAX, is_end=True)
        else:
            self.counts["unfired"] = len(list(self.windows.due(WATERMARK_MAX)))
        limit, rows = self.options.rejects_percent, self.counts["rows"]
        if limit is not None and Fraction(self._rejected() * 100) > Fraction(limit) * rows:
            raise Failure(3)
        assert rows == sum(self.counts[name] for name in CLASSES[1:])


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

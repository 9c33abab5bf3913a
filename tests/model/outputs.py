"""What comes out: results, alerts, late and rejected rows, side outputs and the trace, in the order they happen."""
from amounts import decimal_text
from formats import Emission, Printer, Text, aggregate, as_fraction, csv_line
from history import History
from rules import AGGREGATES

TRACE_HEADER = (b"window_start", b"window_end", b"first_ts", b"sum", b"count", b"watermark_seen", b"watermark_trigger")
INACTIVE = "inactive"  # the rule of the alerts of --inactive


class Outputs:
    """Prints, and counts results and alerts."""

    def __init__(self, options, key_names, several_files):
        self.options = options
        self.printer = Printer(options, key_names)
        self.text = Text(options)
        self.history = History(options.history, options.decimals)
        self.counts = {"results": 0, "alerts": 0}
        self.contents = {name: bytearray() for name in ("alerts", "results", "late", "rejects", "trace")}
        self.side_names = {name: f"side_{name}" for name in options.side_outputs}
        for name in self.side_names.values():
            self.contents[name] = bytearray()
        self._print_headers([b"file"] if several_files else [], key_names)

    def _print_headers(self, file_column, key_names):
        self.contents["late"] += csv_line([*file_column, b"line", b"watermark_ms", b"record"])
        self.contents["rejects"] += csv_line([*file_column, b"line", b"byte", b"reason", b"record"])
        self.contents["results"] += self.printer.header(with_rule=False)
        for name in ("alerts", *self.side_names.values()):
            self.contents[name] += self.printer.header(with_rule=True)
        trace_keys = [name.encode(errors="surrogateescape") for name in key_names] if len(key_names) > 1 else [b"key"]
        self.contents["trace"] += csv_line([b"kind", *map(self.text, trace_keys), *TRACE_HEADER])

    def _alerts_of(self, rule):
        """The output that the alerts of a rule go to."""
        return self.contents[self.side_names.get(rule, "alerts")]

    def reject(self, place, record, reason):
        raw = record.raw[:self.options.row_bytes_max]
        self.contents["rejects"] += csv_line([*self._place(place), b"%d" % record.byte, reason.encode(), self.text(raw)])

    def _place(self, place):
        """place: the file's name, if there are several, and the line."""
        return [*map(self.text, place[:-1]), place[-1]]

    def late(self, place, record, row, watermark):
        self.contents["late"] += csv_line([*self._place(place), b"%d" % watermark, self.text(record.raw)])
        self._trace("late", row.key, "", "", row.time_ms, self._amount(row.units), 1, watermark, "")

    def fire_all(self, windows, seen, watermark):
        """Those that one row fires. They are judged by end; the order of their lines changes nothing else."""
        holding = {window: self._judge(window) for window in sorted(windows, key=lambda window: window.end_ms)}
        for window in windows:
            self._print(window, holding[window], seen, watermark)

    def fire(self, window, seen, watermark):
        """seen: the watermark before the one that fires the window."""
        self.fire_all([window], seen, watermark)

    def _print(self, window, holding, seen, watermark):
        amounts = [row.units for row in window.rows]
        emission = Emission(window.start_ms, window.end_ms, window.key, window.rows[0].time_ms, amounts, watermark)
        self.counts["results"] += 1
        self.counts["alerts"] += len(holding)
        for rule in holding:
            self._alerts_of(rule.label).extend(self.printer.alert(emission, rule.label))
            self._trace_window("alert", emission, seen)
        self._trace_window("result", emission, seen)
        self.contents["results"] += self.printer.result(emission)
        if self.options.format == "flink":
            self.contents["alerts"] += self.printer.result(emission)

    def _judge(self, window):
        """The rules that hold for a window that fires."""
        window.fired = True
        amounts = [row.units for row in window.rows]
        if not self.options.rules:
            return []
        values = {name: as_fraction(aggregate(name, amounts, self.options.decimals)) for name in AGGREGATES}
        values |= self.history.fire(window, sum(amounts))
        return [rule for rule in self.options.rules if rule.holds(values)]

    def inactive(self, timer, seen, watermark):
        self.counts["alerts"] += 1
        self._alerts_of(INACTIVE).extend(self.printer.inactive(timer, watermark, INACTIVE))
        self._trace("timer", timer.key, "", timer.deadline_ms, timer.last_ms, "", "", seen, watermark)

    def _trace_window(self, kind, emission, seen):
        is_count = self.options.window_kind == "count"
        self._trace(kind, emission.key, "" if is_count else emission.start_ms, "" if is_count else emission.end_ms,
                    emission.first_ms, self._amount(sum(emission.amounts)), len(emission.amounts), seen,
                    emission.watermark_ms)

    def _amount(self, units):
        return decimal_text(units, self.options.decimals)

    def _trace(self, kind, key, *cells):
        self.contents["trace"] += csv_line([kind.encode(), *map(self.text, key), *(str(cell).encode() for cell in cells)])

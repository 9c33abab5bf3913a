"""How results, alerts, late and rejected rows print."""
import json
import re
from dataclasses import dataclass
from fractions import Fraction

from amounts import decimal_text, divide_half_even, sqrt_half_even
from times import time_text

ROUNDED_SCALE = 6  # decimals of mean and stddev


@dataclass
class Emission:
    """One window of one key that fired."""
    start_ms: int
    end_ms: int
    key: tuple      # of bytes
    first_ms: int   # event time of the first arrival
    amounts: list   # units of every row, in order of arrival
    watermark_ms: int


def aggregate(name, amounts, decimals):
    """(units, scale) of an aggregate, or None where SQL has NULL."""
    if name == "mean":
        return divide_half_even(sum(amounts) * 10 ** ROUNDED_SCALE, len(amounts) * 10 ** decimals), ROUNDED_SCALE
    if name == "stddev":
        return _stddev(amounts, decimals)
    if name == "count":
        return len(amounts), 0
    pick = {"sum": sum, "min": min, "max": max, "first": lambda a: a[0], "last": lambda a: a[-1]}
    return pick[name](amounts), decimals


def _stddev(amounts, decimals):
    count = len(amounts)
    if count < 2:
        return None
    spread = count * sum(a * a for a in amounts) - sum(amounts) ** 2
    scale_up = 10 ** (2 * ROUNDED_SCALE)
    return sqrt_half_even(spread * scale_up, count * (count - 1) * 10 ** (2 * decimals)), ROUNDED_SCALE


def as_fraction(value):
    return None if value is None else Fraction(value[0], 10 ** value[1])


def csv_line(fields):
    """One line of bytes fields; quoted only where it must be."""
    return b",".join(_csv_field(field) for field in fields) + b"\n"


def _csv_field(field):
    if any(byte in field for byte in b',"\r\n'):
        return b'"' + field.replace(b'"', b'""') + b'"'
    return field


class Text:
    """Fields that are text, as spreadsheets may be given them."""

    def __init__(self, options):
        self.pattern = re.compile(rb"[=+\-@\t\r\n\0]" if options.escape_formulas else rb"(?!)")

    def __call__(self, field):
        return b"'" + field if self.pattern.match(field) else field


class Printer:
    """Prints emissions as the options ask for."""

    def __init__(self, options, key_names):
        self.options = options
        self.text = Text(options)
        self.names = ["window_start", "window_end", *key_names, "first_time", *options.aggregates, "watermark_ms"]

    def header(self, with_rule):
        if self.options.format != "csv":
            return b""
        names = self.names + ["rule"] if with_rule else self.names
        return csv_line([self.text(name.encode(errors="surrogateescape")) for name in names])

    def result(self, emission):
        """With the lab's format a line that stands among the alerts as well."""
        if self.options.format == "flink":
            return f"Anomaly Detection> {self._flink_row(emission)}\n".encode()
        return self._line(self.names, self._cells(emission))

    def alert(self, emission, label):
        """label: the rule's name or text."""
        if self.options.format == "flink":
            return f"이상 거래 감지: {self._flink_row(emission)}, 현재 워터마크: {emission.watermark_ms}\n".encode()
        return self._line([*self.names, "rule"], [*self._cells(emission), self._text(label.encode())])

    def inactive(self, timer, watermark, label):
        """The alert of a key that has been silent: no aggregates."""
        if self.options.format == "flink":
            row = f"({_key_texts(timer.key)}, {timer.last_ms}, {timer.deadline_ms})"
            return f"{label}: {row}, 현재 워터마크: {watermark}\n".encode()
        blank = [b""] * (1 + len(self.options.aggregates))
        cells = [self._time(timer.last_ms), self._time(timer.deadline_ms), *map(self._text, timer.key), *blank,
                 str(watermark).encode(), self._text(label.encode())]
        return self._line([*self.names, "rule"], cells)

    def _line(self, names, cells):
        return csv_line(cells) if self.options.format == "csv" else self._json_line(names, cells)

    def _cells(self, emission):
        options = self.options
        values = [aggregate(name, emission.amounts, options.decimals) for name in options.aggregates]
        return [self._time(emission.start_ms), self._time(emission.end_ms), *map(self._text, emission.key),
                self._time(emission.first_ms),
                *(b"" if value is None else decimal_text(*value).encode() for value in values),
                str(emission.watermark_ms).encode()]

    def _text(self, field):
        return self.text(field) if self.options.format == "csv" else field

    def _time(self, ms):
        return time_text(ms, self.options.time_output, self.options.zone).encode()

    def _json_line(self, names, cells):
        members = (f"{_json_text(name)}:{self._json_value(index, name, cell)}"
                   for index, (name, cell) in enumerate(zip(names, cells)))
        return ("{" + ",".join(members) + "}\n").encode()

    def _json_value(self, index, name, cell):
        key_count = len(self.options.keys)
        is_time = index < 2 or index == 2 + key_count
        is_text = 2 <= index < 2 + key_count or name == "rule" or is_time and self.options.time_output != "epoch-ms"
        is_blank = is_time and not cell
        if is_text and not is_blank:
            return _json_text(cell.decode(errors="surrogateescape"))
        return cell.decode() or "null"

    def _flink_row(self, emission):
        units, scale = aggregate("sum", emission.amounts, self.options.decimals)
        return f"({_key_texts(emission.key)}, {emission.first_ms}, {float(Fraction(units, 10 ** scale))!r})"


def _key_texts(key):
    return ", ".join(repr(part.decode(errors="surrogateescape")) for part in key)


def _json_text(text):
    """A JSON string; valid text as it is, a byte that is no UTF-8 as \\udcXX."""
    return '"' + "".join(json.dumps(c, ensure_ascii="\udc80" <= c <= "\udcff")[1:-1] for c in text) + '"'

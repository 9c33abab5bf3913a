"""Input files: their columns, and in which order several give their rows."""
from dataclasses import dataclass

from records import read_records

WATERMARK_MIN = -2 ** 63


class Failure(Exception):
    """The run ends with this exit status and leaves no outputs but, for 3, the rejects."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


@dataclass
class Columns:
    keys: list
    time: int
    value: int
    names: list  # of the key columns

    def used(self):
        return [*self.keys, self.time, self.value]


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


class Input:
    """One file; its records, and how far its event time has come."""

    def __init__(self, options, name, data):
        self.name = name
        self.greatest_ms = None  # event time so far
        self.records = read_records(data, options.delimiter)
        self.columns = self._columns(options)

    def _columns(self, options):
        if not options.has_header:
            return find_columns(options, None)
        header = next(self.records, None)
        if header is None or header.open_quote or len(header.raw) > options.row_bytes_max:
            raise Failure(1)
        return find_columns(options, header.fields)

    def accepted(self, time_ms):
        self.greatest_ms = time_ms if self.greatest_ms is None else max(self.greatest_ms, time_ms)

    def watermark(self, bound_ms):
        if self.greatest_ms is None or bound_ms is None:
            return WATERMARK_MIN
        return max(self.greatest_ms - bound_ms - 1, WATERMARK_MIN)


class OneStream:
    """Files one after another, as if they were one: --inputs concat."""

    def __init__(self, options, inputs):
        self.options = options
        self.files = iter(inputs)
        self.current = Input(options, *next(self.files))
        self.columns = self.current.columns

    def next_input(self):
        """The one whose record is next, or None at the end."""
        return self.current

    def finish(self, source):
        """It has no more records."""
        following = next(self.files, None)
        self.current = following and Input(self.options, *following)
        if self.current:
            self.current.greatest_ms = source.greatest_ms

    def watermark(self):
        return self.current.watermark(self.options.bound_ms) if self.current else WATERMARK_MIN


class Partitions:
    """Files side by side: the next row is of the unfinished one whose greatest event time is least.

    A file is finished when it is its turn and it has no more.
    """

    def __init__(self, options, inputs):
        self.bound_ms = options.bound_ms
        self.unfinished = [Input(options, *file) for file in inputs]
        self.columns = self.unfinished[0].columns

    def next_input(self):
        return min(self.unfinished, key=_greatest, default=None)

    def finish(self, source):
        self.unfinished.remove(source)

    def watermark(self):
        return min((file.watermark(self.bound_ms) for file in self.unfinished), default=WATERMARK_MIN)


def _greatest(file):
    return float("-inf") if file.greatest_ms is None else file.greatest_ms


def open_inputs(options, inputs):
    """inputs: list of (name, bytes)."""
    return (Partitions if options.inputs == "partitions" else OneStream)(options, inputs)

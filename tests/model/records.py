"""CSV, one byte at a time: what a record is, where it starts, and what its fields hold.

Part of the model, which is written from the promises to the user and shares no code with the engine.
"""
from dataclasses import dataclass

CR, LF, QUOTE = 13, 10, 34
BOM = b"\xef\xbb\xbf"


@dataclass
class Record:
    fields: list      # bytes, unquoted
    raw: bytes        # as it stands in the input, without its line end
    line: int         # physical line where it starts, from 1
    byte: int         # offset where it starts, from 0
    open_quote: bool  # the input ended within quotes


def read_records(data, delimiter=b","):
    """Yields every record of the input; blank lines are no records."""
    reader = _Reader(data, delimiter[0])
    while reader.at < len(data):
        record = reader.next_record()
        if record.raw:
            yield record


class _Reader:
    def __init__(self, data, delimiter):
        self.data = data
        self.delimiter = delimiter
        self.at = len(BOM) if data.startswith(BOM) else 0
        self.line = 1

    def next_record(self):
        """Reads up to and with the line end. A record may be empty: a blank line."""
        data, start, start_line = self.data, self.at, self.line
        fields, field, state = [], bytearray(), "start"
        while self.at < len(data):
            byte = data[self.at]
            if state == "quoted":
                state = self._within_quotes(byte, field)
            elif byte in (CR, LF):
                break
            elif byte == self.delimiter:
                fields.append(bytes(field))
                field, state = bytearray(), "start"
            elif byte == QUOTE and state == "start":
                state = "quoted"
            else:
                field.append(byte)
                state = "bare"
            self.at += 1
        fields.append(bytes(field))
        raw = data[start:self.at]
        self._skip_line_end()
        return Record(fields, raw, start_line, start, state == "quoted")

    def _within_quotes(self, byte, field):
        """One byte between quotes; returns the next state."""
        if byte == QUOTE:
            if self.data[self.at + 1:self.at + 2] != b'"':
                return "bare"  # closed: what follows is text as it stands
            self.at += 1
        elif self._ends_line():
            self.line += 1
        field.append(byte)
        return "quoted"

    def _ends_line(self):
        """Is this byte the last of a physical line end: LF, CRLF or a lone CR?"""
        byte = self.data[self.at]
        return byte == LF or byte == CR and self.data[self.at + 1:self.at + 2] != b"\n"

    def _skip_line_end(self):
        if self.at < len(self.data):
            if not self._ends_line():
                self.at += 1
            self.at += 1
            self.line += 1

"""Random small files that try to be misread, and random options to read them with.

What the promises to the user leave open is not drawn: zone offsets past 23:59, exponents on grouped thousands, blanks
within parentheses, epoch texts without digits on both sides of the point.
"""
from dataclasses import dataclass
from pathlib import Path

from amounts import decimal_text
from hostile_windows import (NAMES, draw_clock, draw_formulas, draw_history, draw_inactive, draw_inputs, draw_lateness,
                             draw_side_outputs, draw_trace, draw_window, session_gap_ms)
from rules import AGGREGATES, HISTORY
from times import Zone, time_text

UTC = Zone("UTC")
BASE_MS = 1711846800000  # 2024-03-31 01:00:00 UTC: clocks change in Europe
NAMED_ZONES = [name for name in ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
               if Path("/usr/share/zoneinfo", name).exists()]
PATTERNS = ("%d/%m/%Y", "%d-%b-%Y", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %I:%M %p", "%Y-%j", "%Y%m%d%H%M%S",
            "%Y-%m-%dT%H:%M:%S.%f%z")
MANY_KEYS = 1500
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
NUMBERS = (*AGGREGATES, *AGGREGATES, "0", "1", "2.5", "8000", "1e3", ".5", "-3", "100.25", "1000000")  # in rules
PLAIN_KEYS = (b"a", b"b", b"c", b"tx1", b"tx2", b"0", b"A long key of more than sixteen bytes",
              b"A long key of more than sixteen bytez", b"exactly 16 bytes", b"exactly-17-bytes.")
ODD_KEYS = (b" a", b"a ", b"\ta", b"x,y", b"x;y", b'say "hi"', b'"', b"two\nlines", b"cr\rlf\r\n", b"it's",
            "키".encode(), "é😀".encode(), b"\xff\xfe", b"bad\xc3", b"back\\slash", b"nul\0byte", b"\x01\x7f",
            b"", b"NA", b"nan", b"null", b" ", b"NULL ", b"none", b"k" * 300,
            b"=1+1", b"+44", b"-5", b"@a", b'=cmd|"a",b', b"'=a")
ODD_TIMES = (b"", b"NA", b" nan ", b"soon", b"2024-02-30 00:00:00", b"2023-02-29", b"2024-13-01", b"2024-01-01 24:00:00",
             b"2024-01-01 23:59:60", b"2024-01-01 1:00:00", b"2024-01-01T", b"2024-01-01 00:00", b"24-01-01",
             b"2024-01-01 00:00:00.", b"2024-01-01 00:00:00 Z", b"2024-01-01Z", b"2024-01-01 00:00:00+0000",
             b"2024-01-01 00:00:00+24:00", b"2024-01-01 00:00:00-10:60", b"2024-01-01 00:00:00z", b"1e3", b"--5",
             b"\xef\xbc\x91", b"12a", b"0x10", b"99999999999999999999999", b"-4611686018427387905",
             b"2024-01-01\x0000:00:00", b"2024/01/01", b"00/00/0000", b"31-Foo-2024", b"2024-000", b"2023-366")
ODD_AMOUNTS = (b"", b"NA", b" N/A ", b"null", b"<NA>", b"-", b".", b"+", b"e5", b"1e", b"1e+", b"--1", b"1-", b"1 000",
               b"1,2,3", b"1,2345", b"12,34.5", b",123", b"1,234,", b"1.2.3", b"0x1F", b"inf", b"Infinity", b"$", b"()",
               b"(-5)", b"(5", b"5)", b"5$", b"$$5", b"+-5", b"-$-5", b"\xa35", b"1\x002", b"1_000", b"1.234,567",
               b"0.1234567", b"1e-7", b"0.0000001", b"123456789012345678901234567890", b"1e27", b"1e99999999999",
               b"1e-99999999999", b"0e99999999999", b"1.5000000000000000000000", b"0" * 60 + b"7", b"9" * 5000,
               b"\xc2\xa05", b"five", b"1,234.56", b"1.234,56", b"(1,249,330.00)", b"-0", b"(0)", b"5.", b".5", b"1e3")


@dataclass
class HostileCase:
    arguments: list  # of `run`, without inputs and outputs
    files: list      # of (name, bytes)


def draw_case(rng, features):
    """All that decides the output; the same rng state and features give the same case."""
    shape = _Shape(rng, features)
    file_count = rng.choice((1, 1, 1, 1, 1, 1, 2, 3) + ((2, 3, 5) if "partitions" in features else ()))
    files = [(f"in{i}.csv", shape.file()) for i in range(file_count)]
    rest = draw_inputs(rng, features, file_count) + draw_formulas(rng, features, shape.format)
    return HostileCase(shape.arguments + rest, files)


class _Shape:
    """The options of a case and the sort of rows that go with them."""

    def __init__(self, rng, features):
        self.rng = rng
        self.features = features
        self.arguments = []
        self.delimiter = self._option("--delimiter", ("tab", ";", "|", ","), 0.2) or ","
        self.byte = b"\t" if self.delimiter == "tab" else self.delimiter.encode()
        self.format = self._option("--format", ("csv", "jsonl", "flink"), 0.4) or "csv"
        self.header = rng.random() > 0.1
        self._columns()
        self._time_options()
        self._window_options()
        self._amount_options()
        self._policies()
        self._output_options()
        self.line_ends = rng.choice(([b"\n"], [b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n", b"\r"]))
        self.odd = rng.choice((0, 0.02, 0.02, 0.1, 0.4))  # how often a field is odd
        self.keys = self._key_set()
        self.flow = rng.choice(("forward", "forward", "forward", "disorder", "disorder", "still", "all late", "sparse"))
        if "--allowed-lateness" in self.arguments and rng.random() < 0.6:
            self.flow = "disorder"
        self.gap_ms = session_gap_ms(self.arguments)
        if self.gap_ms and rng.random() < 0.6:
            self.flow = "sessions"
            self.keys = rng.sample(PLAIN_KEYS, rng.choice((1, 2, 3)))

    def _option(self, name, values, probability):
        """Draws an option or leaves it out; returns the value drawn."""
        if self.rng.random() >= probability:
            return None
        value = self.rng.choice(values)
        self.arguments += [name, str(value)]
        return value

    def _flag(self, name, probability):
        drawn = self.rng.random() < probability
        if drawn:
            self.arguments.append(name)
        return drawn

    def _columns(self):
        rng = self.rng
        extra = [f"extra{i}" for i in range(rng.randrange(4))]
        composite = rng.random() < 0.15
        self.key_names = ["transaction_id"] + (["shop"] if composite else [])
        self.names = self.key_names + ["timestamp", "amount"] + extra
        rng.shuffle(self.names)
        if not self.header:
            self.arguments.append("--no-header")
        if not self.header or rng.random() < 0.1:
            for option, names in (("--key", self.key_names), ("--time", ["timestamp"]), ("--value", ["amount"])):
                self.arguments += [option, ",".join(str(self.names.index(name) + 1) for name in names)]
        elif composite:
            self.arguments += ["--key", ",".join(self.key_names)]
        elif rng.random() < 0.05:
            self.arguments += ["--time", rng.choice(("time stamp", "7", "0", "amuont"))]

    def _time_options(self):
        rng = self.rng
        forms = ("epoch-s", "epoch-ms", "epoch-us", "auto", *PATTERNS)
        self.time_format = self._option("--time-format", forms, 0.4) or "auto"
        self.base_ms = rng.choice((BASE_MS, BASE_MS, BASE_MS, 0, -86_400_000 * 400))
        self._option("--timezone", ["UTC", "+05:30", "-03:00", *NAMED_ZONES], 0.25)
        if self.time_format in ("epoch-ms", "epoch-us", "epoch-s") and rng.random() < 0.15:
            self.base_ms = rng.choice((2 ** 62 - 20_000, -2 ** 62 + 20_000))
        elif self.time_format == "auto" and rng.random() < 0.03:
            self.base_ms = rng.choice((-62_167_219_200_000, 253_402_300_790_000))  # years 0000 and 9999

    def _window_options(self):
        rng = self.rng
        window, self.size_ms = draw_window(rng, self.features)
        self.arguments += window
        self.arguments += draw_lateness(rng, window, self.size_ms)
        self._option("--max-future", ("0", "1ms", "5s", f"{3 * self.size_ms}ms", "1d", f"{2 ** 62}ms"), 0.2)
        self._option("--at-end", ("drop", "fire"), 0.15)
        self.arguments += draw_clock(rng, self.features, self.size_ms)

    def _amount_options(self):
        self.decimals = self._option("--decimals", (0, 1, 2, 3, 6, 9, 18), 0.4)
        self.decimals = 6 if self.decimals is None else self.decimals
        self.huge = self.rng.choice((0, 0.05, 0.9))  # how often an amount fills 64 bits or 27 digits
        self.decimal_comma = self._flag("--decimal-comma", 0.1)

    def _policies(self):
        self._option("--na", ("", "NA", "a", "-,none", "0,tx1"), 0.1)
        self._flag("--trim", 0.15)
        self._option("--max-row-bytes", (64, 100, 120, 1000), 0.1)
        self._option("--max-rejects", (0, 1, 3, 10, "0%", "5%", "50%", "100%"), 0.1)

    def _output_options(self):
        rng = self.rng
        if rng.random() < 0.5:
            names = rng.sample(AGGREGATES, rng.randint(1, len(AGGREGATES)))
            self.arguments += ["--aggregate", ",".join(names)]
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            self.arguments += ["--alert", draw_rule(rng, NUMBERS + HISTORY if "history" in self.features else NUMBERS)]
        if "--alert" not in self.arguments and rng.random() < 0.1:
            self.arguments += ["--alert", "none"]
        self.arguments += draw_history(rng, self.features)
        self.arguments += draw_inactive(rng, self.features, self.size_ms)
        self.arguments += draw_side_outputs(rng, self.features, self.arguments)
        self.arguments += draw_trace(rng, self.features)
        self._option("--time-output", ("plain", "iso", "epoch-ms"), 0.3)

    def _key_set(self):
        count = self.rng.choice((1, 1, 3, 3, 6, 6, MANY_KEYS))
        if count == MANY_KEYS:
            return [b"key%d" % i for i in range(count)]
        return self.rng.sample(PLAIN_KEYS, count)

    def file(self):
        rng = self.rng
        out = bytearray(b"\xef\xbb\xbf" if rng.random() < 0.1 else b"")
        if self.header and rng.random() > 0.02:
            out += self._record([self._header_name(name) for name in self.names]) + self._line_end()
        long_fields = rng.random() < 0.01
        count = rng.choice((0, 1, 2, 5, 20, 20, 60, 60, 300)) if not long_fields else 40
        if len(self.keys) == MANY_KEYS and rng.random() < 0.2:
            count = 2 * MANY_KEYS  # more results at once than a batch holds
        for fields in self._rows(count):
            if long_fields:
                fields.append(b"%b\n" % (b'long, "quoted"' * rng.randrange(3000)))
            out += self._record(fields) + self._line_end()
            if rng.random() < 0.03:
                out += self._line_end()
        return self._end(out)

    def _end(self, out):
        rng = self.rng
        if rng.random() < 0.2:
            while out and out[-1] in b"\r\n":
                out.pop()
        if rng.random() < 0.04:
            out += rng.choice((b'"', b'tx1,2024-03-31,"5', b'"a\n"",\n', b"\xef\xbb\xbf", b"\0", b",", b"\r"))
        return bytes(out)

    def _line_end(self):
        return self.rng.choice(self.line_ends)

    def _header_name(self, name):
        return self.rng.choice((b"%b", b"%b", b"%b", b" %b", b"%b ")) % name.encode()

    def _rows(self, count):
        """Fields of each row, times as the flow wants them."""
        for at_ms in self._times(count):
            fields = [self._field(name, at_ms) for name in self.names]
            if self.rng.random() < self.odd / 4:
                self.rng.choice((fields.pop, lambda: fields.append(b"extra"), fields.clear))()
            yield fields or [b""]

    def _times(self, count):
        rng, now, size = self.rng, self.base_ms, self.size_ms
        if self.flow == "sessions":
            yield from self._session_times(count)
            return
        if self.flow in ("still", "all late"):
            yield now + size * 5
        far = {"forward": 1, "disorder": 1, "still": 0, "all late": 0, "sparse": 30}[self.flow]
        for _ in range(count):
            now += far * rng.choice((0, 1, size // 10, size // 3, rng.randrange(size + 1)))
            back = rng.choice((0, 0, 1, 1000, size, rng.randrange(3 * size))) if self.flow == "disorder" else 0
            yield now - back + (size * rng.randrange(5) if self.flow == "still" else 0)

    def _session_times(self, count):
        """Steps about a gap long, and rows so late that sessions have fired which they extend or join."""
        rng, now, gap = self.rng, self.base_ms, self.gap_ms
        for _ in range(count):
            now += rng.choice((0, gap // 3, gap // 2, gap, gap + 1, 2 * gap, rng.randrange(gap + 1)))
            yield now - rng.choice((0, 0, 1, rng.randrange(gap + 1), rng.randrange(gap + 1), rng.randrange(3 * gap + 1)))

    def _field(self, name, at_ms):
        odd = self.rng.random() < self.odd
        if name in self.key_names:
            return self.rng.choice(ODD_KEYS if odd else self.keys)
        if name == "timestamp":
            return self.rng.choice(ODD_TIMES) if odd else self._padded(self._time(at_ms))
        if name == "amount":
            return self.rng.choice(ODD_AMOUNTS) if odd else self._padded(self._amount())
        rng = self.rng
        return rng.choice((b"", b"x", b'q"q', b"a,b", b"\xff", b"l\nm", b"2024-01-01", b"\0", b"x" * rng.randrange(60)))

    def _padded(self, text):
        return self.rng.choice(("%s", "%s", "%s", "%s", " %s", "%s\t")).__mod__(text).encode()

    def _time(self, ms):
        rng = self.rng
        if self.time_format.startswith("epoch"):
            return self._epoch(ms)
        plain = time_text(ms - ms % 1000, "plain", UTC)
        if self.time_format != "auto":
            return _by_pattern(self.time_format, plain, ms % 1000)
        if rng.random() < 0.03:
            return plain[:10]
        text = plain.replace(" ", rng.choice((" ", " ", "T")))
        if ms % 1000 or rng.random() < 0.1:
            text += f".{ms % 1000:03}" + rng.choice(("", "", "9", "999999"))
        return text + rng.choice(("", "", "", "Z", "+00:00", "+05:30", "-12:45", "+23:59"))

    def _epoch(self, ms):
        """The digits of the asked unit, with a fraction where the unit is too coarse."""
        shift = {"epoch-s": 3, "epoch-ms": 0, "epoch-us": -3}[self.time_format]
        digits = str(abs(ms) * 10 ** max(0, -shift)).rjust(shift + 1, "0")
        text = digits[:len(digits) - shift] + ("." + digits[len(digits) - shift:] if shift else "")
        if shift <= 0 and self.rng.random() < 0.1:
            text += ".9"
        if shift < 0:
            text = text.rstrip(".")
        return ("-" if ms < 0 else self.rng.choice(("", "", "+"))) + text

    def _amount(self):
        rng = self.rng
        if rng.random() < self.huge:
            return decimal_text(rng.choice((1, -1)) * (rng.choice((2 ** 63, 10 ** 26, 10 ** 27)) - rng.randrange(3)),
                                self.decimals).replace(".", "," if self.decimal_comma else ".")
        units = rng.randrange(rng.choice((10, 10_000, 10 ** 8)))
        places = rng.randint(0, min(self.decimals, 3))
        text = f"{units // 10 ** places}"
        if rng.random() < 0.15:
            text = f"{units // 10 ** places:,}"
        if places:
            text += f".{units % 10 ** places:0{places}}"
        if self.decimal_comma:
            text = text.translate(str.maketrans(",.", ".,"))
        return rng.choice(("{}", "{}", "{}", "{}", "-{}", "+{}", "£{}", "$-{}", "-€{}", "({})")).format(text)

    def _record(self, fields):
        return self.byte.join(self._quoted(field) for field in fields)

    def _quoted(self, field):
        """The field as a writer of CSV would put it, or as a careless one might."""
        rng = self.rng
        needed = field.startswith(b'"') or any(byte in field for byte in (b"\r", b"\n", self.byte))
        if needed or rng.random() < 0.1:
            cut = rng.randrange(len(field) + 1) if rng.random() < 0.1 and not needed else len(field)
            if b'"' not in field[cut:]:
                return b'"' + field[:cut].replace(b'"', b'""') + b'"' + field[cut:]
            return b'"' + field.replace(b'"', b'""') + b'"'
        return field


def _by_pattern(pattern, plain, rest_ms):
    """A strftime of the model's own: the C library's depends on the locale."""
    date, clock = plain.split(" ")
    year, month, day = date.rsplit("-", 2)
    hour, minute, second = clock.split(":")
    day_of_year = sum((31, 29 if int(year) % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30)[:int(month) - 1]) + int(day)
    values = {"Y": year, "y": year[-2:], "m": month, "d": day, "b": MONTHS[int(month) - 1], "H": hour,
              "I": f"{(int(hour) + 11) % 12 + 1:02}", "p": "AM" if int(hour) < 12 else "PM", "M": minute, "S": second,
              "f": f"{rest_ms:03}", "z": "+0000", "j": f"{day_of_year:03}"}
    for directive, value in values.items():
        pattern = pattern.replace("%" + directive, value)
    return pattern


def draw_rule(rng, numbers):
    """A condition on these numbers, sometimes with a name, in any case and spacing."""
    text = _condition(rng, numbers, 3)
    text = "".join(rng.choice((str.lower, str.upper))(word) for word in text)
    return rng.choice(("", "", *(name + "=" for name in NAMES))) + text


def _condition(rng, numbers, depth):
    if depth and rng.random() < 0.4:
        left, right = _condition(rng, numbers, depth - 1), _condition(rng, numbers, depth - 1)
        return rng.choice((f"({left} and {right})", f"{left} or {right}", f"not ({left})", f"{left} and not {right}"))
    left, right, third = (_number(rng, numbers, 2) for _ in range(3))
    if rng.random() < 0.1:
        return f"{left} is {rng.choice(('', 'not '))}null"
    if rng.random() < 0.2:
        return f"{left}{rng.choice((' ', ' not '))}between {right} and {third}"
    return f"{left}{rng.choice((' {} ', '{}')).format(rng.choice(('=', '==', '<>', '!=', '<', '<=', '>', '>=')))}{right}"


def _number(rng, numbers, depth):
    if depth and rng.random() < 0.4:
        left, right = _number(rng, numbers, depth - 1), _number(rng, numbers, depth - 1)
        return rng.choice(("({} {} {})", "{} {} {}")).format(left, rng.choice("+-*/"), right)
    return rng.choice(numbers)

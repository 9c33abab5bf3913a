"""Inputs of any length, made while they are read, and what must come out of them, by counting and not by running.

Event time begins at 2024-05-11 10:00:00 and rows come in order, at the default bound of 1 s. So a window fires by the
first row that is a second behind its end: then the watermark is its end - 1. Those that no row fires the end does.
"""
from datetime import datetime, timedelta

BEGIN = datetime(2024, 5, 11, 10)
BEGIN_MS = 1_715_421_600_000
END_WATERMARK = 2 ** 63 - 1
HEADER = b"transaction_id,timestamp,amount\n"
TIME = b"0000-00-00 00:00:00"  # in a block: where the time goes
SECOND_MS = 1000
PIECE_ROWS = 20_000


def header(key=b"transaction_id"):
    return b"window_start,window_end," + key + b",first_time,sum,count,watermark_ms\n"


def time_text(second):
    return (BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S").encode()


def fired_by(end_ms, last_ms, bound_ms=SECOND_MS):
    """The watermark that fires a window, if the last row of the input is at last_ms."""
    return end_ms - 1 if end_ms + bound_ms <= last_ms else END_WATERMARK


class Steady:
    """The same rows each second: key_count keys, each at least once."""

    def __init__(self, key_count, rows_a_second, seconds, window_s=10):
        self.seconds, self.window_s = seconds, window_s
        self.rows = rows_a_second * seconds
        self.totals = {}
        lines = []
        for i in range(rows_a_second):
            key, amount = b"k%d" % (i * 7919 % key_count), i * 37 % 1009
            total, count = self.totals.get(key, (0, 0))
            self.totals[key] = total + amount, count + 1
            lines.append(b"%s,%s,%d\n" % (key, TIME, amount))
        self.block = b"".join(lines)
        self.bytes = len(HEADER) + len(self.block) * seconds

    def second(self, number):
        return self.block.replace(TIME, time_text(number))

    def pieces(self):
        yield HEADER
        for number in range(self.seconds):
            yield self.second(number)

    def window(self, begin, fired_only=False):
        """The results of the window that begins at this second, of as many seconds as there are rows of."""
        end_ms = BEGIN_MS + (begin + self.window_s) * SECOND_MS
        watermark = fired_by(end_ms, BEGIN_MS + (self.seconds - 1) * SECOND_MS)
        if fired_only and watermark == END_WATERMARK:
            return b""
        held = min(self.window_s, self.seconds - begin)
        start, end = time_text(begin), time_text(begin + self.window_s)
        return b"".join(b"%s,%s,%s,%s,%d,%d,%d\n" % (start, end, key, start, held * total, held * count, watermark)
                        for key, (total, count) in self.totals.items())

    def expected(self, fired_only=False):
        yield header()
        for begin in range(0, self.seconds, self.window_s):
            yield self.window(begin, fired_only)


class Unique:
    """Every row its own key; keys_a_window of them a window, or all in one."""

    WINDOW_S = 10

    def __init__(self, key_count, keys_a_window):
        self.key_count, self.keys_a_window = key_count, keys_a_window
        self.piece_rows = min(PIECE_ROWS, keys_a_window)  # within a window
        assert keys_a_window % self.piece_rows == 0
        self.rows = key_count
        self.bytes = len(HEADER) + key_count * len(self._row(0))

    def _second(self, number):
        return number // self.keys_a_window * self.WINDOW_S

    def _row(self, number):
        return b"k%09d,%s,%d\n" % (number, time_text(self._second(number)), number % 100)

    def pieces(self):
        yield HEADER
        for begin in range(0, self.key_count, self.piece_rows):
            time = time_text(self._second(begin))
            yield b"".join(b"k%09d,%s,%d\n" % (number, time, number % 100)
                           for number in range(begin, min(begin + self.piece_rows, self.key_count)))

    def expected(self):
        yield header()
        last_ms = BEGIN_MS + self._second(self.key_count - 1) * SECOND_MS
        for begin in range(0, self.key_count, self.piece_rows):
            second = self._second(begin)
            start, end = time_text(second), time_text(second + self.WINDOW_S)
            # Rows come at the starts of windows, and that of the next is too early to fire this one.
            next_ms = BEGIN_MS + (second + 2 * self.WINDOW_S) * SECOND_MS
            watermark = next_ms - SECOND_MS - 1 if next_ms <= last_ms else END_WATERMARK
            yield b"".join(b"%s,%s,k%09d,%s,%d,1,%d\n" % (start, end, number, start, number % 100, watermark)
                           for number in range(begin, min(begin + self.piece_rows, self.key_count)))


class Ticks:
    """One key, a row every step_ms, in numbers of milliseconds. A window holds one row, or all."""

    def __init__(self, rows, step_ms, size_ms, bound_ms=SECOND_MS):
        self.rows, self.step_ms, self.size_ms, self.bound_ms = rows, step_ms, size_ms, bound_ms
        self.bytes = len(HEADER) + rows * len(b"a,%d,1\n" % BEGIN_MS)

    def pieces(self):
        yield HEADER
        for begin in range(0, self.rows, PIECE_ROWS):
            yield b"".join(b"a,%d,1\n" % (BEGIN_MS + i * self.step_ms)
                           for i in range(begin, min(begin + PIECE_ROWS, self.rows)))

    def expected(self):
        yield header()
        last_ms = BEGIN_MS + (self.rows - 1) * self.step_ms
        if last_ms - BEGIN_MS < self.size_ms:
            start_ms = BEGIN_MS - BEGIN_MS % self.size_ms
            yield b"%d,%d,a,%d,%d,%d,%d\n" % (start_ms, start_ms + self.size_ms, BEGIN_MS, self.rows, self.rows,
                                              END_WATERMARK)
            return
        for begin in range(0, self.rows, PIECE_ROWS):
            times = (BEGIN_MS + i * self.step_ms for i in range(begin, min(begin + PIECE_ROWS, self.rows)))
            yield b"".join(b"%d,%d,a,%d,1,1,%d\n" % (ms, ms + self.size_ms, ms,
                                                     fired_by(ms + self.size_ms, last_ms, self.bound_ms)) for ms in times)


class Wide:
    """Rows of some shape around the three fields: wide ones, or many fields. All in one window, one key."""

    def __init__(self, names, row, rows, bad_rows=0, bad_row=None):
        """row: a function of the amount; bad_row: one that is refused, after every good one as long as there are some."""
        self.names, self.row, self.rows, self.bad_rows, self.bad_row = names, row, rows, bad_rows, bad_row
        self.bytes = len(names) + rows * len(row(0)) + (bad_rows * len(bad_row) if bad_row else 0)

    def pieces(self):
        yield self.names
        for number in range(self.rows):
            yield self.row(number % 10)
            if number < self.bad_rows:
                yield self.bad_row

    def expected(self):
        yield header()
        total = sum(number % 10 for number in range(self.rows))
        yield b"%s,%s,a,%s,%d,%d,%d\n" % (time_text(0), time_text(10), time_text(0), total, self.rows, END_WATERMARK)

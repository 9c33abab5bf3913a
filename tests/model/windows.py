"""Windows of each kind, kept as plain lists of rows.

`take` gives a row to the windows that it is in, as the clock stands before it: the watermark, or the moment before the
row's arrival. It returns whether one took it, and those that fire at once. `order` knows what waits to be fired.
"""
from dataclasses import dataclass, field

from order_flink import FlinkOrder


@dataclass
class Row:
    number: int    # its place among all records, from 1
    key: tuple     # of bytes
    time_ms: int   # event time
    units: int
    clock_ms: int = None  # what decides its windows: event time, or the time it arrives


@dataclass(eq=False)
class Window:
    key: tuple
    start_ms: int
    end_ms: int
    rows: list = field(default_factory=list)    # in order of arrival
    merged: list = field(default_factory=list)  # sessions that had fired and are now part of it
    fired: bool = False


def make_windows(options):
    """The windows that --window asks for."""
    if options.window_kind == "count":
        return CountWindows(options.window_rows)
    lateness_ms = options.lateness_ms if options.clock == "event" else 0
    order = FlinkOrder(lateness_ms) if options.order == "flink" else CanonicalOrder()
    if options.window_kind == "session":
        return SessionWindows(options.gap_ms, lateness_ms, order)
    return AlignedWindows(options.size_ms, options.slide_ms, options.offset_ms, lateness_ms, order)


class CanonicalOrder:
    """What the clock passes at once fires by end, then by first row; a row's own firings are by end."""

    def __init__(self):
        self.waiting = {}  # end -> windows

    def added(self, window, clock):
        """A row was put into a window."""
        if window.end_ms - 1 > clock:
            self.waiting.setdefault(window.end_ms, set()).add(window)

    def merged(self, window, parts, clock):
        """Sessions became one."""
        self.added(window, clock)
        for part in parts:
            self.waiting.get(part.end_ms, set()).discard(part)

    def due(self, clock):
        """The windows that fire as the clock moves."""
        for end in sorted(end for end in self.waiting if end - 1 <= clock):
            yield from sorted(self.waiting.pop(end), key=lambda window: window.rows[0].number)

    def at_once(self, windows):
        """Those that one row fires, in order."""
        return sorted(windows, key=lambda window: window.end_ms)


class AlignedWindows:
    """Tumbling and sliding windows: one begins at each multiple of the slide, moved by the offset."""

    def __init__(self, size_ms, slide_ms, offset_ms, lateness_ms, order):
        self.size_ms, self.slide_ms, self.offset_ms = size_ms, slide_ms, offset_ms
        self.lateness_ms = lateness_ms
        self.order = order
        self.windows = {}  # start -> key -> window; those that have fired stay until they are gone

    def take(self, row, clock):
        taken = [self._add(row, start, clock) for start in self._starts_newest_first(row.clock_ms)
                 if start + self.size_ms - 1 + self.lateness_ms > clock]
        return bool(taken), self.order.at_once([window for window in taken if window.end_ms - 1 <= clock])

    def _starts_newest_first(self, time_ms):
        start = (time_ms - self.offset_ms) // self.slide_ms * self.slide_ms + self.offset_ms
        while start > time_ms - self.size_ms:
            yield start
            start -= self.slide_ms

    def _add(self, row, start, clock):
        windows = self.windows.setdefault(start, {})
        window = windows.get(row.key) or Window(row.key, start, start + self.size_ms)
        windows[row.key] = window
        window.rows.append(row)
        self.order.added(window, clock)
        return window

    def due(self, clock):
        """Yields the windows that fire as the clock moves, then forgets those that are gone."""
        yield from self.order.due(clock)
        for start in [start for start in self.windows if start + self.size_ms - 1 + self.lateness_ms <= clock]:
            del self.windows[start]


class SessionWindows:
    """A row opens [time, time + gap) and merges it with every session of its key that it overlaps or touches."""

    def __init__(self, gap_ms, lateness_ms, order):
        self.gap_ms, self.lateness_ms = gap_ms, lateness_ms
        self.order = order
        self.sessions = {}  # key -> sessions that are not gone

    def take(self, row, clock):
        start, end = row.clock_ms, row.clock_ms + self.gap_ms
        sessions = self.sessions.get(row.key, [])
        touched = [session for session in sessions if session.start_ms <= end and start <= session.end_ms]
        if not touched and end - 1 + self.lateness_ms <= clock:
            return False, []
        window = self._merge(row, touched, clock) if touched else Window(row.key, start, end)
        window.rows.append(row)
        self.sessions[row.key] = [session for session in sessions if session not in touched] + [window]
        self.order.added(window, clock)
        return True, [window] if window.end_ms - 1 <= clock else []

    def _merge(self, row, touched, clock):
        start = min(row.clock_ms, *(session.start_ms for session in touched))
        end = max(row.clock_ms + self.gap_ms, *(session.end_ms for session in touched))
        if len(touched) == 1 and (touched[0].start_ms, touched[0].end_ms) == (start, end):
            return touched[0]
        rows = sorted((row for session in touched for row in session.rows), key=lambda row: row.number)
        fired = [part for session in touched for part in (*session.merged, *([session] if session.fired else []))]
        window = Window(row.key, start, end, rows, fired)
        self.order.merged(window, touched, clock)
        return window

    def due(self, clock):
        yield from self.order.due(clock)
        for key, sessions in list(self.sessions.items()):
            alive = [session for session in sessions if session.end_ms - 1 + self.lateness_ms > clock]
            if alive:
                self.sessions[key] = alive
            else:
                del self.sessions[key]


class CountWindows:
    """Each N rows of a key; from the first row's event time to the last one's."""

    def __init__(self, row_count):
        self.row_count = row_count
        self.open = {}  # key -> window

    def take(self, row, clock):
        del clock
        window = self.open.setdefault(row.key, Window(row.key, row.time_ms, row.time_ms))
        window.rows.append(row)
        window.end_ms = row.time_ms
        return True, [self.open.pop(row.key)] if len(window.rows) == self.row_count else []

    def due(self, clock):
        """No time fires them."""
        del clock
        return ()

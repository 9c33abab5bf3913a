"""--inactive: one timer a key, set at its last activity."""
from dataclasses import dataclass

from order_flink import TimerHeap


@dataclass(frozen=True)
class InactiveTimer:
    key: tuple
    last_ms: int      # event time of the last activity
    deadline_ms: int
    row_number: int   # of the row that set it


class InactiveTimers:
    def __init__(self, after_ms):
        self.after_ms = after_ms
        self.timers = {}  # key -> timer

    def activity(self, row):
        """A row of the key was used, or fell into a gap. An older one does not move a timer that stands."""
        standing = self.timers.get(row.key)
        if standing is None or row.time_ms > standing.last_ms:
            timer = InactiveTimer(row.key, row.time_ms, row.time_ms + self.after_ms, row.number)
            self.timers[row.key] = timer
            self.replaced(standing, timer)

    def replaced(self, old, new):
        """Nothing more to do here."""

    def due(self, watermark):
        """Yields the timers that fire as the watermark moves, and forgets their keys."""
        due = [timer for timer in self.timers.values() if timer.deadline_ms <= watermark]
        for timer in sorted(due, key=lambda timer: (timer.deadline_ms, timer.row_number)):
            yield self.timers.pop(timer.key)


class FlinkInactiveTimers(InactiveTimers):
    """The same in the order of Flink's heap, for a process function that deletes the old timer, then sets the new."""

    def __init__(self, after_ms):
        super().__init__(after_ms)
        self.heap = TimerHeap()

    def replaced(self, old, new):
        if old is not None:
            self.heap.delete(old.deadline_ms, old)
        self.heap.register(new.deadline_ms, new)

    def due(self, watermark):
        for _, timer in self.heap.poll(watermark):
            yield self.timers.pop(timer.key)


def make_timers(options):
    """None without --inactive."""
    if options.inactive_ms is None:
        return None
    return (FlinkInactiveTimers if options.order == "flink" else InactiveTimers)(options.inactive_ms)

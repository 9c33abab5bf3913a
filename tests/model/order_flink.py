"""The order in which Apache Flink at parallelism 1 fires: one binary heap of timers over all keys.

What is known of it: timers are compared by time only, so the heap decides among equal ones. Registering a timer that
stands does nothing. Polling and deleting move the last leaf into the hole.
"""
TIME_MAX = 2 ** 63 - 1
HASH_BITS = 2 ** 64 - 1


class TimerHeap:
    """Timers are (time, what); the first leaf of the list is unused, so that children of i are 2i and 2i + 1."""

    def __init__(self):
        self.heap = [None]
        self.standing = set()

    def register(self, time, what):
        if (time, what) not in self.standing:
            self.standing.add((time, what))
            self.heap.append((time, what))
            self._up(len(self.heap) - 1)

    def delete(self, time, what):
        if (time, what) in self.standing:
            self._remove(self.heap.index((time, what), 1))

    def poll(self, time):
        """Yields what is due up to a time; more may be registered in between."""
        while len(self.heap) > 1 and self.heap[1][0] <= time:
            yield self._remove(1)

    def _remove(self, at):
        removed, last = self.heap[at], self.heap.pop()
        self.standing.remove(removed)
        if at < len(self.heap):
            self.heap[at] = last
            if not self._down(at):
                self._up(at)
        return removed

    def _up(self, at):
        heap = self.heap
        while at > 1 and heap[at][0] < heap[at // 2][0]:
            heap[at], heap[at // 2] = heap[at // 2], heap[at]
            at //= 2

    def _down(self, at):
        """Returns whether it moved."""
        heap, start = self.heap, at
        while 2 * at < len(heap):
            child = 2 * at
            if child + 1 < len(heap) and heap[child + 1][0] < heap[child][0]:
                child += 1
            if not heap[child][0] < heap[at][0]:
                break
            heap[at], heap[child] = heap[child], heap[at]
            at = child
        return at != start


class FlinkOrder:
    """What fires when, by the timers that Flink's WindowOperator sets: one to fire, and one to clean up."""

    def __init__(self, lateness_ms):
        self.lateness_ms = lateness_ms
        self.timers = TimerHeap()

    def added(self, window, clock):
        if window.end_ms - 1 > clock:
            self.timers.register(window.end_ms - 1, window)
        self._register_cleanup(window)

    def _register_cleanup(self, window):
        cleanup = window.end_ms - 1 + self.lateness_ms
        if cleanup < TIME_MAX:
            self.timers.register(cleanup, window)

    def merged(self, window, parts, clock):
        if window.end_ms - 1 > clock:
            self.timers.register(window.end_ms - 1, window)
        for part in sorted(parts, key=lambda part: (hash_bucket(part), part.start_ms)):
            self.timers.delete(part.end_ms - 1, part)
            self.timers.delete(part.end_ms - 1 + self.lateness_ms, part)

    def due(self, clock):
        for time, window in self.timers.poll(clock):
            if time == window.end_ms - 1:
                yield window

    def at_once(self, windows):
        return sorted(windows, key=lambda window: -window.end_ms)


def hash_bucket(window):
    """Where java.util.HashSet of 16 buckets puts a TimeWindow: its iteration order."""
    bits = (window.start_ms + window.end_ms) & HASH_BITS
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9 & HASH_BITS
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb & HASH_BITS
    hashed = (bits ^ bits >> 31) & 0xffffffff
    return (hashed ^ hashed >> 16) & 15

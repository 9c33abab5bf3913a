"""history.*: the sums of a key's earlier windows."""
from formats import aggregate, as_fraction


class History:
    def __init__(self, length, decimals):
        self.length = length
        self.decimals = decimals
        self.fired = {}  # key -> windows in the order of their first firing, and the sum each gave last

    def fire(self, window, units):
        """The values for a window that fires with a sum; from then on it counts for later ones."""
        entries = self.fired.setdefault(window.key, [])
        place = self._place(entries, window)
        earlier = [sum_units for _, sum_units in entries[max(0, place - self.length):place]]
        entries[place:] = [(window, units), *(entry for entry in entries[place:] if not _is_of(entry[0], window))]
        return self._values(earlier)

    @staticmethod
    def _place(entries, window):
        """Its own, if it has fired; the earliest of the sessions merged in it; or behind all."""
        own = [place for place, (earlier, _) in enumerate(entries) if _is_of(earlier, window)]
        return own[0] if own else len(entries)

    def _values(self, earlier):
        values = {"history.count": len(earlier), "history.mean": None, "history.stddev": None}
        if earlier:
            for name in ("mean", "stddev"):
                values["history." + name] = as_fraction(aggregate(name, earlier, self.decimals))
        return values


def _is_of(earlier, window):
    """Is it that window, or a session that was merged into it?"""
    return earlier is window or earlier in window.merged

"""How good are alerts, against stretches of time that somebody has labelled?

Two ways. By counting: an alert is right if it falls into a labelled window, a window is found if an alert falls into
it. And by the idea of the Numenta Anomaly Benchmark (A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection
Algorithms", 2015; its standard profile): in each window the earliest alert counts, the more the earlier it comes; an
alert outside costs 0.11, less where it comes right behind a window; a window without an alert costs 1. 100 is a perfect
detector, 0 one that never alerts, and there is no bottom.
"""
import math
from dataclasses import dataclass

FALSE_ALERT_WEIGHT = 0.11
STEEPNESS, FAR = 5, 3  # of the sigmoid; window lengths behind a window at which nothing is near any more


@dataclass
class Score:
    windows: int = 0
    found: int = 0
    alerts: int = 0
    right: int = 0
    points: float = 0.0  # by NAB's idea, before scaling

    def __add__(self, other):
        return Score(self.windows + other.windows, self.found + other.found, self.alerts + other.alerts,
                     self.right + other.right, self.points + other.points)

    @property
    def precision(self):
        return self.right / self.alerts if self.alerts else None

    @property
    def recall(self):
        return self.found / self.windows if self.windows else None

    @property
    def f1(self):
        if not self.precision or not self.recall:
            return 0.0 if self.windows else None
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    @property
    def nab(self):
        """Scaled so that silence is 0 and perfection 100."""
        return 100 * (self.points + self.windows) / (2 * self.windows)


def sigmoid(position):
    """1 to -1: position -1 is where a window begins, 0 where it ends, above 0 behind it, in window lengths."""
    return -1.0 if position > FAR else 2 / (1 + math.exp(STEEPNESS * position)) - 1


def score(windows, alerts):
    """windows: [begin, end] pairs that do not overlap; alerts: times. Any numbers."""
    windows, result = sorted(windows), Score(windows=len(windows), alerts=len(alerts))
    earliest = {}
    for time in sorted(alerts):
        inside = next((window for window in windows if window[0] <= time <= window[1]), None)
        if inside:
            result.right += 1
            earliest.setdefault(tuple(inside), time)
        else:
            result.points -= FALSE_ALERT_WEIGHT * -_behind(windows, time)
    result.found = len(earliest)
    for begin, end in windows:
        if (begin, end) in earliest:
            result.points += sigmoid(_position(begin, end, earliest[begin, end])) / sigmoid(-1)
        else:
            result.points -= 1
    return result


def _behind(windows, time):
    before = [window for window in windows if window[1] < time]
    return sigmoid(_position(*before[-1], time)) if before else -1.0


def _position(begin, end, time):
    return (time - end) / max(end - begin, 1)

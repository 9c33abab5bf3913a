"""Timestamps: text to milliseconds since 1970 UTC and back, and durations."""
import math
import re
from datetime import datetime, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

MS_MAX = 2 ** 62
DAY_S = 86400
CYCLE_S = 146097 * DAY_S  # the calendar, weekdays included, repeats every 400 years
YEAR_400_S, YEAR_9600_S = -49544438400, 240779520000
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DURATION_MS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}

_OFFSET = r"(?P<zone>Z|[+-]\d\d:\d\d)"
_AUTO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(?P<fraction>\d+))?{_OFFSET}?)?",
                   re.ASCII)
_EPOCH = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?", re.ASCII)
_EPOCH_UNITS = {"epoch-s": Fraction(1000), "epoch-ms": Fraction(1), "epoch-us": Fraction(1, 1000)}
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d\d?)", "d": r"(?P<d>\d\d?)",
    "b": r"(?P<b>[A-Za-z]{3})", "H": r"(?P<H>\d\d?)", "I": r"(?P<I>\d\d?)", "p": r"(?P<p>[AaPp][Mm])",
    "M": r"(?P<M>\d\d?)", "S": r"(?P<S>\d\d?)", "f": r"(?P<f>\d{1,6})",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)", "j": r"(?P<j>\d{1,3})", "%": "%",
}


class TimeError(Exception):
    """The text is no time of the asked form."""


def parse_duration(text):
    match = re.fullmatch(r"(\d+)(ms|s|min|m|h|d)", text, re.ASCII)
    if match:
        return int(match[1]) * DURATION_MS[match[2]]
    if text == "0":
        return 0
    raise ValueError(f"no duration: {text}")


class Zone:
    """UTC, a fixed offset, or a named zone."""

    def __init__(self, name):
        self.fixed_s = 0 if name == "UTC" else _offset_s(name)
        self.named = ZoneInfo(name) if self.fixed_s is None else None

    def utc_s(self, local_s):
        """Seconds since 1970 of a wall-clock reading; ambiguous and missing ones as fold 0."""
        if self.named is None:
            return local_s - self.fixed_s
        away_s = _out_of_reach_s(local_s)
        naive = datetime.fromtimestamp(local_s - away_s, timezone.utc).replace(tzinfo=self.named, fold=0)
        return int(naive.timestamp()) + away_s

    def offset_s(self, utc_s):
        if self.named is None:
            return self.fixed_s
        there = datetime.fromtimestamp(utc_s - _out_of_reach_s(utc_s), self.named)
        return int(there.utcoffset().total_seconds())


def _out_of_reach_s(instant_s):
    """Whole 400-year cycles that an instant lies outside of the years datetime can tell.

    A zone's rules end in one that holds for ever, and its first offset held always, so an instant
    has the offset of the one that many cycles nearer.
    """
    if instant_s < YEAR_400_S:
        return (instant_s - YEAR_400_S) // CYCLE_S * CYCLE_S
    if instant_s >= YEAR_9600_S:
        return (instant_s - YEAR_9600_S) // CYCLE_S * CYCLE_S + CYCLE_S
    return 0


def _offset_s(text):
    """Seconds east of Greenwich of Z, +hh:mm or +hhmm; None if it is none of them."""
    if text == "Z":
        return 0
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text, re.ASCII)
    if not match or int(match[2]) > 23 or int(match[3]) > 59:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


def parse_time(field, form, zone):
    """Milliseconds since 1970 UTC of a whole field, or TimeError."""
    try:
        text = field.decode("utf-8").strip(" \t")
    except UnicodeDecodeError:
        raise TimeError from None
    if form == "auto":
        return _parse_auto(text, zone)
    if form in _EPOCH_UNITS:
        return _parse_epoch(text, _EPOCH_UNITS[form])
    return _parse_pattern(text, form, zone)


def _parse_epoch(text, unit_ms):
    match = _EPOCH.fullmatch(text)
    if not match:
        raise TimeError
    fraction = match[3] or ""
    value = Fraction(int(match[2] + fraction), 10 ** len(fraction)) * unit_ms
    ms = (-value if match[1] == "-" else value).__floor__()
    if abs(ms) > MS_MAX:
        raise TimeError
    return ms


def _parse_auto(text, zone):
    match = _AUTO.fullmatch(text)
    if not match:
        raise TimeError
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    local_s = _local_s(_day(year, month, day), hour, minute, second)
    return _with_zone(local_s, match["zone"], zone) * 1000 + _milliseconds(match["fraction"])


def _parse_pattern(text, pattern, zone):
    parts = _pattern_regex(pattern).fullmatch(text)
    if not parts:
        raise TimeError
    found = {name: value for name, value in parts.groupdict().items() if value is not None}
    local_s = _local_s(_pattern_day(found), _pattern_hour(found),
                       int(found.get("M", 0)), int(found.get("S", 0)))
    return _with_zone(local_s, found.get("z"), zone) * 1000 + _milliseconds(found.get("f"))


def _pattern_regex(pattern):
    pieces = re.split(r"%(.)", pattern)
    literal, directives = pieces[::2], pieces[1::2]
    regex = re.escape(literal[0])
    for directive, text in zip(directives, literal[1:]):
        regex += _DIRECTIVES[directive] + re.escape(text)
    return re.compile(regex, re.ASCII)


def _pattern_day(found):
    year = int(found.get("Y", 1970))
    if "y" in found:
        year = int(found["y"])
        year += 1900 if year >= 69 else 2000
    if "j" in found:
        day_of_year = int(found["j"])
        if not 1 <= day_of_year <= 365 + _is_leap(year):
            raise TimeError
        return _day(year, 1, 1) + day_of_year - 1
    return _day(year, _pattern_month(found), int(found.get("d", 1)))


def _pattern_month(found):
    if "b" not in found:
        return int(found.get("m", 1))
    if found["b"].lower() not in MONTHS:
        raise TimeError
    return MONTHS.index(found["b"].lower()) + 1


def _pattern_hour(found):
    if "I" not in found:
        return int(found.get("H", 0))
    hour = int(found["I"])
    if not 1 <= hour <= 12:
        raise TimeError
    return hour % 12 + (12 if found.get("p", "am").lower() == "pm" else 0)


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _day(year, month, day):
    """Days since 1970-01-01, counted year by 400-year cycle and month by month."""
    lengths = [31, 28 + _is_leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1]:
        raise TimeError
    return _days_before_year(year) - _days_before_year(1970) + sum(lengths[:month - 1]) + day - 1


def _days_before_year(year):
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400


def _local_s(day, hour, minute, second):
    if hour > 23 or minute > 59 or second > 59:
        raise TimeError
    return day * DAY_S + hour * 3600 + minute * 60 + second


def _with_zone(local_s, written, zone):
    if written is None:
        return zone.utc_s(local_s)
    offset_s = _offset_s(written)
    if offset_s is None:
        raise TimeError
    return local_s - offset_s


def _milliseconds(fraction):
    return int((fraction or "0")[:3].ljust(3, "0"))


def time_text(ms, style, zone):
    """A time as --time-output prints it."""
    if style == "epoch-ms":
        return str(ms)
    utc_s, rest_ms = divmod(ms, 1000)
    offset_s = zone.offset_s(utc_s)
    if style == "iso":  # has no seconds of offset to write: the text must still tell the instant
        offset_s -= int(math.fmod(offset_s, 60))
    day, second = divmod(utc_s + offset_s, DAY_S)
    year, month, day_of_month = _civil(day)
    text = (f"{_year_text(year)}-{month:02}-{day_of_month:02}{'T' if style == 'iso' else ' '}"
            f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}")
    if rest_ms:
        text += f".{rest_ms:03}"
    return text + _offset_text(offset_s) if style == "iso" else text


def _year_text(year):
    return f"{year:04}" if year >= 0 else f"-{-year:04}"


def _offset_text(offset_s):
    if offset_s == 0:
        return "Z"
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _civil(day):
    """(year, month, day of month) of a day since 1970-01-01."""
    target = day + _days_before_year(1970)
    year = target * 400 // 146097 + 1
    while _days_before_year(year) > target:
        year -= 1
    while _days_before_year(year + 1) <= target:
        year += 1
    rest, month = target - _days_before_year(year), 1
    for length in (31, 28 + _is_leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30):
        if rest < length:
            break
        rest, month = rest - length, month + 1
    return year, month, rest + 1

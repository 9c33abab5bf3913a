"""Which records are rows to use, and why the others are not."""
from amounts import AmountError, parse_amount
from times import TimeError, parse_time


class Rejected(Exception):
    """A row is not used; the argument is the reason as --rejects prints it."""


def classify(options, record, columns):
    """(key, event time, units) of a usable row, or Rejected with the first reason in order of precedence."""
    if record.open_quote:
        raise Rejected("unbalanced quote")
    if len(record.raw) > options.row_bytes_max:
        raise Rejected("row too long")
    if len(record.fields) <= max(columns.used()):
        raise Rejected("too few fields")
    if any(0 in record.fields[column] for column in columns.used()):
        raise Rejected("NUL byte")
    return _values(options, record.fields, columns)


def _values(options, fields, columns):
    key = tuple(_trim(fields[column]) if options.trim else fields[column] for column in columns.keys)
    if any(part in options.na for part in key):
        raise Rejected("missing key")
    if _trim(fields[columns.time]) in options.na:
        raise Rejected("missing time")
    if _trim(fields[columns.value]) in options.na:
        raise Rejected("missing value")
    try:
        time_ms = parse_time(fields[columns.time], options.time_format, options.zone)
        return key, time_ms, parse_amount(fields[columns.value], options.decimals, options.decimal_comma)
    except TimeError:
        raise Rejected("malformed time") from None
    except AmountError as error:
        raise Rejected(str(error)) from None


def _trim(field):
    return field.strip(b" \t")

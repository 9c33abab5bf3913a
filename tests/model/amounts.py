"""Amounts: text to whole units at a scale, exactly, and back."""
import re
from math import isqrt

DIGITS_MAX = 27
EXPONENT_DIGITS_MAX = 6  # a larger one is far outside every range


class AmountError(Exception):
    """The text is no amount we take; the argument is the reason."""


def _grammar(point, group):
    point, group = re.escape(point), re.escape(group)
    whole = rf"(?P<whole>\d{{1,3}}(?:{group}\d{{3}})+|\d*)"
    sign_and_currency = r"(?P<sign1>[+-]?)(?P<currency>[$£€]?)(?P<sign2>[+-]?)"
    return re.compile(rf"{sign_and_currency}{whole}(?:{point}(?P<fraction>\d*))?"
                      r"(?:[eE](?P<exponent>[+-]?\d+))?", re.ASCII)


_GRAMMARS = {False: _grammar(".", ","), True: _grammar(",", ".")}


def parse_amount(field, scale, decimal_comma=False):
    """Units (value times 10 to the scale) of a whole field, or AmountError with the reason."""
    negative, match = _match(field, decimal_comma)
    whole = re.sub(r"\D", "", match["whole"])
    fraction = match["fraction"] or ""
    if not whole and not fraction:
        raise AmountError("malformed amount")
    magnitude = _scaled(int(whole + fraction), _exponent(match) - len(fraction) + scale)
    return -magnitude if negative else magnitude


def _match(field, decimal_comma):
    """(is it negative, the match of the unsigned or signed form)"""
    try:
        text = field.decode("utf-8").strip(" \t")
    except UnicodeDecodeError:
        raise AmountError("malformed amount") from None
    in_parentheses = text.startswith("(") and text.endswith(")") and len(text) >= 2
    match = _GRAMMARS[decimal_comma].fullmatch(text[1:-1] if in_parentheses else text)
    signs = match and match["sign1"] + match["sign2"]
    if not match or len(signs) > 1 or in_parentheses and signs:
        raise AmountError("malformed amount")
    return in_parentheses or signs == "-", match


def _exponent(match):
    """The exponent written, cut to a size that still decides everything."""
    text = match["exponent"] or "0"
    digits = text.lstrip("+-").lstrip("0") or "0"
    size = int(digits) if len(digits) <= EXPONENT_DIGITS_MAX else 10 ** EXPONENT_DIGITS_MAX
    return -size if text.startswith("-") else size


def _scaled(digits, power):
    """digits times 10 to the power as an integer below 10^27."""
    if digits == 0:
        return 0
    if power < 0:
        text = str(digits)
        if -power >= len(text) or text[power:].strip("0"):
            raise AmountError("too many decimals")
        digits, power = int(text[:power]), 0
    if len(str(digits)) + power > DIGITS_MAX:
        raise AmountError("amount out of range")
    return digits * 10 ** power


def decimal_text(units, scale):
    """The shortest exact decimal of units / 10^scale."""
    digits = str(abs(units)).rjust(scale + 1, "0")
    whole, fraction = digits[:len(digits) - scale], digits[len(digits) - scale:].rstrip("0")
    return ("-" if units < 0 else "") + whole + ("." + fraction if fraction else "")


def divide_half_even(numerator, denominator):
    """The integer nearest to a quotient; ties go to the even one. The denominator is positive."""
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or 2 * rest == denominator and quotient % 2:
        quotient += 1
    return quotient


def sqrt_half_even(numerator, denominator):
    """The integer nearest to the square root of a quotient; ties go to the even one."""
    root = isqrt(numerator // denominator)
    doubled = (2 * root + 1) ** 2 * denominator  # four times the square of root + 1/2
    if 4 * numerator > doubled or 4 * numerator == doubled and root % 2:
        root += 1
    return root

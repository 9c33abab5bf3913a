"""Alert rules: a small recursive-descent evaluator with exact fractions and SQL's three truth values.

A number is a Fraction, a truth value a bool; None is NULL, and UNKNOWN.
"""
import re
from fractions import Fraction

_TOKEN = re.compile(r"\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*(?:\.\w+)?)|(<>|!=|<=|>=|==|[-+*/()<>=]))",
                    re.ASCII)
_COMPARISONS = {
    "=": lambda a, b: a == b, "==": lambda a, b: a == b, "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}
AGGREGATES = ("sum", "count", "min", "max", "mean", "stddev", "first", "last")
HISTORY = ("history.mean", "history.stddev", "history.count")  # of the key's earlier windows


class RuleError(Exception):
    """The text is no condition."""


class Rule:
    """One --alert: its label and a tree of nested tuples."""

    def __init__(self, text):
        named = re.match(r"([A-Za-z_]\w*)=(?!=)", text, re.ASCII)
        if named and named[1].lower() not in AGGREGATES:
            self.label, expression = named[1], text[named.end():]
        else:
            self.label, expression = text, text
        self.tree = _Parser(expression).condition()

    def holds(self, values):
        """values: name -> Fraction or None. Only TRUE alerts."""
        return _evaluate(self.tree, values) is True


class _Parser:
    def __init__(self, text):
        self.tokens = _tokens(text)
        self.at = 0

    def condition(self):
        tree, kind = self._or()
        if kind != "truth" or self._peek() is not None:
            raise RuleError("no condition")
        return tree

    def _peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, *wanted):
        """The next token if it is one of those wanted."""
        if self._peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def _expect(self, token):
        if not self._take(token):
            raise RuleError(f"expected {token}")

    def _or(self):
        return self._joined(self._and, "or")

    def _and(self):
        return self._joined(self._not, "and")

    def _joined(self, operand, word):
        left = operand()
        while self._take(word):
            left = ((word, _typed(left, "truth"), _typed(operand(), "truth")), "truth")
        return left

    def _not(self):
        if self._take("not"):
            return ("not", _typed(self._not(), "truth")), "truth"
        return self._comparison()

    def _comparison(self):
        left = self._sum()
        if self._take("is"):
            return self._is_null(_typed(left, "number"))
        operator = self._take(*_COMPARISONS)
        if operator:
            return (operator, _typed(left, "number"), _typed(self._sum(), "number")), "truth"
        negated = self._take("not")
        if not self._take("between"):
            if negated:
                raise RuleError("expected BETWEEN")
            return left
        low = _typed(self._sum(), "number")
        self._expect("and")
        value, high = _typed(left, "number"), _typed(self._sum(), "number")
        tree = ("and", (">=", value, low), ("<=", value, high))
        return (("not", tree) if negated else tree), "truth"

    def _is_null(self, operand):
        negated = self._take("not")
        self._expect("null")
        tree = ("is null", operand)
        return (("not", tree) if negated else tree), "truth"

    def _sum(self):
        return self._arithmetic(self._product, "+", "-")

    def _product(self):
        return self._arithmetic(self._sign, "*", "/")

    def _arithmetic(self, operand, *operators):
        left = operand()
        while operator := self._take(*operators):
            left = ((operator, _typed(left, "number"), _typed(operand(), "number")), "number")
        return left

    def _sign(self):
        if self._take("-"):
            return ("-", Fraction(0), _typed(self._sign(), "number")), "number"
        if self._take("+"):
            return _typed(self._sign(), "number"), "number"
        return self._atom()

    def _atom(self):
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        token = self._peek()
        self.at += 1
        if isinstance(token, Fraction) or token in AGGREGATES + HISTORY:
            return token, "number"
        raise RuleError(f"unexpected {token}")


def _tokens(text):
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise RuleError(f"column {at + 1}")
        number, word, operator = match.groups()
        tokens.append(Fraction(number) if number else (word or operator).lower())
        at = match.end()
    return tokens


def _typed(tree_and_kind, kind):
    tree, found = tree_and_kind
    if found != kind:
        raise RuleError(f"expected a {kind}")
    return tree


def _evaluate(tree, values):
    if isinstance(tree, Fraction):
        return tree
    if isinstance(tree, str):
        return values[tree]
    operator, *operands = tree
    operands = [_evaluate(operand, values) for operand in operands]
    if operator == "is null":
        return operands[0] is None
    if operator in ("and", "or", "not"):
        return _logic(operator, operands)
    if None in operands:
        return None
    left, right = operands
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](left, right)
    if operator == "/":
        return left / right if right else None
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _logic(operator, operands):
    if operator == "not":
        return None if operands[0] is None else not operands[0]
    decisive = operator == "or"
    if decisive in operands:
        return decisive
    return None if None in operands else not decisive

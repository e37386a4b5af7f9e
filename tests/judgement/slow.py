"""The tails of the two distributions once more, slowly: exact fractions, term by term."""

from collections.abc import Iterator
from fractions import Fraction
from math import comb

Terms = list[Fraction]


def beta_binomial(size: int, a: Fraction, b: Fraction) -> Terms:
    """P(X = k) for k from 0 to size, by rising factorials."""
    whole = _rising(a + b, size)
    return [comb(size, k) * _rising(a, k) * _rising(b, size - k) / whole for k in range(size + 1)]


def _rising(start: Fraction, steps: int) -> Fraction:
    product = Fraction(1)
    for step in range(steps):
        product *= start + step
    return product


def negative_binomial_ratios(mean: Fraction, excess: Fraction) -> Iterator[Fraction]:
    """P(X = k) by P(X = 0), for k from 0 on."""
    term, k = Fraction(1), 0
    while True:
        yield term
        term *= (1 + excess * k) * mean / ((k + 1) * (1 + excess * mean))
        k += 1

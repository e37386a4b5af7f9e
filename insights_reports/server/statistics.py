"""The statistics of one measure in one cell, printed as the JSON of Octopus's reply."""

from collections.abc import Callable

from insights_reports.server.ticks import TICKS_PER_SECOND

_DECIMALS = 100_000  # numbers have five decimals
NOTHING = '{"Count":0,"Mean":null,"Median":null,"Min":null,"Max":null,"NinetyFifth":null}'
Show = Callable[[int, int], str]  # of a numerator and a denominator, as JSON


def duration(ticks: int, divisor: int) -> str:
    """A duration in whole seconds, half to even."""
    seconds = _rounded(ticks, divisor * TICKS_PER_SECOND)
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f'"{"-" if seconds < 0 else ""}{hours}:{minute:02d}:{second:02d}.0"'


def number(numerator: int, divisor: int) -> str:
    """A number with five decimals, half to even."""
    return repr(_rounded(numerator * _DECIMALS, divisor) / _DECIMALS)


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, half to even. (Fraction does it ten times slower.)"""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))


def statistics(
    show: Show, low: int, n: int, seconds: int, rest: int, lowest: int, highest: int,
    median_below: int, median_above: int, p95_below: int, p95_above: int,
) -> str:  # fmt: skip
    """The JSON of `n` values, given as what they are above `low`.

    Their sum is `seconds` and `rest` ticks; a percentile lies between two neighbouring values.
    """
    weight = 19 * (n - 1) % 20
    ninety_fifth = 20 * low + p95_below * (20 - weight) + p95_above * weight
    return (
        f'{{"Count":{n},"Mean":{show(low * n + seconds * TICKS_PER_SECOND + rest, n)},'
        f'"Median":{show(2 * low + median_below + median_above, 2)},'
        f'"Min":{show(low + lowest, 1)},"Max":{show(low + highest, 1)},'
        f'"NinetyFifth":{show(ninety_fifth, 20)}}}'
    )

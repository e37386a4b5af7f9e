"""Tails of the beta-binomial and the negative binomial distribution, many at once.

Rows that reach up to 20,000 are summed term by term, in blocks of similar reach: the ratio of
neighbouring terms needs no gamma function, and the sum of all terms is the scale. Longer rows are
summed on a grid of every s-th term, geometric in between, with s a five-hundredth of the standard
deviation: exact to 1e-6 of the tail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insights_reports.judgement.student import Floats, lgamma

Ints = NDArray[np.int64]
_LONG = 20_000  # terms of one row that are summed one by one
_BLOCK = 2_000_000  # terms in memory at once
_FINE = 500  # steps of the grid in a standard deviation
_EDGE = 2_048  # terms at either end that the grid holds one by one


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """Of ``size`` trials, with the chance of each drawn from Beta(a, b) once for all of them.

    ``ratios(k)`` is P(X = k + 1) / P(X = k), rows by k, and 0 from ``reach`` on; ``log_terms(k)``
    is log P(X = k) but for a constant, of one row; ``moments`` are mean and standard deviation.
    """

    size: Ints
    a: Floats
    b: Floats

    @property
    def reach(self) -> Ints:
        return self.size

    def take(self, rows: Ints) -> "BetaBinomial":
        return BetaBinomial(self.size[rows], self.a[rows], self.b[rows])

    def ratios(self, k: Ints) -> Floats:
        left = np.maximum(self.size[:, None] - k, 0.0)
        below = np.maximum(left - 1, 0.0) + self.b[:, None]
        ratios: Floats = left * (self.a[:, None] + k) / ((k + 1.0) * below)
        return ratios

    def log_terms(self, k: Ints) -> Floats:
        drawn = k.astype(np.float64)
        left = self.size - drawn
        above = lgamma(self.a + drawn) + lgamma(self.b + left)
        return above - lgamma(drawn + 1) - lgamma(left + 1)

    def moments(self) -> tuple[Floats, Floats]:
        total = self.a + self.b
        chance = self.a / total
        each = chance * (1 - chance) * (total + self.size) / (total + 1)
        return self.size * chance, np.sqrt(self.size * each)


@dataclass(frozen=True, slots=True)
class NegativeBinomial:
    """With ``mean`` m and variance m + ``excess`` m squared; excess is positive."""

    mean: Floats
    excess: Floats

    @property
    def reach(self) -> Ints:
        _, deviation = self.moments()
        far = self.mean + 12 * deviation + 40 * (1 + self.mean * self.excess)
        return np.ceil(far).astype(np.int64)

    def take(self, rows: Ints) -> "NegativeBinomial":
        return NegativeBinomial(self.mean[rows], self.excess[rows])

    def ratios(self, k: Ints) -> Floats:
        m, x = self.mean[:, None], self.excess[:, None]
        ratios = (1 + x * k) * m / ((k + 1.0) * (1 + x * m))
        return np.where(k < self.reach[:, None], ratios, 0.0)

    def log_terms(self, k: Ints) -> Floats:
        drawn, size = k.astype(np.float64), 1 / self.excess
        slope = np.log(self.mean / (size + self.mean))
        return lgamma(drawn + size) - lgamma(drawn + 1) + drawn * slope

    def moments(self) -> tuple[Floats, Floats]:
        return self.mean, np.sqrt(self.mean + self.excess * self.mean**2)


Law = BetaBinomial | NegativeBinomial


@dataclass(frozen=True, slots=True)
class Swept:
    """Per row: P(X >= at_up), P(X <= at_down), and the smallest and largest value with a tail of at
    least ``least`` on either side (0 and ``reach`` unless they were asked for)."""

    up: Floats
    down: Floats
    low: Ints
    high: Ints


def sweep(law: Law, at_up: Ints, at_down: Ints, least: Floats | None = None) -> Swept:
    """Both tails of every row and, with ``least``, the values that both tails allow."""
    reach = law.reach
    swept = Swept(np.empty(len(reach)), np.empty(len(reach)), np.zeros_like(reach), reach.copy())
    for rows in _blocks(reach):
        part, some = law.take(rows), None if least is None else least[rows]
        long = reach[rows[-1]] > _LONG
        sums = _grid_sums if long else _term_sums
        found = sums(part, reach[rows], at_up[rows], at_down[rows], some)
        swept.up[rows], swept.down[rows] = found.up, found.down
        swept.low[rows], swept.high[rows] = found.low, found.high
    return swept


def _blocks(reach: Ints) -> Iterator[Ints]:
    """Rows of similar reach, as many as fit; those too long to sum come one by one."""
    order = np.argsort(reach, kind="stable")
    at = 0
    while at < len(order):
        longest = max(64, 2 * int(reach[order[at]]))
        end = int(np.searchsorted(reach[order], longest, side="right"))
        limit = 1 if longest > _LONG else max(1, _BLOCK // (longest + 1))
        end = min(end, at + limit)
        yield order[at:end]
        at = end


def _term_sums(law: Law, reach: Ints, at_up: Ints, at_down: Ints, least: Floats | None) -> Swept:
    terms = np.zeros((len(reach), int(reach.max()) + 1))
    with np.errstate(divide="ignore"):
        np.cumsum(np.log(law.ratios(np.arange(terms.shape[1] - 1))), axis=1, out=terms[:, 1:])
    terms -= terms.max(axis=1, keepdims=True)
    np.exp(terms, out=terms)
    terms /= terms.sum(axis=1, keepdims=True)
    below = np.cumsum(terms, axis=1)
    above = np.cumsum(terms[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(len(reach))
    up, down = above[rows, np.clip(at_up, 0, reach)], below[rows, np.clip(at_down, 0, reach)]
    low, high = np.zeros_like(reach), reach
    if least is not None:
        low = (below < least[:, None]).sum(axis=1)
        high = (above >= least[:, None]).sum(axis=1) - 1
    return _swept(reach, at_up, at_down, up, down, low, high)


def _swept(
    reach: Ints, at_up: Ints, at_down: Ints, up: Floats, down: Floats, low: Ints, high: Ints
) -> Swept:
    """With what lies beyond the ends said exactly."""
    up = np.where(at_up <= 0, 1.0, np.where(at_up > reach, 0.0, up))
    down = np.where(at_down >= reach, 1.0, np.where(at_down < 0, 0.0, down))
    return Swept(np.minimum(up, 1.0), np.minimum(down, 1.0), low, high)


def _grid_sums(law: Law, reach: Ints, at_up: Ints, at_down: Ints, least: Floats | None) -> Swept:
    """Of one row."""
    end = int(reach[0])
    up_at, down_at = (int(np.clip(at[0], 0, end)) for at in (at_up, at_down))
    nodes = np.union1d(_nodes(law, end), [up_at, down_at, min(down_at + 1, end)])
    below, above = _cumulated(law, nodes)
    low, high = np.zeros_like(reach), reach
    if least is not None:
        first, last = int((below < least[0]).sum()), int((above >= least[0]).sum()) - 1
        start, stop = nodes[max(first - 1, 0)], nodes[min(last + 1, len(nodes) - 1)]
        near = [np.arange(start, nodes[first] + 1), np.arange(nodes[last], stop + 1)]
        nodes = np.union1d(nodes, np.concatenate(near))
        below, above = _cumulated(law, nodes)
        low = nodes[[int((below < least[0]).sum())]]
        high = nodes[[int((above >= least[0]).sum()) - 1]]
    up = above[np.searchsorted(nodes, [up_at])]
    down = below[np.searchsorted(nodes, [down_at])]
    return _swept(reach, at_up, at_down, up, down, low, high)


def _nodes(law: Law, end: int) -> Ints:
    mean, deviation = (float(part[0]) for part in law.moments())
    step = max(1, int(deviation / _FINE))
    start, stop = max(0, int(mean - 14 * deviation)), min(end, int(mean + 14 * deviation))
    edges = np.arange(_EDGE), np.arange(end - _EDGE, end + 1), np.linspace(0, end, _EDGE, dtype=int)
    return np.unique(np.concatenate([np.arange(start, stop + 1, step), *edges]))


def _cumulated(law: Law, nodes: Ints) -> tuple[Floats, Floats]:
    """P(X <= node) and P(X >= node): the terms between two nodes are a geometric sequence."""
    logs = law.log_terms(nodes)
    terms = np.exp(logs - logs.max())
    gaps = np.diff(nodes)
    slope = np.diff(logs) / gaps
    sums = _geometric(gaps, np.abs(slope)) * np.where(slope > 0, terms[1:], terms[:-1])
    sums *= np.exp(-np.maximum(slope, 0))  # a rising sequence is summed from its top downwards
    before = np.concatenate([[0.0], np.cumsum(sums)])  # of all terms below the node
    after = np.concatenate([np.cumsum(sums[::-1])[::-1], [0.0]]) + terms[-1]
    total = after[0]
    return (before + terms) / total, after / total


def _geometric(gaps: Ints, falls: Floats) -> Floats:
    """The sum of exp(-fall j) for j from 0 to gap - 1."""
    flat = falls < 1e-12
    steps = np.where(flat, 1.0, falls)
    return np.where(flat, gaps, np.expm1(-gaps * steps) / np.expm1(-steps))

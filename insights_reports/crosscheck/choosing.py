"""The choice among ways in which a server may do something, by the figures that each explains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from insights_reports.crosscheck.result import Candidate, Evidence

MARGIN = 2

Chosen = TypeVar("Chosen")


def choose(
    convention: str,
    tried: Iterable[tuple[Chosen, int]],
    figures: int,
    evidence: list[Evidence],
    name: Callable[[Chosen], str] = str,
) -> Chosen:
    """The candidate that explains most; the first one unless another explains MARGIN more."""
    scores = list(tried)
    best = max(scores, key=lambda pair: pair[1])
    taken = best if best[1] >= scores[0][1] + MARGIN else scores[0]
    listed = tuple(Candidate(name(candidate), score) for candidate, score in scores)
    evidence.append(Evidence(convention, name(taken[0]), figures, listed))
    return taken[0]

"""How one of several candidates for a convention is chosen: what explains most, always."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from insights_reports.crosscheck.result import Candidate, Evidence

Chosen = TypeVar("Chosen")
Scores = tuple[Sequence[tuple[Chosen, int]], int]
"""How many figures each candidate explains, and how many figures were looked at."""


def choose(
    convention: str,
    rounds: Iterable[Scores[Chosen]],
    evidence: list[Evidence],
    name: Callable[[Chosen], str] = str,
    rest: Callable[[Sequence[Chosen]], Chosen] | None = None,
) -> Chosen:
    """The candidate that explains most figures; of several that do, the first.

    Args:
        rounds: the scores of the same candidates, in the same order, over ever more figures. The
            next round is looked at, and added, only while candidates that explain most are level.
        evidence: gets what was chosen, and the scores it rests on.
        name: what a candidate is called there.
        rest: decides among those that are still level, by what the server's other figures say.
    """
    candidates: list[Chosen] = []
    scores: list[int] = []
    figures = 0
    best: list[Chosen] = []
    for scored, looked_at in rounds:
        candidates = [candidate for candidate, _ in scored]
        added = [score for _, score in scored]
        scores = [sum(pair) for pair in zip(scores, added, strict=True)] if scores else added
        figures += looked_at
        best = [one for one, score in zip(candidates, scores, strict=True) if score == max(scores)]
        if len(best) == 1:
            break
    taken = best[0] if rest is None or len(best) == 1 else rest(best)
    listed = tuple(map(Candidate, map(name, candidates), scores))
    evidence.append(Evidence(convention, name(taken), figures, listed))
    return taken

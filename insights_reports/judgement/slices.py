"""Many slices: which of them changed, which are worth a look, how many would look so by chance.

Totals and series with a target of their own are judged alone. The slices of one dimension and
measure are a family: among those that are called changed, at most one of ten is expected to be
called by chance (Benjamini and Hochberg 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from insights_reports.judgement.ranges import USUAL_THRESHOLDS, Thresholds
from insights_reports.judgement.verdicts import Judgement, Side

FALSE_SHARE = 0.10  # of the slices called changed that may be so by chance
_UNIT = 0.0025  # q below which a slice judged alone is called
_INFLATION = 15  # P(q < x) / x where nothing changed: 11 to 23 by simulation
_BY_CHANCE = {True: 0.021, False: 0.018}  # share called, provisional or not (the benchmark)


class SliceStanding(StrEnum):
    """What may be said of a slice when all of its kind are judged together."""

    CHANGED = "changed"
    WORTH_A_LOOK = "worth_a_look"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Family:
    """The standing of each slice, in their order; how many were judged, how many of them one alone
    would call although nothing changed, on average."""

    standings: tuple[SliceStanding, ...]
    judged: int
    by_chance: float


def family(judgements: Sequence[Judgement], thresholds: Thresholds = USUAL_THRESHOLDS) -> Family:
    """The slices of one dimension and measure together, restricted ones included."""
    surprise = [surprisal(judgement, thresholds) for judgement in judgements]
    judged = [at for at, q in enumerate(surprise) if q is not None]
    adjusted = [min(1.0, _INFLATION * q) for q in surprise if q is not None]
    changed = {judged[at] for at in benjamini_hochberg(adjusted, FALSE_SHARE)}
    standings = tuple(
        _standing(judgement, at in changed) for at, judgement in enumerate(judgements)
    )
    by_chance = sum(_BY_CHANCE[judgements[at].provisional] for at in judged)
    return Family(standings, len(judged), by_chance)


def _standing(judgement: Judgement, changed: bool) -> SliceStanding:
    if not judgement.called:
        return SliceStanding.NOTHING
    return SliceStanding.CHANGED if changed else SliceStanding.WORTH_A_LOOK


def surprisal(judgement: Judgement, thresholds: Thresholds = USUAL_THRESHOLDS) -> float | None:
    """The least of a judgement's chances on a common scale, on which both rules call below .0025;
    None where nothing was judged."""
    if judgement.this is None:
        return None
    found = [1.0]
    for side in Side:
        found.append(judgement.this.chance(side) * _UNIT / thresholds.this)
        if judgement.eight is not None and judgement.this.side is side:
            all_of_them = judgement.eight.side is side
            bar = thresholds.all_eight if all_of_them else thresholds.lasting
            found.append(judgement.eight.chance(side) * _UNIT / bar)
    return min(found)


def benjamini_hochberg(chances: Sequence[float], share: float) -> list[int]:
    """The places of the chances that are called, of which ``share`` may be so by chance."""
    order = np.argsort(chances, kind="stable")
    bars = share * np.arange(1, len(order) + 1) / max(len(order), 1)
    under = np.flatnonzero(np.asarray(chances, dtype=np.float64)[order] <= bars)
    return order[: int(under[-1]) + 1].tolist() if len(under) else []

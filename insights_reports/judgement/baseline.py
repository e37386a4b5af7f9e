"""Baselines that remember: formed, grown, held, locked, and restarted only by a decision.

A baseline is its periods' counts, so that every verdict can be made again from it without the
deployments of old. The periods just before the judged one are kept out as soon as there are enough,
so that a change does not become part of what it is compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from insights_reports.errors import UsageError
from insights_reports.judgement.observed import MeasureKind, Observed, kind_of, observed
from insights_reports.judgement.ranges import FEWEST, STEADY, USUAL_THRESHOLDS, Thresholds

FULL = 24  # periods at which a baseline is locked
FIRST = 11  # periods that a baseline of a short history takes, without a gap
GAP = 8  # periods before the judged one that are kept out, where there are enough
_RENAMED = {"formed_on": "formedOn", "accepted_by": "acceptedBy", "all_eight": "allEight"}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The periods that one measure of one series is compared with, oldest first.

    ``median`` is what values of a measure of kind ``median`` were counted above. ``formed_on`` is
    the day the first edition used it; ``accepted_by`` and ``reason`` stand where a person decided
    that it starts with its first period, and ``replaced`` is the one before, by which the periods
    before are still drawn.
    """

    kind: MeasureKind
    periods: tuple[Observed, ...]
    formed_on: date
    median: float | None = None
    rules: str = "range"
    thresholds: Thresholds = USUAL_THRESHOLDS
    accepted_by: str | None = None
    reason: str | None = None
    replaced: "Baseline | None" = None

    @property
    def locked(self) -> bool:
        return len(self.periods) >= FULL

    @property
    def provisional(self) -> bool:
        return len(self.periods) < STEADY

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON or YAML; ``from_dict`` is the way back."""
        counts = [[period.name, period.count, period.exposure] for period in self.periods]
        plain = {"kind": str(self.kind), "formedOn": self.formed_on.isoformat()}
        rest = {
            "median": self.median,
            "rules": self.rules,
            "thresholds": {
                "this": self.thresholds.this,
                "lasting": self.thresholds.lasting,
                "allEight": self.thresholds.all_eight,
            },
            "acceptedBy": self.accepted_by,
            "reason": self.reason,
        }
        if self.replaced is not None:
            rest["replaced"] = replace(self.replaced, replaced=None).to_dict()
        return {**plain, "periods": counts, **rest}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Baseline":
        """The baseline of ``to_dict``, of this version or of one that wrote names in snake_case.

        Raises:
            UsageError: a field is missing, or has a value that no baseline has.
        """
        try:
            plain = _as_written_now(plain)
            kind = kind_of(plain["kind"])
            periods = [
                Observed(count, exposure, name) for name, count, exposure in plain["periods"]
            ]
            return cls(
                kind,
                observed(kind, periods),
                date.fromisoformat(plain["formedOn"]),
                **{name: plain[name] for name in ("median", "rules", "reason")},
                thresholds=_thresholds(plain["thresholds"]),
                accepted_by=plain["acceptedBy"],
                replaced=cls.from_dict(plain["replaced"]) if "replaced" in plain else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            remedy = "Restore it from a copy, or remove it: a new one is formed."
            raise UsageError("A baseline cannot be read.", f"{error!r}", remedy) from error


def _as_written_now(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under the names of ``to_dict``."""
    return {_RENAMED.get(name, name): value for name, value in plain.items()}


def _thresholds(plain: Mapping[str, Any]) -> Thresholds:
    given = _as_written_now(plain)
    thresholds = Thresholds(given.pop("this"), given.pop("lasting"), given.pop("allEight"))
    if given:
        raise ValueError(f"{next(iter(given))} is no threshold")
    return thresholds


def usable(kind: MeasureKind, periods: Sequence[Observed]) -> list[Observed]:
    """The periods that may be in a baseline: with exposure, not special, and of counts none before
    the first that has one, where the series did not exist."""
    found = [period for period in periods if period.usable]
    if kind is not MeasureKind.COUNT:
        return found
    first = next((at for at, period in enumerate(found) if period.count), len(found))
    return found[first:]


def first_periods(known: int) -> slice:
    """Of ``known`` usable periods before the judged one, those that form the baseline."""
    length = min(FULL, max(min(known, FIRST), known - GAP))
    end = known - min(GAP, known - length)
    return slice(end - length, end)


def form(kind: MeasureKind, before: Sequence[Observed], formed_on: date) -> Baseline:
    """The baseline of a share or a count.

    Args:
        before: the usable periods before the judged one, oldest first. Of few a short baseline is
            made; with fewer than eight nothing is judged by it.
    """
    return Baseline(kind, tuple(before[first_periods(len(before))]), formed_on)


def form_median(before: Sequence[tuple[str, ArrayLike]], formed_on: date) -> Baseline:
    """The baseline of a median: the values of each usable period before the judged one, by name."""
    chosen = before[first_periods(len(before))]
    values = np.concatenate([np.asarray(of, dtype=np.float64) for _, of in chosen] or [np.zeros(0)])
    if not values.size:
        return Baseline(MeasureKind.MEDIAN, (), formed_on)
    median = float(np.median(values))
    periods = tuple(above(median, of, name) for name, of in chosen)
    return Baseline(MeasureKind.MEDIAN, periods, formed_on, median)


def above(median: float, values: ArrayLike, name: str = "") -> Observed:
    """A period of values as the count above a median; a value that equals it counts one half."""
    known = np.asarray(values, dtype=np.float64)
    halves = 2 * np.count_nonzero(known > median) + np.count_nonzero(known == median)
    return Observed(halves / 2, float(known.size), name)


def grown(baseline: Baseline, since: Sequence[Observed], *, held: bool) -> Baseline:
    """The baseline with what it takes of the periods after it.

    Args:
        since: the usable periods between its last and the judged one; of a median, counted above
            its median.
        held: whether a lasting change stands that nobody has decided on: then it takes none.
    """
    known = len(baseline.periods)
    length = min(FULL, max(known, known + len(since) - GAP))
    if held or length == known:
        return baseline
    return replace(baseline, periods=(*baseline.periods, *since[: length - known]))


def restarted(
    baseline: Baseline, accepted_by: str, reason: str, replaced: Baseline | None = None
) -> Baseline:
    """A baseline formed of the periods from a new level on, with the decision that did it and the
    baseline that it takes the place of."""
    if len(baseline.periods) < FEWEST:
        raise UsageError(
            "The new level is not known yet.",
            f"{len(baseline.periods)} complete periods",
            f"Wait until there are {FEWEST}; until then the old range stands, broken off.",
        )
    return replace(baseline, accepted_by=accepted_by, reason=reason, replaced=replaced)

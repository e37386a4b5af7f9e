"""Many slices: what is called changed, what is worth a look, what chance would call."""

import os
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from insights_reports.judgement import (
    Judgement,
    Rule,
    Side,
    SliceStanding,
    Verdict,
    Window,
    family,
)
from insights_reports.judgement.slices import benjamini_hochberg, surprisal

CASES = 2_000 if os.environ.get("THOROUGH") else 200


def window(up: float, down: float, side: Side | None) -> Window:
    return Window(1, 1, 1, up, down, side)


def judgement(this: Window, eight: Window | None = None, called: bool = True) -> Judgement:
    return Judgement(Verdict.WORSE, 11, (Rule.THIS,) if called else (), None, None, this, eight)


@pytest.mark.parametrize(
    ("this", "eight", "q"),
    [
        (window(0.0015, 0.9, Side.HIGH), None, 0.0025),
        (window(0.9, 0.0006, Side.LOW), None, 0.001),
        (window(0.3, 0.7, Side.HIGH), window(0.004, 0.99, None), 0.0025),
        (window(0.3, 0.7, Side.HIGH), window(0.05, 0.95, Side.HIGH), 0.0025),
        (window(0.3, 0.7, Side.LOW), window(0.004, 0.99, None), 0.5),  # this one is on the other
        (window(0.3, 0.7, None), window(0.004, 0.99, None), 0.5),  # or on none
    ],
)
def test_both_rules_call_below_the_same_number(this: Any, eight: Any, q: Any) -> None:
    assert surprisal(judgement(this, eight)) == pytest.approx(q)


def test_what_is_not_judged_is_in_no_family() -> None:
    unjudged = Judgement(Verdict.TOO_SHORT, 3)
    assert surprisal(unjudged) is None
    found = family([unjudged, judgement(window(1e-9, 1, Side.HIGH))])
    assert (found.standings, found.judged) == ((SliceStanding.NOTHING, SliceStanding.CHANGED), 1)
    assert family([]).standings == ()


def test_of_many_slices_only_the_clear_ones_are_changed() -> None:
    clear = [judgement(window(1e-7, 1, Side.HIGH))] * 2
    alone = [judgement(window(0.0006, 1, Side.HIGH))]
    quiet = [judgement(window(0.4, 0.6, Side.HIGH), called=False)] * 211
    found = family([*quiet, *alone, *clear])
    assert found.standings[-3:] == (
        SliceStanding.WORTH_A_LOOK,
        SliceStanding.CHANGED,
        SliceStanding.CHANGED,
    )
    assert set(found.standings[:-3]) == {SliceStanding.NOTHING}
    assert found.judged == 214
    assert found.by_chance == pytest.approx(214 * 0.021)


def test_benjamini_and_hochberg_as_statsmodels() -> None:
    rng = np.random.default_rng(6)
    for _ in range(CASES):
        chances = rng.uniform(0, 1, rng.integers(1, 60)) ** rng.integers(1, 6)
        called = np.flatnonzero(multipletests(chances, 0.1, method="fdr_bh")[0])
        assert sorted(benjamini_hochberg(chances.tolist(), 0.1)) == called.tolist()

"""What a slice is told of a source that is no report, by hand."""

import numpy as np

from insights_reports.edition.values import Name, Phrase
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.pipeline.slice_sources import gaps_of_slice, own_combinations

ONE, TWO = (Combination(f"Projects-{n}", "Channels-1", "Environments-1") for n in (1, 2))
KEYS = np.array([ONE.key, ONE.key, TWO.key], dtype=object)


def test_a_slice_has_its_combinations_whole_or_none() -> None:
    def own(*mine: bool) -> tuple[Combination, ...]:
        return own_combinations((ONE, TWO), KEYS, np.array(mine))

    assert own(True, True, False) == (ONE,)
    assert own(True, True, True) == (ONE, TWO)
    assert own(False, False, True) == (TWO,)
    assert own(True, False, False) == ()  # a part of one
    assert own(True, False, True) == ()  # one, and a part of another
    assert own(False, False, False) == ()


def test_what_counts_the_whole_says_so_and_what_names_others_is_left_out() -> None:
    stated = Phrase("gap.source_project", {"day": Name("x"), "n": 26})
    counts = Phrase("gap.source_core", {"n": 1, "streams": 37})
    plain = Phrase("gap.source_core_feed")
    names = Phrase("gap.source_core_deleted", {"name": Name("Payments API")})
    gone = Phrase("gap.definition_missing", {"name": Name("Projects-9")})
    told = list(gaps_of_slice((stated, counts, plain, names, gone), 5))
    assert told == [
        Phrase("gap.source_project", {"day": Name("x"), "n": 5}),
        Phrase("gap.of_whole", {"gap": counts}),
        plain,
    ]
    assert list(gaps_of_slice((stated,), 0)) == [
        Phrase("gap.source_project_part", {"day": Name("x")})
    ]

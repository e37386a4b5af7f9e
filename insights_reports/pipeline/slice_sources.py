"""What a slice says of a source that is no report of Octopus: which of the stated figures are its
own, and what the source cannot know of it."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.edition.values import Phrase
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.pipeline.combinations import by_combination

_COUNTS = frozenset(
    f"gap.{key}"
    for key in (
        *("source_core", "source_core_lost", "source_csv_names", "source_csv_utc"),
        *("release_order_id", "release_order_version"),
    )
)
_NAMES = frozenset(("gap.source_core_deleted", "gap.definition_missing"))  # of every slice's things
_STATED = "gap.source_project"


def combinations_of_rows(
    deployments: pd.DataFrame, every: Iterable[Combination]
) -> NDArray[np.object_]:
    """The key of the combination that each deployment belongs to."""
    keys = by_combination(deployments, every)["project_id"]
    return np.asarray(keys, dtype=object)


def own_combinations(
    every: Iterable[Combination], keys: NDArray[np.object_], mine: NDArray[np.bool_]
) -> tuple[Combination, ...]:
    """The combinations that a slice is made of; none when it has but a part of one of them, as a
    tenant has: of that part nothing is stated. ``keys`` are those of all deployments, ``mine``
    tells which of these are the slice's."""
    own = set(keys[mine])
    return () if own & set(keys[~mine]) else tuple(one for one in every if one.key in own)


def gaps_of_slice(gaps: Iterable[Phrase], checked: int) -> Iterator[Phrase]:
    """What of the source's ``gaps`` one slice is told: what counts the whole says so, what names
    things of others is left out. ``checked`` combinations are the slice's own."""
    for gap in gaps:
        if gap.key == _STATED:
            day = {"day": gap.values["day"]}
            some = Phrase(_STATED, {**day, "n": checked})
            yield some if checked else Phrase(f"{_STATED}_part", day)
        elif gap.key in _COUNTS:
            yield Phrase("gap.of_whole", {"gap": gap})
        elif gap.key not in _NAMES:
            yield gap

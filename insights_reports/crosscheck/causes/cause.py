"""Why a stated figure is not ours: a code and its facts, and the sentence they make in English.

Codes stay what they are from version to version; the sentences may be worded better.
"""

from __future__ import annotations

from dataclasses import dataclass

WORDS = {
    "edge_begins": "The range begins inside this interval: Octopus counts only what lies after "
    "{instant}.",
    "edge_ends": "The range ends inside this interval: Octopus counts only what lies before "
    "{instant}.",
    "before_data": "The interval begins before the first deployment that Octopus still lists "
    "({day}).",
    "restricted": "This account may not see every deployment: Octopus states {more} more of them "
    "in this interval.",
    "unseen": "What these deployments belong to may not be seen by this account: Octopus counts "
    "them in the series of their tags or their group.",
    "promote": "Octopus counts deployments of releases marked 'Do not promote' as failed.",
    "moved": "The deployments moved between the calls: {new} new, {gone} gone, {changed} changed, "
    "{edited} of them in state.",
    "edited": "States were edited between the calls: {changed} changed, {edited} of them in state.",
    "accumulates": "Lead time accumulates: changes not yet deployed when the interval ended count "
    "in it, too (OctopusDeploy/Issues#7812).",
    "left_out": "Octopus leaves these deployments out of this split: none of its tables has the "
    "series.",
    "undefined": "Octopus states a value that its documentation does not define.",
    "unknown": "No known cause explains it.",
    "one_unit": "One unit of the last digit stated; the convention of rounding does not explain "
    "it.",
    "unknown_series": "Octopus states a series that the deployments do not show.",
    "no_series": "Octopus states no such series.",
    "no_interval": "Octopus states no deployments in this interval.",
    "no_deployments": "The deployments show none in this interval; Octopus states some.",
    "states": "As many deployments, of other outcomes: task states edited since, or releases "
    "marked 'Do not promote'?",
    "more": "Octopus counts {more} more: deployments this account may not see, or new ones?",
    "fewer": "Octopus counts {fewer} fewer: deployments added or counted otherwise since?",
    "lead_times": "More lead times than deployments: changes still waiting may count in them.",
    "alone": "The other figures of this metric agree: this one figure is off by itself.",
    "of_kind": "One of {n} figures that differ in the same way.",
    "several": "The other figures of this metric agree; {n} of this kind differ, each by its own.",
    "stream": "The deployments of the stream make another value.",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause by its code and what is known of it.

    Attributes:
        code: one of `WORDS`.
        facts: names and values: numbers; days and instants as ISO 8601 texts.
    """

    code: str
    facts: tuple[tuple[str, int | str], ...] = ()

    def __str__(self) -> str:
        return WORDS[self.code].format(**dict(self.facts))

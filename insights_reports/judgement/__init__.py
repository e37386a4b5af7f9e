"""Judgements that hold up: pure functions from counts to verdicts, without clock, text or scipy.

A measure of one series is judged against a baseline that stays: by the range of counts that its
periods would have had while nothing changed (``expected_range``), this period alone and the last
eight together (``judge``, ``judge_all``).
"""

from insights_reports.judgement.assurance import Assurance, assurance, assured, coming_range
from insights_reports.judgement.baseline import (
    Baseline,
    above,
    form,
    form_median,
    grown,
    restarted,
    usable,
)
from insights_reports.judgement.contributions import (
    OTHERS,
    Contribution,
    Slice,
    frequency_contributions,
    median_contributions,
    rate_contributions,
    rounded,
    shown,
    with_and_without,
)
from insights_reports.judgement.control_charts import (
    RULE_SETS,
    ControlLimits,
    RuleSet,
    Signal,
    judge_on_chart,
    locked_xmr,
    xmr,
)
from insights_reports.judgement.dating import LikelyStart, since
from insights_reports.judgement.observed import MeasureKind, Observed
from insights_reports.judgement.open_days import Calendar, OpenDays, open_days
from insights_reports.judgement.ranges import (
    USUAL_THRESHOLDS,
    ExpectedRange,
    Thresholds,
    expected_range,
)
from insights_reports.judgement.slices import Family, SliceStanding, family
from insights_reports.judgement.steadiness import (
    Proposal,
    Split,
    best_split,
    later_part,
    moved,
    proposal,
    proposal_within,
)
from insights_reports.judgement.verdicts import (
    Case,
    Judgement,
    Rule,
    Side,
    Verdict,
    Window,
    judge,
    judge_all,
)

__all__ = [
    "OTHERS",
    "RULE_SETS",
    "USUAL_THRESHOLDS",
    "Assurance",
    "Baseline",
    "Calendar",
    "Case",
    "Contribution",
    "ControlLimits",
    "ExpectedRange",
    "Family",
    "Judgement",
    "LikelyStart",
    "MeasureKind",
    "Observed",
    "OpenDays",
    "Proposal",
    "Rule",
    "RuleSet",
    "Side",
    "Signal",
    "Slice",
    "SliceStanding",
    "Split",
    "Thresholds",
    "Verdict",
    "Window",
    "above",
    "assurance",
    "assured",
    "best_split",
    "coming_range",
    "expected_range",
    "family",
    "form",
    "form_median",
    "frequency_contributions",
    "grown",
    "judge",
    "judge_all",
    "judge_on_chart",
    "later_part",
    "locked_xmr",
    "median_contributions",
    "moved",
    "open_days",
    "proposal",
    "proposal_within",
    "rate_contributions",
    "restarted",
    "rounded",
    "shown",
    "since",
    "usable",
    "with_and_without",
    "xmr",
]

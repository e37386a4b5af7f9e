"""Our figures against those that Octopus states: a verdict for each of them, as values."""

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.edges import Hints
from insights_reports.crosscheck.check import cross_check
from insights_reports.crosscheck.result import (
    Candidate,
    CheckFinding,
    CheckVerdict,
    CrossCheck,
    Discrepancy,
    Evidence,
    StreamCheck,
    StreamDiscrepancy,
)
from insights_reports.spelling.stated import Question, StatedMetrics, StatedTable, read_stated

__all__ = [
    "Candidate",
    "Cause",
    "CheckFinding",
    "CheckVerdict",
    "CrossCheck",
    "Discrepancy",
    "Evidence",
    "Hints",
    "Question",
    "StatedMetrics",
    "StatedTable",
    "StreamCheck",
    "StreamDiscrepancy",
    "cross_check",
    "read_stated",
]

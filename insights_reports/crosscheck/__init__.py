"""Our figures against those that Octopus states: a verdict for each of them, as values."""

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.causes.edges import Hints
from insights_reports.crosscheck.check import cross_check
from insights_reports.crosscheck.result import (
    Candidate,
    CheckVerdict,
    CrossCheck,
    Discrepancy,
    Evidence,
    Finding,
    StreamCheck,
    StreamDiscrepancy,
)
from insights_reports.spelling.stated import Question, StatedMetrics, StatedTable, read_stated

__all__ = [
    "Candidate",
    "Cause",
    "CheckVerdict",
    "CrossCheck",
    "Discrepancy",
    "Evidence",
    "Finding",
    "Hints",
    "Question",
    "StatedMetrics",
    "StatedTable",
    "StreamCheck",
    "StreamDiscrepancy",
    "cross_check",
    "read_stated",
]

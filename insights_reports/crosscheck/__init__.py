"""Our figures against those that Octopus states: a verdict for each of them, as values."""

from insights_reports.crosscheck.cause import Cause
from insights_reports.crosscheck.causes import Hints
from insights_reports.crosscheck.check import cross_check
from insights_reports.crosscheck.result import (
    Candidate,
    CrossCheck,
    Discrepancy,
    Evidence,
    StreamCheck,
    StreamDiscrepancy,
    Verdict,
)
from insights_reports.crosscheck.stated import Question, StatedMetrics, StatedTable, read_stated
from insights_reports.crosscheck.text import report_lines

__all__ = [
    "Candidate",
    "Cause",
    "CrossCheck",
    "Discrepancy",
    "Evidence",
    "Hints",
    "Question",
    "StatedMetrics",
    "StatedTable",
    "StreamCheck",
    "StreamDiscrepancy",
    "Verdict",
    "cross_check",
    "read_stated",
    "report_lines",
]

"""Octopus Deploy's Insights reports: the one door through which its words come in."""

from insights_reports.octopus.streams import Deployments, read_deployments
from insights_reports.octopus.text import (
    clean_text,
    iana_zone,
    parse_duration,
    parse_instant,
    print_duration,
    print_instant,
    windows_zone,
)

__all__ = [
    "Deployments",
    "clean_text",
    "iana_zone",
    "parse_duration",
    "parse_instant",
    "print_duration",
    "print_instant",
    "read_deployments",
    "windows_zone",
]

"""Octopus Deploy's Insights reports: the one door through which its words come in."""

from insights_reports.octopus.client import Client
from insights_reports.octopus.connection import Connection, Credential, ServiceAccount
from insights_reports.octopus.deployments.export import to_api, to_csv
from insights_reports.octopus.deployments.streams import Deployments, read_deployments
from insights_reports.octopus.wire.transport import Limits
from insights_reports.spelling.text import (
    clean_text,
    iana_zone,
    parse_duration,
    parse_instant,
    print_duration,
    print_instant,
    windows_zone,
)

__all__ = [
    "Client",
    "Connection",
    "Credential",
    "Deployments",
    "Limits",
    "ServiceAccount",
    "clean_text",
    "iana_zone",
    "parse_duration",
    "parse_instant",
    "print_duration",
    "print_instant",
    "read_deployments",
    "to_api",
    "to_csv",
    "windows_zone",
]

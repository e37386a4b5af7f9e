"""``baseline``: what editions are compared with, and the decisions on it."""

import argparse
import getpass
from datetime import date
from pathlib import Path
from typing import Any

from insights_reports.commands.common import as_of, camel, print_json, print_table
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.judgement import Baseline
from insights_reports.metrics import Period
from insights_reports.pipeline.baselines import (
    BaselineDecision,
    add_decision,
    decisions_path,
    read_state,
)
from insights_reports.pipeline.runs import named


def main(options: argparse.Namespace) -> int:
    """Show the baselines or the proposals, or accept a new level."""
    path = find_config(options.config)
    config = load_config(path)
    if options.action == "accept":
        return _accept(options, config, path)
    show = _list if options.action == "list" else _propose
    every = [n for name in config.subscriptions for n in (config.slices_of(name) or (name,))]
    names = [options.subscription] if options.subscription else every
    found = [each for name in names for each in show(name, _state(config, name))]
    if options.json:
        print_json(camel(found))
    elif found:
        head = [*found[0]]
        print_table(
            [title.upper().replace("_", " ") for title in head],
            [[str(row[k]) for k in head] for row in found],
        )
    else:
        print("None." if options.action == "list" else "Nothing is proposed.")
    return 0


def _state(config: Config, subscription: str) -> dict[str, Any]:
    named(config, subscription)
    return read_state(config.resolve(config.state), subscription)


def _list(subscription: str, state: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for key, plain in state["baselines"].items():
        series, _, measure = key.rpartition("/")
        baseline = Baseline.from_dict(plain)
        rows.append(
            {
                "subscription": subscription,
                "series": series,
                "measure": measure,
                "first": baseline.periods[0].name,
                "last": baseline.periods[-1].name,
                "periods": len(baseline.periods),
                "state": "provisional" if baseline.provisional else "steady",
                "accepted_by": baseline.accepted_by or "",
            }
        )
    return rows


def _propose(subscription: str, state: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for key, proposal in state["proposals"].items():
        series, _, measure = key.rpartition("/")
        rows.append(
            {
                "subscription": subscription,
                "series": series,
                "measure": measure,
                "from": proposal["start"],
                "side": proposal["side"],
                "old": float(f"{proposal['oldLevel']:.4g}"),
                "new": float(f"{proposal['newLevel']:.4g}"),
            }
        )
    return rows


def _accept(options: argparse.Namespace, config: Config, path: Path) -> int:
    """Write a decision into the file beside the configuration."""
    given = (options.subscription, options.series, options.measure, options.start, options.reason)
    if not all(given):
        raise UsageError(
            "The decision is not complete.",
            "baseline accept",
            "Give SUBSCRIPTION SERIES MEASURE --from PERIOD --reason TEXT.",
        )
    state, key = _state(config, options.subscription), f"{options.series}/{options.measure}"
    if key not in state["baselines"]:
        near = next((each for each in state["baselines"] if options.series in each), "")
        raise UsageError(
            "There is no such baseline.",
            f"{options.subscription}: {key}",
            f"`insights-reports baseline list` shows them{f', such as {near}' if near else ''}.",
        )
    entry = BaselineDecision(
        subscription=options.subscription,
        series=options.series,
        measure=options.measure,
        start=Period.parse(options.start).name,
        reason=options.reason,
        who=options.who or getpass.getuser(),
        when=_today(options),
    )
    file = decisions_path(path)
    add_decision(file, entry)
    if options.json:
        print_json({"file": str(file), "baseline": entry.key, "from": entry.start})
        return 0
    print(f"{file}: {entry.key} begins anew with {entry.start}.")
    return 0


def _today(options: argparse.Namespace) -> date:
    return as_of(options).date()

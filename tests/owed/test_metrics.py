"""What a monitor scrapes."""

import json
import re
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from insights_reports.delivery import State
from insights_reports.owed.metrics import metrics
from insights_reports.owed.standing import LedgerFacts, Overview, standings
from insights_reports.scheduling.heartbeat import wrong
from tests.owed.rows import NAME, at, calendar_for, edition, receipt, run, subscription

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
NOW = at("2026-11-01T08:00")  # October is due since two hours


def overview() -> Overview:
    """August has arrived, September was refused by one of two, October was not made."""
    given = subscription(since="2026-08-01")
    receipts = [
        receipt("2026-09", "a@example.com", State.SENT),
        receipt("2026-09", "b@example.com", State.REFUSED),
    ]
    made = [edition("2026-08", made_at=at("2026-09-01T06:01")), edition("2026-09")]
    facts = LedgerFacts(made, receipts, [])
    return Overview(
        {NAME: standings(NAME, given, calendar_for(given), facts, NOW)}, {"odd": "no such country"}
    )


def test_the_figures_and_that_a_strict_parser_takes_them() -> None:
    ran = run("2026-10", "2026-11-01T06:00", "failed: no", exit_status=3, stages=(("pull", 1.5),))
    text = metrics(overview(), {NAME: [run("", "2026-08-01T00:00"), ran]}, NOW).decode()
    assert text.endswith("# EOF\n")
    found = {
        (sample.name.removeprefix("insights_reports_"), *label_values(sample.labels)): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }
    assert found["looked_timestamp_seconds",] == NOW.timestamp()
    assert found["due_timestamp_seconds", NAME] == at("2026-11-01T06:00").timestamp()
    assert found["last_success_timestamp_seconds", NAME] == at("2026-09-01T06:01").timestamp()
    assert found["periods", NAME, "done"] == 1
    assert found["periods", NAME, "refused"] == 1
    assert found["periods", NAME, "owed"] == 1
    assert found["periods", NAME, "given up"] == 0
    assert found["overdue_periods", NAME] == 2
    assert found["refused_deliveries", NAME] == 1
    assert found["unusable", NAME] == 0
    assert found["unusable", "odd"] == 1
    assert found["last_run_exit_status", NAME] == 3
    assert found["last_run_seconds", NAME, "pull"] == 1.5


def label_values(labels: dict[str, str]) -> list[str]:
    """The subscription first."""
    return [labels[name] for name in sorted(labels, key=lambda name: name != "subscription")]


def names(text: str) -> set[str]:
    return set(re.findall(r"insights_reports_[a-z_]+", text))


def test_rules_and_dashboard_ask_for_nothing_that_is_not_there() -> None:
    ran = run("2026-10", "2026-11-01T06:00", "failed: no", exit_status=3, stages=(("pull", 1.5),))
    known = names(metrics(overview(), {NAME: [ran]}, NOW).decode())
    rules = YAML(typ="safe", pure=True).load((MONITORING / "prometheus-rules.yaml").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert len(asked) >= 5
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for expression in asked:
        assert names(expression), expression
        assert names(expression) <= known, expression


def test_what_a_heartbeat_says() -> None:
    assert wrong(overview(), NOW).splitlines() == [
        "monthly 2026-09: refused: b@example.com refused it",
        "monthly 2026-10: owed: not made yet",
        "odd: no such country",
    ]
    assert wrong(Overview({}, {}), NOW) == ""

"""What a run may be asked for: what the configuration names, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.scheduling.request import Request, checked, request_model
from insights_reports.scheduling.served import Served

NOW = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "path": "/etc/acme/insights-reports.yaml",
        "destinations": {
            "archive": {"type": "folder", "path": "reports"},
            "board": {"type": "mail", "to": ["cto@example.com", "coo@example.com"]},
            "team": {"type": "mail", "to": ["cto@example.com"]},
        },
        "subscriptions": {
            "monthly": {"report": "R"},
            "weekly": {"report": "R", "every": "week"},
            "fiscal": {"report": "R", "every": "quarter", "fiscal_year_starts": 4},
        },
    }
)
MODEL = request_model(CONFIG)


def ask(**fields: Any) -> Request:
    return checked(CONFIG, MODEL, {"subscription": "monthly", **fields}, NOW)


def test_the_form_has_the_choices_of_the_configuration() -> None:
    schema = MODEL.model_json_schema()
    assert schema["$defs"]["Subscription"]["enum"] == ["monthly", "weekly", "fiscal"]
    recipients = schema["properties"]["send_test_to"]["enum"]
    assert recipients == ["nobody", "cto@example.com", "coo@example.com"]
    assert schema["additionalProperties"] is False
    assert all(field.get("description") for field in schema["properties"].values())


def test_what_can_be_asked_for() -> None:
    request = ask(period="2026-09", dry_run=True, send_test_to="coo@example.com", note="a look")
    assert (request.subscription, request.period) == ("monthly", "2026-09")
    assert (request.dry_run, request.test_recipient) == (True, "coo@example.com")
    assert ask().test_recipient is None
    for name, period in (("monthly", "last"), ("weekly", "2026-W48"), ("fiscal", "FY2027-Q3")):
        assert ask(subscription=name, period=period).period == period


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"subscription": "../evil"}, "subscription"),
        ({"config": "/tmp/evil.yaml"}, "config"),
        ({"url": "http://evil.example"}, "url"),
        ({"out": "/tmp"}, "out"),
        ({"as_of": "2030-01-01T00:00:00Z"}, "as_of"),
        ({"period": "2026-13"}, "period"),
        ({"period": "2026-W60"}, "period"),
        ({"period": "2026-Q5"}, "period"),
        ({"period": "last\n"}, "period"),
        ({"period": "2026-01..2026-09"}, "period"),
        ({"send_test_to": "me@evil.example"}, "send_test_to"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"note": "x" * 201}, "note"),
    ],
)
def test_what_cannot(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError, match="The run cannot be asked for this") as failure:
        ask(**fields)
    assert failure.value.which.startswith(where)
    assert len(str(failure.value).splitlines()) == 3


@pytest.mark.parametrize("given", [None, "monthly", [], {}, {"period": "last"}])
def test_no_request_at_all(given: object) -> None:
    with pytest.raises(UsageError):
        checked(CONFIG, MODEL, given, NOW)


def test_a_model_that_nobody_validated_is_checked_too() -> None:
    forged = MODEL.model_construct(subscription="../evil", period="last")
    with pytest.raises(UsageError):
        checked(CONFIG, MODEL, forged, NOW)


def test_a_period_that_has_not_begun_or_is_not_the_subscriptions() -> None:
    with pytest.raises(UsageError, match="has not begun"):
        ask(period="2026-12")
    # It is December already where the day comes first (UTC+14).
    late = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
    december = {"subscription": "monthly", "period": "2026-12"}
    assert checked(CONFIG, MODEL, december, late).period == "2026-12"
    for name, period in (("monthly", "2026-Q3"), ("weekly", "2026-W54"), ("fiscal", "2026-Q3")):
        with pytest.raises(UsageError, match="subscription"):
            ask(subscription=name, period=period)


def test_what_is_served_travels_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "AS_OF", "TRIGGER"):
        monkeypatch.setenv(f"INSIGHTS_REPORTS_{name}", "of another")
    served = Served(Path("/etc/acme/insights-reports.yaml"))
    served.to_environment()
    assert Served.from_environment() == served
    fixed = Served(served.config, as_of=NOW, trigger="demo")
    fixed.to_environment()
    assert Served.from_environment() == fixed
    monkeypatch.delenv("INSIGHTS_REPORTS_CONFIG")
    with pytest.raises(UsageError, match="do not know their configuration"):
        Served.from_environment()

"""The operators are told once of what is overdue, and once when it is not any more."""

from datetime import timedelta

from insights_reports.config.file import load_config
from insights_reports.delivery import State
from insights_reports.owed.standing import LedgerFacts, Overview, standings
from insights_reports.pipeline.overdue import tell_overdue
from tests.delivery.mail_servers import Postbox, mail_server
from tests.owed.rows import NAME, at, calendar_for, edition, receipt, run, subscription
from tests.pipeline.conftest import Configure

NOW = at("2026-11-01T06:30")  # October is due since half an hour
HOUR = timedelta(hours=1)


def overview(facts: LedgerFacts, hours: int = 0) -> Overview:
    given = subscription()
    now = NOW + hours * HOUR
    return Overview({NAME: standings(NAME, given, calendar_for(given), facts, now)}, {})


def subjects(postbox: Postbox) -> list[str]:
    return [str(postbox.parsed(n)["Subject"]) for n in range(len(postbox.received))]


def test_once_overdue_and_once_recovered(configure: Configure) -> None:
    nobody = LedgerFacts(runs=[run("", "2026-10-05T12:00")])
    with mail_server() as postbox:
        notify = {"notify": {"mail": ["ops@example.com"]}}
        config = load_config(configure(mail_port=postbox.port, more=notify))
        (config.path.parent / "state").mkdir()
        tell_overdue(config, overview(nobody), NOW)
        assert subjects(postbox) == []  # it may still be under way
        for hours in (1, 2):  # a second look, perhaps of another process, tells nothing again
            tell_overdue(config, overview(nobody, hours), NOW + hours * HOUR)
            assert subjects(postbox) == ["Insights Reports: monthly 2026-10: overdue"]
        text = postbox.parsed().get_body(("plain",))
        assert text is not None
        assert "Due 2026-11-01 06:00 UTC; it is owed." in text.get_content()
        assert "insights-reports run monthly --period 2026-10" in text.get_content()
        sent = [receipt("2026-10", "a@example.com", State.SENT)]
        facts = LedgerFacts([edition("2026-10")], sent, nobody.runs)
        tell_overdue(config, overview(facts, 3), NOW + 3 * HOUR)
        assert subjects(postbox)[1:] == ["Insights Reports: monthly 2026-10: recovered"]
        tell_overdue(config, overview(facts, 4), NOW + 4 * HOUR)
        assert len(postbox.received) == 2


def test_nobody_is_told_who_does_not_want_it(configure: Configure) -> None:
    nobody = LedgerFacts(runs=[run("", "2026-10-05T12:00")])
    with mail_server() as postbox:
        notify = {"notify": {"mail": ["ops@example.com"], "on": ["failed"]}}
        config = load_config(configure(mail_port=postbox.port, more=notify))
        tell_overdue(config, overview(nobody, 2), NOW + 2 * HOUR)
        assert postbox.received == []


def test_of_a_subscription_with_mistakes_the_operators_hear_as_well(configure: Configure) -> None:
    with mail_server() as postbox:
        notify = {"notify": {"mail": ["ops@example.com"]}}
        config = load_config(configure(mail_port=postbox.port, more=notify))
        (config.path.parent / "state").mkdir()
        broken = Overview({}, {NAME: "subscriptions.monthly.splits[0]: 'Projekt': must be"})
        for hours in (0, 1):
            tell_overdue(config, broken, NOW + hours * HOUR)
            assert subjects(postbox) == ["Insights Reports: monthly (all periods): overdue"]
        text = postbox.parsed().get_body(("plain",))
        assert text is not None
        assert "Why: subscriptions.monthly.splits[0]: 'Projekt': must be" in text.get_content()
        tell_overdue(config, Overview({NAME: ()}, {}), NOW + 2 * HOUR)
        assert subjects(postbox)[1:] == ["Insights Reports: monthly (all periods): recovered"]

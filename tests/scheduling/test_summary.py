"""What Prefect's page says of a run."""

from datetime import UTC, datetime
from typing import Any

from insights_reports.delivery import Key, Receipt, State
from insights_reports.scheduling.summary import artifact_key, markdown, run_name, why
from tests.delivery.material import ABOUT

EDITION = ABOUT.model_copy(
    update={
        "period": "2026-10",
        "report": "Delivery <img src=x> | [all](http://evil.example)",
        "figures": 956226,
        "agrees": 956226,
    }
)


def receipt(to: str, state: State, **more: Any) -> Receipt:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Receipt(Key("monthly", "2026-10", 1, "board", to), state, at, **more)


def test_the_name_and_the_reason() -> None:
    assert run_name("board-monthly", EDITION) == "board-monthly 2026-10 r1"
    receipts = [receipt("a@example.com", State.SENT), receipt("b@example.com", State.DEFERRED)]
    assert why(EDITION, receipts, "") == (
        "2026-10 r1, final: 956,226 of 956,226 figures agree; 1 of 2 delivered"
    )
    differing = EDITION.model_copy(update={"agrees": 956223, "differs": 3})
    assert why(differing, [], "3 differ") == (
        "2026-10 r1, final: 956,223 of 956,226 figures agree, 3 differ; held: 3 differ"
    )
    assert why(EDITION.model_copy(update={"figures": 0}), [], "").startswith(
        "2026-10 r1, final: Octopus stated no"
    )
    assert artifact_key("ACME", "board-monthly") == "summary-acme-board-monthly"


def test_the_summary_takes_no_word_of_others_for_markup() -> None:
    refused = receipt("a@example.com", State.REFUSED, detail="550 <b>no</b>\n| `you` |")
    text = markdown("monthly", EDITION, [("monthly-2026-10.pdf", 214_400)], [refused], "")
    lines = text.splitlines()
    assert lines[0] == r"# monthly 2026\-10 r1"
    assert r"Delivery \<img src=x\> \| \[all\]\(http://evil.example\)" in text
    assert r"| monthly\-2026\-10.pdf | 214 kB |" in lines
    assert r"| board a@example.com | **refused** | 550 \<b\>no\</b\> \| \`you\` \| |" in lines

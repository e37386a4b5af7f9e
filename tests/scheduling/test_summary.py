"""What Prefect's page says of a run."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from insights_reports.delivery import Key, Receipt, State
from insights_reports.scheduling.summary import SummaryFile, artifact_key, markdown, run_name, why
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
    pdf = SummaryFile("monthly-2026-10.pdf", 214_400, ["/srv/run"])
    text = markdown("monthly", EDITION, [pdf], [refused], "", findings=[], differences=[])
    lines = text.splitlines()
    assert lines[0] == r"# monthly 2026\-10 r1"
    assert r"Delivery \<img src\=x\> \| \[all\]\(http\://evil\.example\)" in text
    assert r"| monthly\-2026\-10\.pdf | 214 kB | /srv/run/monthly\-2026\-10\.pdf |" in lines
    assert r"| board a\@example\.com | **refused** | 550 \<b\>no\</b\> \| \`you\` \| |" in lines


def test_the_summary_says_findings_differences_and_where_files_are() -> None:
    pdf = SummaryFile(
        "monthly (1).pdf", 900, ["https://reports.example.com/m/2026-10/r1/", "/srv/a_b/r1"]
    )
    text = markdown(
        "monthly",
        EDITION.model_copy(update={"finding": "Failures *doubled*."}),
        [pdf],
        [],
        "",
        findings=["Web [Shop](http://evil.example): 31 of 110\n# now", *["more"] * 20],
        differences=["Lead time: 3 figures <script>"],
    )
    lines = text.splitlines()
    assert r"Failures \*doubled\*\." in lines
    found = lines.index("## Findings")
    assert lines[found + 2] == (r"- Web \[Shop\]\(http\://evil\.example\)\: 31 of 110 \# now")
    assert lines[found + 22] == "- and 1 more"
    differs = lines.index("## Differs from Octopus")
    assert lines[differs + 2] == r"- Lead time\: 3 figures \<script\>"
    assert (
        r"| monthly \(1\)\.pdf | 1 kB | "
        r"[open](https://reports.example.com/m/2026-10/r1/monthly%20%281%29.pdf)"
        r"<br>/srv/a\_b/r1/monthly \(1\)\.pdf |"
    ) in lines


def test_a_summary_without_findings_has_no_empty_list() -> None:
    text = markdown("monthly", EDITION, [], [], "", findings=[], differences=[])
    assert "##" not in text


@given(st.text(st.sampled_from("<a>[](!)*_`|~#&;:/.@\\\n1-+=$ "), min_size=1, max_size=30))
def test_no_text_becomes_markup(text: str) -> None:
    said = markdown("monthly", EDITION, [], [], "", findings=[f"x{text}"], differences=[])
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(said)
    items = [each for each in tokens if each.type == "inline" and each.level == 3]
    parts = [part for each in items for part in each.children or []]
    assert {part.type for part in parts} <= {"text", "text_special"}
    assert "".join(part.content for part in parts) == " ".join(f"x{text}".split())

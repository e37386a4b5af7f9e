"""Editions at the edge of what a report can be: nothing in it, too much, odd names and times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from insights_reports.crosscheck import CrossCheck
from insights_reports.edition import compose
from insights_reports.edition.document import Document
from tests.edition.inputs import company, deployment, inputs, settings
from tests.metrics.reference import Row

LONG = "Underwriting and claims settlement for the northern region " * 3
NAMES = (
    LONG[:160],
    "W" * 160,
    "متجر الرياض للتجزئة",
    "חנות תל אביב",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "@SUM(A1) | {{ 7*7 }} {% raw %}",
    "a\u202eevil\u202c b\u0000c\u2028d",
    "]]></svg><img src=https://evil.example/x>",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦 東京 서울",
)  # fmt: skip


def one(rows: list[Row], period: str = "2026-09", **changes: object) -> Document:
    """The edition of these rows as one document with every section."""
    language = str(changes.pop("language", "en"))
    [document] = compose(inputs(rows, period, **changes), settings(layout="one", language=language))
    return document


def empty() -> Document:
    """Of no deployments Octopus states no figures either."""
    return one([], check=CrossCheck(0, 0, 0, 0, 0))


def single() -> Document:
    return one([deployment(1, datetime(2026, 9, 14, 12, tzinfo=UTC), release_version="1.0.0")])


def many() -> Document:
    """400 tenants, each with a name of 160 characters."""
    rows = [
        replace(row, tenant_id=f"Tenants-{n % 400}", tenant_name=f"{n % 400:03} {LONG}"[:160])
        for n, row in enumerate(company(2400))
    ]
    return one(rows)


def hostile() -> Document:
    """Names from right to left, of markup, formulas and characters that steer."""
    return one(_named(company(900, projects=len(NAMES)), NAMES))


def restricted() -> Document:
    """No name may be seen."""
    return one(_named(company(900), (None,) * 10))


def _named(rows: list[Row], names: tuple[str | None, ...]) -> list[Row]:
    """The projects, environments and tenants get these names, by the number in their ids."""

    def name(id: str | None) -> str | None:
        return None if id is None else names[int(id.rpartition("-")[2]) % len(names)]

    return [
        replace(
            row,
            project_name=name(row.project_id),
            environment_name=name(row.environment_id),
            tenant_name=name(row.tenant_id),
        )
        for row in rows
    ]


def last_week() -> Document:
    """The 53rd week of 2026, which ends in 2027."""
    first, last = datetime(2026, 1, 5, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    known = {"known_from": first.date(), "as_of": last, "generated": last}
    return one(company(1500, first=first, last=last), "2026-W53", **known)


def clock_change() -> Document:
    """March 2026 in Berlin, which lacks an hour, with six deployments right after it."""
    switch = datetime(2026, 3, 29, 1, tzinfo=UTC)
    rows = company(1500, first=datetime(2025, 3, 1, tzinfo=UTC), last=switch - timedelta(days=1))
    around = [deployment(5000 + n, switch + timedelta(minutes=30 * n)) for n in range(6)]
    as_of = {"as_of": datetime(2026, 4, 2, tzinfo=UTC), "language": "de"}
    return one([*rows, *around], "2026-03", **as_of)


EDGES = {
    make.__name__: make
    for make in (empty, single, many, hostile, restricted, last_week, clock_change)
}

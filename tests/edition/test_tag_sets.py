"""Contributions of tags that overlap, by the exact set of tags."""

from datetime import UTC, datetime, timedelta

from insights_reports.edition import compose
from insights_reports.edition.document import Table
from insights_reports.formats.words.words import words
from tests.edition.inputs import deployment, inputs, settings
from tests.metrics.reference import Row


def rows(month: int, tenant: str | None, many: int, failed: int, first: int) -> list[Row]:
    start = datetime(2026, month, 2, 9, tzinfo=UTC)
    return [
        deployment(
            first + n,
            start + timedelta(hours=2 * n),
            tenant_id=tenant,
            tenant_name=tenant,
            task_state="Failed" if n < failed else "Success",
        )
        for n in range(many)
    ]


def contributions(rows: list[Row]) -> list[Table]:
    documents = compose(inputs(rows), settings(splits=("TenantTagSet",), tag_sets=("TagSets-1",)))
    return [
        block
        for document in documents
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table) and block.id == "tenant-tag-set-tagsets-1-contributions"
    ]


def test_each_exact_set_of_tags_is_a_part_and_they_add_up() -> None:
    """Tenant 1 is Europe and Asia, tenant 2 Asia, tenant 3 untagged: before 2/20, 1/20, 1/10, now
    6/20, 1/20, 1/10: 8 % to 16 %. All 8 points are the first one's rate: 20/50 of 20 points."""
    counts = {"Tenants-1": (20, 2, 6), "Tenants-2": (20, 1, 1), "Tenants-3": (10, 1, 1)}
    made = [
        row
        for at, (tenant, (many, before, now)) in enumerate(counts.items(), 1)
        for month, failed in ((8, before), (9, now))
        for row in rows(month, tenant, many, failed, at * 1000 + month * 100)
    ]
    [table] = contributions(made)
    text = words("en")
    said = [[text.value(cell).replace("\xa0", " ") for cell in row] for row in table.rows]
    assert said[0] == ["Asia + Europe", "20", "20", "+8.0 points", "±0.0 points", "+8.0 points"]
    assert sorted(row[0] for row in said) == ["Asia", "Asia + Europe", "Untagged"]
    assert table.total is not None
    assert [text.value(cell).replace("\xa0", " ") for cell in table.total] == [
        "All", "50", "50", "+8.0 points", "±0.0 points", "+8.0 points",
    ]  # fmt: skip


def test_tags_that_do_not_overlap_keep_the_table_of_all_splits() -> None:
    made = [
        row
        for at, tenant in enumerate(("Tenants-2", "Tenants-3"), 1)
        for month in (8, 9)
        for row in rows(month, tenant, 20, month - 7 if at == 1 else 1, at * 1000 + month * 100)
    ]
    [table] = contributions(made)
    assert table.title.key.startswith("chart.waterfall.")


def test_where_nothing_changed_or_nothing_is_known_before_there_is_no_table() -> None:
    same = [row for month in (8, 9) for row in rows(month, "Tenants-1", 20, 2, month * 100)]
    assert contributions(same) == []
    assert contributions(rows(9, "Tenants-1", 20, 2, 900)) == []

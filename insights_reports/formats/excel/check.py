"""The last sheets but the deployments: the cross-check and the exclusion ledger."""

from insights_reports.formats.excel.book import Book, Cell, Row
from insights_reports.formats.excel.plan import SheetPlan
from insights_reports.formats.excel.sheets import Head, SheetTable, write_sheet


def write_check(book: Book, plan: SheetPlan) -> None:
    """How many of the figures that Octopus states agree, and what the data cannot say."""
    words, check = book.words, book.document.check
    head = Head(
        plan.fixed["check"],
        words.text("label.check"),
        words.phrase(check.sentence),
        (words.text("excel.about.check"),),
        plan.fixed["contents"],
    )
    counts = ("figures", "agrees", "explained", "differs", "not_comparable")
    rows: list[Row] = [
        [Cell(words.text("excel.check_row.verdict")), Cell(words.value(check.verdict))],
        *(
            [Cell(words.text(f"excel.check_row.{key}")), Cell(getattr(check, key), "Count")]
            for key in counts
        ),
        *([Cell(words.text("label.gaps")), Cell(words.phrase(gap))] for gap in check.gaps),
    ]
    heads = [words.text("excel.column.measure"), words.text("label.value")]
    write_sheet(book, head, SheetTable(heads, rows, name="CrossCheck"))


def write_exclusions(book: Book, plan: SheetPlan) -> None:
    """Every deployment that was read is used, or not used for one of these reasons."""
    words, ledger = book.words, book.document.check.ledger
    head = Head(
        plan.fixed["exclusions"],
        words.text("label.ledger"),
        words.phrase(book.document.identity.scope),
        (words.text("excel.about.exclusions"),),
        plan.fixed["contents"],
    )
    rows: list[Row] = [[Cell(words.text("label.used")), Cell(ledger.used, "Count"), Cell(None)]]
    for exclusion in ledger.excluded:
        reason = words.text("label.excluded", reason=exclusion.reason)
        ids = ", ".join(exclusion.ids)
        rows.append([Cell(reason), Cell(exclusion.deployments, "Count"), Cell(ids or None)])
    total = [Cell(words.text("label.read")), Cell(ledger.read, "Count"), Cell(None)]
    heads = [
        words.text("label.reason"),
        words.text("label.deployments"),
        words.text("excel.column.ids"),
    ]
    write_sheet(book, head, SheetTable(heads, rows, total, "Exclusions", (44, 14, 100)))

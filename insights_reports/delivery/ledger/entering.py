"""Entering an edition in the ledger, and the columns that name editions and deliveries."""

import json

from insights_reports.delivery.ledger import statements as sql
from insights_reports.delivery.ledger.database import Row, Write, stamp
from insights_reports.delivery.ledger.rows import EditionRow, Made
from insights_reports.delivery.receipts import Edition
from insights_reports.errors import DeliveryError


def enter_made(write: Write, edition: Edition, state: Made, note: str) -> None:
    """Enter that ``edition`` is made.

    Raises:
        DeliveryError: when its revision has another content in the ledger.
    """
    row = {**edition_key(edition), "digest": edition.about.digest, "files": files_of(edition)}
    values = {**row, "status": edition.about.status, "state": state, "note": note}
    if write.execute(sql.MAKE_EDITION, values).rowcount == 1:
        return
    query = f"SELECT 1 FROM editions WHERE {sql.OF_EDITION}"
    if write.execute(query, edition_key(edition)).fetchone():
        raise DeliveryError(
            "This revision is another edition's by now.",
            f"{edition.about.subscription} {edition.about.period} r{edition.about.revision}",
            "Another run may have made this edition meanwhile; run again.",
        )
    made = {"made_at": stamp(edition.about.made_at), "run_id": ""}
    write.execute(sql.ENTER_EDITION, {**values, **made})


def files_of(edition: Edition) -> str:
    """The column of its files: name, size in bytes and SHA-256 of each."""
    return json.dumps([(f.name, len(f.content), f.sha256) for f in edition.files])


def edition_key(edition: Edition | EditionRow) -> dict[str, object]:
    """The columns that name an edition."""
    one = edition.about if isinstance(edition, Edition) else edition
    return {"subscription": one.subscription, "period": one.period, "revision": one.revision}


def delivery_key(row: Row) -> tuple[str, str, int, str, str]:
    """The columns that name a delivery."""
    return (
        row["subscription"],
        row["period"],
        row["revision"],
        row["destination"],
        row["recipient"],
    )

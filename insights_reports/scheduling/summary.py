"""What Prefect's page says of a run: its name, why it ended so, and a summary in Markdown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from insights_reports.delivery import Receipt, State
from insights_reports.edition.about import About

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&.:@$=-])")  # with what makes a link of an address
_MOST = 20  # findings, and differences, that are listed


def run_name(subscription: str, edition: About) -> str:
    """``board-monthly 2026-10 r1``: the real period, never ``last``."""
    return f"{subscription} {edition.period} r{edition.revision}"


def why(edition: About, receipts: Sequence[Receipt], held: str) -> str:
    """``2026-10 r1, final: 956,226 of 956,226 figures agree; 3 of 3 delivered``."""
    said = f"{edition.period} r{edition.revision}, {edition.status}: {_checked(edition)}"
    if held:
        return f"{said}; held: {held}"
    if not receipts:
        return f"{said}; nothing was to be delivered"
    return f"{said}; {sum(r.done for r in receipts)} of {len(receipts)} delivered"


def artifact_key(identity: str, subscription: str) -> str:
    """One for each subscription, so that Prefect keeps a history of its summaries."""
    return f"summary-{identity}-{subscription}".lower()


@dataclass(frozen=True)
class SummaryFile:
    """A file of a run: its size in bytes, and the folders or URLs that hold it."""

    name: str
    size: int
    places: Sequence[str]


def markdown(
    subscription: str,
    edition: About,
    files: Sequence[SummaryFile],
    receipts: Sequence[Receipt],
    held: str,
    *,
    findings: Sequence[str],
    differences: Sequence[str],
) -> str:
    """The summary of a run: verdict, ``findings``, ``differences`` from what Octopus states, files
    with where they are, and who got them.

    Names from Octopus and words of mail servers are escaped: the page shows them as they are.
    """
    lines = [
        f"# {_text(run_name(subscription, edition))}",
        "",
        f"**{_text(str(edition.report))}**, {_text(why(edition, receipts, held))}.",
        *(["", _text(edition.finding)] if edition.finding else []),
        *_listed("Findings", findings),
        *_listed("Differs from Octopus", differences),
        "",
        "| File | Size | Where |",
        "|---|--:|---|",
        *map(_file, files),
    ]
    if receipts:
        lines += ["", "| To | State | |", "|---|---|---|", *map(_receipt, receipts)]
    return "\n".join(lines) + "\n"


def _listed(title: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    more = [f"- and {len(texts) - _MOST:,} more"] if len(texts) > _MOST else []
    return ["", f"## {title}", "", *(f"- {_text(each)}" for each in texts[:_MOST]), *more]


def _file(file: SummaryFile) -> str:
    where = "<br>".join(_place(f"{place.rstrip('/')}/{file.name}") for place in file.places)
    return f"| {_text(file.name)} | {max(1, round(file.size / 1000)):,} kB | {where} |"


def _place(where: str) -> str:
    """A link where a browser can follow it; Prefect's page shows what escapes there are in one."""
    if not where.startswith(("https://", "http://")):
        return _text(where)
    return f"[open]({quote(where, safe=':/%')})"


def _checked(edition: About) -> str:
    if not edition.figures:
        return "Octopus stated no figures to compare with"
    differ = f", {edition.differs:,} differ" if edition.differs else ""
    return f"{edition.agrees:,} of {edition.figures:,} figures agree{differ}"


def _receipt(receipt: Receipt) -> str:
    where = receipt.reference if receipt.done else receipt.detail
    to = f"{receipt.key.destination} {receipt.key.recipient}".strip()
    mark = "" if receipt.state is State.SENT else "**"
    return f"| {_text(to)} | {mark}{receipt.state}{mark} | {_text(where)} |"


def _text(text: str) -> str:
    """In one line, and with nothing in it that Markdown or HTML would take for their own."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))

"""The path to production: one row a group of environments, its lead time as a bar above that of
the period before, and the failure rate at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from insights_reports.formats.charts.fonts import shorten, text_width
from insights_reports.formats.charts.svg import Colours, Drawing

_NAME, _SMALL, _HEAD = 7.8, 7.2, 6.8
_NAMED, _BEFORE = 9.2, 20.4  # below the top of a row: the name's baseline; what was before


@dataclass(frozen=True, slots=True)
class PathRow:
    """Lead times in any one unit, None where there is none; their texts; failure rates as texts
    and the colour of the one now."""

    name: str
    lead: float | None
    lead_before: float | None
    lead_text: str
    failed: str
    failed_before: str
    lead_tone: str = "ink"
    failed_tone: str = "ink"


def path(
    rows: Sequence[PathRow],
    heads: tuple[str, str],
    colours: Colours,
    title: str,
    alt: str,
    *,
    width: float = 150,
    row: float = 31,
) -> Markup:
    """The rows in the order in which a release passes them; the last stands out."""
    drawing = Drawing(width, 14 + row * len(rows), colours, hover=False)
    drawing.text(0.0, 7.0, heads[0], fill="muted", size=_HEAD)
    drawing.text(width, 7.0, heads[1], fill="muted", size=_HEAD, anchor="end")
    most = max((v for row in rows for v in (row.lead, row.lead_before) if v), default=1.0)
    rates = max(
        (text_width(t, _NAME, 600) for r in rows for t in (r.failed, r.failed_before)), default=0
    )
    texts = max((text_width(row.lead_text, _NAME, 600) for row in rows), default=0)
    unit = max(10.0, width - rates - texts - 16) / most
    for number, each in enumerate(rows):
        top = 13 + row * number
        drawing.line((0.0, top), (width, top), stroke="rule", width=0.6)
        last = number == len(rows) - 1
        room = width - rates - 6
        drawing.text(
            0.0,
            top + _NAMED,
            shorten(each.name, room, _NAME, 600),
            size=_NAME,
            weight=600 if last else 500,
        )
        weight = 600 if each.failed_tone != "ink" else 400
        drawing.text(
            width,
            top + _NAMED,
            each.failed,
            fill=each.failed_tone,
            size=_NAME,
            weight=weight,
            anchor="end",
        )
        drawing.text(
            width, top + _BEFORE, each.failed_before, fill="muted", size=_SMALL, anchor="end"
        )
        length = max(0.0, each.lead or 0.0) * unit
        if each.lead is not None:
            drawing.rect(0.0, top + 12.6, max(length, 0.8), 5.6, fill="main")
        if each.lead_before is not None:
            before = max(0.0, each.lead_before) * unit
            drawing.rect(0.0, top + _BEFORE, max(before, 0.8), 2.6, fill="before")
        drawing.text(
            length + 4, top + 17.8, each.lead_text, fill=each.lead_tone, size=_NAME, weight=600
        )
    return drawing.markup(title, alt)

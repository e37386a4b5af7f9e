"""The named cell styles of the workbook: sans-serif, at least ten points, nothing in italics."""

from collections.abc import Iterator

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

# The order that the schema asks for, and Microsoft's validator: openpyxl writes another.
Font.__elements__ = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz"),
    *("color", "name", "family", "charset", "scheme"),
)
FONT = "Arial"
INK, GREY, LINE, HEAD = "15242E", "4A5862", "8CA0AB", "E8EEF0"

# A style of this name, and the number format of its cells.
NUMBER_FORMATS = {
    "Text": "General",
    "Missing": "General",  # a word where a number would be
    "Count": "#,##0",
    "Per week": "#,##0.0",
    "Number": "#,##0.00",
    "Rate": "0.0%",
    "Hours": '#,##0.00" h";-#,##0.00" h"',
    "Date": "yyyy-mm-dd",
    "Month": "yyyy-mm",
    "Instant": "yyyy-mm-dd hh:mm:ss",
    "Count change": "+#,##0;-#,##0;0",
    "Number change": "+#,##0.0;-#,##0.0;0.0",
    "Hours change": '+#,##0.00" h";-#,##0.00" h";0.00" h"',
    "Points change": '+0.0" points";-0.0" points";0.0" points"',
    "Points": '0.0" points"',
    "Percent change": "+0.0%;-0.0%;0.0%",
}
TOTAL = ", total"  # each of them exists as the style of a total row too


def named_styles(accent: str, points: str = "points") -> Iterator[NamedStyle]:
    """All of them; ``accent`` is rrggbb, ``points`` the word after a difference of rates."""
    thick, thin = Side("medium", color=accent), Side("thin", color=LINE)
    top = Alignment(vertical="top")
    wrap = Alignment(vertical="top", wrap_text=True)
    yield _style("Sheet title", Font(name=FONT, size=16, bold=True, color=accent))
    yield _style("Subtitle", Font(name=FONT, size=11, color=GREY))
    yield _style("Headline", Font(name=FONT, size=12, bold=True, color=INK), alignment=wrap)
    yield _style("Note", Font(name=FONT, size=10, color=GREY))
    yield _style("Wrapped", alignment=wrap)
    yield _style("Wrapped cell", alignment=Alignment(vertical="top", wrap_text=True, indent=1))
    yield _style("Long text", alignment=Alignment("left", wrap_text=True, indent=1))
    yield _style("Day", number_format="yyyy-mm-dd", alignment=Alignment("left", "top"))
    fill, box = (
        PatternFill("solid", fgColor="FFF6DD"),
        Border(left=thin, right=thin, top=thin, bottom=thin),
    )
    left = Alignment("left", indent=1)
    yield _style("Choice", fill=fill, border=box, alignment=left)
    yield _style("Choice, month", number_format="yyyy-mm", fill=fill, border=box, alignment=left)
    yield _style("Label", Font(name=FONT, size=10, bold=True, color=INK), alignment=top)
    link = Font(name=FONT, size=10, color="0B5394", underline="single")
    yield _style("Link", link)
    yield _style("Link cell", link, alignment=Alignment("left", indent=1))
    for name, side in (("Column head", "left"), ("Number head", "right")):
        yield _style(
            name,
            Font(name=FONT, size=10, bold=True, color=INK),
            alignment=Alignment(side, "bottom", wrap_text=True, indent=int(side == "left")),
            fill=PatternFill("solid", fgColor=HEAD),
            border=Border(bottom=thick),
        )
    for name, english in NUMBER_FORMATS.items():
        number_format = english.replace("points", points)
        horizontal = {"Text": "left", "Missing": "right"}.get(name)
        alignment = Alignment(
            horizontal, indent=int(name == "Text")
        )  # away from the numbers before it
        yield _style(name, number_format=number_format, alignment=alignment)
        yield _style(
            name + TOTAL,
            Font(name=FONT, size=10, bold=True, color=INK),
            number_format=number_format,
            border=Border(top=thin),
            alignment=alignment,
        )


def _style(name: str, font: Font | None = None, **parts: object) -> NamedStyle:
    return NamedStyle(name, font=font or Font(name=FONT, size=10, color=INK), **parts)  # type: ignore[arg-type]

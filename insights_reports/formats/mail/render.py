"""The mail itself: subject, plain text, HTML, one chart and the company's logo.

The numbers are text in both parts, so that the mail says everything with images blocked. The HTML
keeps to what Outlook's Word engine and Gmail show: nested tables, inline styles, pixel widths, less
than 100 KB. How it is sent is the business of `insights_reports.delivery`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from insights_reports.edition.document import Document
from insights_reports.edition.files import File
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.charts.svg import xml_text
from insights_reports.formats.html.parts import link
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.mail.parts import MailParts, clip
from insights_reports.formats.mail.picture import (
    InlineImage,
    chart_image,
    first_chart,
    logo_image,
)


@dataclass(frozen=True)
class MailBody:
    """``subject`` is one line of printable characters; ``html`` is less than 100 KB."""

    subject: str
    text: str
    html: str
    images: tuple[InlineImage, ...]


def title(document: Document) -> str:
    """What the edition is called where it is listed."""
    return MailParts(document).title()


def render(
    document: Document,
    *,
    attached: Sequence[File] = (),
    left_out: Sequence[File] = (),
    folders: Sequence[str] = (),
    templates: Templates = SHIPPED,
) -> MailBody:
    """The mail for an edition whose first document is ``document``.

    ``attached`` are its files, ``left_out`` those for which the mail was too small; ``folders`` say
    where all of them lie: a path, or an https address, which becomes a link.

    Raises:
        RenderError: when one of the company's own templates fails.
    """
    parts = MailParts(document)
    where = [clip(folder) for folder in folders]
    chart = first_chart(document)
    image = None if chart is None else chart_image(document, chart)
    logo = logo_image(document)
    colours = palette(document.brand.accent).items()
    html = templates.render(
        "mail.html.j2",
        document=document,
        p=parts,
        w=parts.words,
        attached=parts.files(attached),
        left_out=parts.files(left_out),
        folders=[(folder, link(folder)) for folder in where],
        chart=chart,
        image=image,
        logo=logo,
        colour={token: pair[0] for token, pair in colours},
        dark={token: pair[1] for token, pair in colours},
    )
    text = "\n".join(_text(parts, attached, left_out, where)) + "\n"
    shown = (each for each in (image, logo) if each is not None and f"cid:{each.cid}" in html)
    return MailBody(parts.subject(), xml_text(text), str(html), tuple(shown))


def _text(
    parts: MailParts, attached: Sequence[File], left_out: Sequence[File], folders: Sequence[str]
) -> list[str]:
    """The lines of the plain part."""
    words = parts.words
    changes = parts.changes()
    lines = [
        parts.title(),
        *parts.about(),
        "",
        parts.headline(),
        *(["", changes] if changes else []),
    ]
    for tile in parts.tiles():
        value = f"{tile.number} {tile.unit}".rstrip()
        lines += ["", f"{tile.label}: {value} ({tile.verdict})"]
        lines += (f"  {line}" for line in tile.lines)
    findings = [f"- {text} ({verdict})" for verdict, _, text in parts.findings()]
    lines += _section(words.text("label.findings"), findings)
    lines += _section(words.text("label.check"), parts.check())
    for key, files in (("attached", attached), ("left_out", left_out)):
        listed = [f"- {name}  {size}".rstrip() for name, size in parts.files(files)]
        lines += _section(words.text(f"mail.{key}"), listed)
    lines += _section(words.text("mail.folders"), [f"- {folder}" for folder in folders])
    return [*lines, "", "-- ", *parts.facts()]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, "-" * len(title), *lines] if lines else []

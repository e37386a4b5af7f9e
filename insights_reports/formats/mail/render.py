"""The mail itself: subject, plain text, HTML, and the company's logo.

It draws with cells of tables, so that it says everything with images blocked, and turns dark. The
HTML keeps to what Outlook's Word engine and Gmail show: nested tables, inline styles, pixel widths,
less than 100 KB. How it is sent is the business of `insights_reports.delivery`.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from insights_reports.edition.document import Document
from insights_reports.edition.files import File
from insights_reports.edition.values import Name
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.charts.svg import xml_text
from insights_reports.formats.html.links import link
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.mail.parts import MailParts, clip
from insights_reports.formats.mail.picture import LogoImage, logo_image
from insights_reports.formats.words.tile import TileText
from insights_reports.formats.words.words import Words


@dataclass(frozen=True)
class RenderedMail:
    """``subject`` is one line of printable characters; ``html`` is less than 100 KB."""

    subject: str
    text: str
    html: str
    images: tuple[LogoImage, ...]


def title(document: Document) -> str:
    """What the edition is called where it is listed."""
    return MailParts(document).title()


def headline(document: Document) -> str:
    """The sentence that stands above all else on page one."""
    return MailParts(document).headline()


def html_part(
    document: Document,
    *,
    attached: Sequence[tuple[str, str]] = (),
    left_out: Sequence[tuple[str, str]] = (),
    folders: Sequence[str] = (),
    owner: str = "",
    templates: Templates = SHIPPED,
) -> bytes:
    """The HTML of the mail as UTF-8: files are given by name and size, ``owner`` as a sentence.

    Raises:
        RenderError: when one of the company's own templates fails.
    """
    parts = MailParts(document)
    colours = palette(document.brand.accent).items()
    return templates.render(
        "mail.html.j2",
        document=document,
        p=parts,
        w=parts.words,
        attached=attached,
        left_out=left_out,
        folders=[(folder, link(folder)) for folder in folders],
        owner=owner,
        logo=logo_image(document),
        colour={token: pair[0] for token, pair in colours},
        dark={token: pair[1] for token, pair in colours},
    ).encode()


MakeHtml = Callable[..., bytes]


def render(
    document: Document,
    *,
    attached: Sequence[File] = (),
    left_out: Sequence[File] = (),
    folders: Sequence[str] = (),
    owner: str = "",
    make_html: MakeHtml = html_part,
) -> RenderedMail:
    """The mail for an edition whose first document is ``document``.

    ``attached`` are its files, ``left_out`` those for which the mail was too small; ``folders`` say
    where all of them lie: a path, or an https address, which becomes a link. ``owner`` is the
    address of who answers for the mails, and takes readers off their list. ``make_html`` takes
    what `html_part` does.

    Raises:
        RenderError: when one of the company's own templates fails.
    """
    parts = MailParts(document)
    where = [clip(folder) for folder in folders]
    listed = {"attached": parts.files(attached), "left_out": parts.files(left_out)}
    answers = _owner(parts, owner)
    html = make_html(document, **listed, folders=where, owner=answers).decode()
    lines = [*_text(parts, listed, where), *([answers] if answers else [])]
    text = "\n".join(lines) + "\n"
    logo = logo_image(document)
    shown = (logo,) if logo is not None and f"cid:{logo.cid}" in html else ()
    return RenderedMail(parts.subject(), xml_text(text), html, shown)


def page(document: Document, make_html: MakeHtml = html_part) -> bytes:
    """The HTML part as a page, with its pictures inside, which mail programs find beside it."""
    body = render(document, make_html=make_html)
    found = body.html
    for image in body.images:
        data = base64.b64encode(image.png).decode("ascii")
        found = found.replace(f"cid:{image.cid}", f"data:image/png;base64,{data}")
    return found.encode()


def _text(
    parts: MailParts, files: Mapping[str, Sequence[tuple[str, str]]], folders: Sequence[str]
) -> list[str]:
    """The lines of the plain part."""
    words = parts.words
    changes = parts.changes()
    lines = [" · ".join(parts.about()), "", parts.headline(), *(["", changes] if changes else [])]
    for finding in parts.findings():
        head = " · ".join(part for part in (finding.since, finding.points) if part)
        lines += ["", f"{parts.name(finding.name)} {head}".rstrip()]
        lines += (f"  {each.mark} {each.what}; {each.usual}".rstrip("; ") for each in finding.lines)
    lines += ["", parts.more()] if parts.more() else []
    lines += ["", parts.missed()] if parts.missed() else []
    lines += ["", *(_figure(tile, words) for tile in parts.figures())]
    lines += ["", *parts.dated()] if parts.dated() else []
    lines += _drivers(parts)
    lines += _section(words.text("label.check"), parts.check())
    for key, listed in files.items():
        named = [f"- {name}  {size}".rstrip() for name, size in listed]
        lines += _section(words.text(f"mail.{key}"), named)
    lines += _section(words.text("mail.folders"), [f"- {folder}" for folder in folders])
    return [*lines, "", "-- ", *parts.facts()]


def _owner(parts: MailParts, owner: str) -> str:
    return parts.words.text("mail.owner", owner=Name(owner)) if owner else ""


def _figure(tile: TileText, words: Words) -> str:
    """A tile on one line."""
    value = f"{tile.label}: {tile.number} {tile.unit}".rstrip()
    aim = tile.target
    target = f"{aim.target} {aim.word}" if aim else ""
    assured = aim.assurance if aim else ""
    usual = words.text("show.usual", range=Name(tile.usual)) if tile.usual else ""
    rest = (tile.word, tile.stated, tile.line, usual, target, assured, tile.note)
    return "; ".join(part for part in (value, *rest) if part)


def _drivers(parts: MailParts) -> list[str]:
    drivers = parts.drivers()
    if drivers is None:
        return []
    title, _, bars = drivers
    return _section(title, [f"{bar.printed:>6}  {bar.label}" for bar in bars])


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, "-" * len(title), *lines] if lines else []

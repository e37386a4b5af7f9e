"""The editor's note: ``notes/PERIOD.md`` beside the configuration, or a file that a run is given.

Its first line may say ``Author: NAME``. What stands before the first heading is said on page one,
what stands under ``## project`` in the section with that id.
"""

import re

from insights_reports.edition.document import Document, EditorsNote
from insights_reports.edition.values import Name
from insights_reports.errors import UsageError
from insights_reports.pipeline.runs import Run

PAGE_ONE = "page-one"
_LARGEST = 20_000  # characters
_AUTHOR = re.compile(r"\s*Author:\s*(.+)\n?", re.IGNORECASE)
_HEADING = re.compile(r"^##[ \t]+([a-z0-9-]+)[ \t]*$", re.MULTILINE)


def note_of(run: Run, period: str, replaced: Document | None) -> EditorsNote | None:
    """The note of an edition: of the file given, of the folder of notes, or, where neither is, that
    of the revision that this one replaces.

    Raises:
        UsageError: when the file cannot be read.
    """
    path = run.note or run.config_path.parent / "notes" / f"{period}.md"
    if run.note is None and not path.is_file():
        return None if replaced is None else replaced.note
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        remedy = "Name a file of text: --note FILE, or notes/PERIOD.md beside the configuration."
        raise UsageError("The note cannot be read.", f"{path}: {reason}", remedy) from error
    if len(text) > _LARGEST:
        raise UsageError("The note is too long.", f"{path}: {len(text):,} characters", "")
    return parse_note(text)


def parse_note(text: str) -> EditorsNote | None:
    """The note of a text; None where it says nothing."""
    author = _AUTHOR.match(text)
    rest = text[author.end() :] if author else text
    parts = _HEADING.split(rest)
    named = [(PAGE_ONE, parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    said = tuple((section, Name(body.strip())) for section, body in named if body.strip())
    return EditorsNote(Name(author[1].strip() if author else ""), said) if said else None

"""Notes of the calendar: freezes, and what somebody wrote down for a day."""

from collections.abc import Iterator, Sequence
from datetime import date

from insights_reports.edition.document import Annotation
from insights_reports.edition.settings import Dated, Settings
from insights_reports.edition.values import Name, Phrase, Span, Value

_LONGEST = 40  # characters beside a point of a chart


def dated_in(settings: Settings, spans: Sequence[Span]) -> tuple[Phrase, ...]:
    """The notes on days of these spans, each with its dates, the earliest first."""
    found = (note for note in settings.dated if any(_days(note, span) for span in spans))
    return tuple(map(_said, sorted(found, key=lambda note: note.start)))


def annotations(settings: Settings, starts: Sequence[date], end: date) -> tuple[Annotation, ...]:
    """The notes beside the interval of a chart that has most of their days. The intervals begin at
    ``starts``; the last one ends before ``end``."""
    spans = [Span("", *pair) for pair in zip(starts, (*starts[1:], end), strict=True)]
    return tuple(_annotations(settings, spans))


def _annotations(settings: Settings, spans: Sequence[Span]) -> Iterator[Annotation]:
    for note in settings.dated:
        days = [_days(note, span) for span in spans]
        if any(days):
            name = note.text.text or ""
            short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
            key = "freeze" if note.freeze else "note"
            yield Annotation(
                days.index(max(days)), Phrase(f"annotation.{key}", {"text": Name(short)})
            )


def _days(note: Dated, span: Span) -> int:
    return max(0, (min(note.end, span.end) - max(note.start, span.start)).days)


def _said(note: Dated) -> Phrase:
    values: dict[str, Value] = {"text": note.text, "dates": Span("", note.start, note.end)}
    return Phrase("dated.freeze" if note.freeze else "dated.note", values)

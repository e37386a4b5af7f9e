"""Figures in as few letters as they can be read in: for tiles, cells and the ends of a range."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from insights_reports.edition.values import (
    Day,
    Figure,
    Instant,
    Missing,
    Name,
    Phrase,
    Since,
    Span,
    Unit,
    Usual,
    Value,
)
from insights_reports.formats.words.lexicon import NBSP
from insights_reports.formats.words.words import Words

_WEEK = 7  # days
_FULL = 9.95  # from here on a number has no decimals


def brief(words: Words, figure: Figure | None) -> tuple[str, str]:
    """The number and its unit: ``("2.0", "days")``, ``("16.7 %", "")``; the word for what is
    missing stands alone."""
    if figure is None or figure.value is None:
        return words.value(figure.missing if figure else None), ""
    if figure.unit is Unit.DURATION:
        number, _, unit = words.duration(round(figure.value)).rpartition(NBSP)
        return number, unit
    if figure.unit is Unit.PER_WEEK and figure.value >= _FULL:
        number = words.count(round(figure.value))
    else:
        number = words.figure(figure, unit=False)
    return number, words.unit(figure.unit, figure.value)


def why(words: Words, figure: Figure) -> str:
    """Why there is no figure, in one or two words."""
    if figure.missing in (Missing.NO_DEPLOYMENTS, Missing.NO_VALUES):
        return words.text("show.none")
    if figure.missing is Missing.TOO_FEW and figure.n:
        return words.text("show.only", n=figure.n)
    return words.value(figure.missing)


def goal(words: Words, figure: Figure) -> str:
    """A figure that somebody chose, a target: as round as it is."""
    if figure.value is not None and figure.unit is Unit.RATE:
        return words.axis(figure.value, Unit.RATE)
    return brief_text(words, figure)


def brief_text(words: Words, figure: Figure | None) -> str:
    """The same in one: ``2.0 days``; what counts by the week has no unit here."""
    number, unit = brief(words, figure)
    per_week = figure is not None and figure.unit is Unit.PER_WEEK
    return number if per_week or not unit else f"{number}\u00a0{unit}"


def usual_range(words: Words, usual: Usual | None) -> str:
    """``59 to 96``, ``14 h to 1.6 days``, ``up to 14.2 %``; "" where none is known."""
    if usual is None:
        return ""
    low, high = (_end(words, end) for end in (usual.low, usual.high))
    if low is None or not low[2]:
        return words.text("show.up_to", high=_plain(words, usual.high)) if high else ""
    if high is None:
        return words.text("show.from", low=_plain(words, usual.low))
    first = low[0] if low[1] == high[1] else brief_text(words, usual.low)
    return words.text("show.range", low=Name(first), high=_plain(words, usual.high))


def _end(words: Words, figure: Figure | None) -> tuple[str, str, bool] | None:
    """Number, unit, and whether it is above nothing."""
    if figure is None or figure.value is None:
        return None
    number, unit = brief(words, figure)
    if figure.unit is Unit.RATE:
        number, _, unit = number.partition("\u00a0")
    return number, unit, figure.value > 0


def _plain(words: Words, figure: Figure | None) -> Name:
    return Name(brief_text(words, figure))


def ends(words: Words, usual: Usual | None) -> tuple[str, str]:
    """The low and the high end by themselves, "" for an open one."""
    if usual is None:
        return "", ""
    low, high = (
        "" if end is None or end.value is None else brief_text(words, end)
        for end in (usual.low, usual.high)
    )
    return low, high


def short_span(words: Words, span: Span, *, year: bool = False) -> str:
    """``Oct``, ``Q3``, ``4 Oct`` for a week, ``2026``, ``1–20 Oct``: what a period is called where
    there is little room."""
    days = (span.end - span.start).days
    if span.name.startswith("FY"):
        return span.name
    if ".." in span.name and days > 1:
        return _short_dates(words, span)
    if days > 200:
        return str(span.start.year)
    if days > 40:
        return words.day_as(span.start, "date.short_quarter")
    if days > 10:
        return words.day_as(span.start, "date.tick_year" if year else "date.tick_month")
    return words.day_as(span.start, "date.tick_day")


def _short_dates(words: Words, span: Span) -> str:
    first, last = span.start, span.end - timedelta(days=1)
    alone = (first.year, first.month) == (last.year, last.month)
    start = words.day_as(first, "date.day_only" if alone else "date.tick_day")
    return f"{start}–{words.day_as(last, 'date.tick_day')}"


def in_period(words: Words, figure: str, span: Span, *, year: bool = False) -> str:
    """A figure and the period that it is of: ``22 h in Sept``, ``22 h in the week of 27 Sept``,
    ``22 h on 3 Oct``, ``22 h, 1–20 Sept``; the ``year`` is said where it is another one."""
    days = (span.end - span.start).days
    key = "days" if ".." in span.name else {1: "day", _WEEK: "week"}.get(days, "period")
    named = short_span(words, span)
    said = (span.end - timedelta(days=1) if key == "days" else span.start).year
    if year and not (named.startswith("FY") or named == str(said)):
        named = f"{named}\u00a0{said}"
    return words.text(f"show.in_{key}", figure=Name(figure), period=Name(named))


def since_text(words: Words, since: Since | None) -> str:
    """``4 Oct`` where the week is known, ``Aug–Oct`` where only a window is."""
    if since is None:
        return ""
    if since.exact:
        return words.day_as(since.week, "date.tick_day")
    first, last = (_month(words, day) for day in (since.earliest, since.latest))
    return first if first == last else f"{first}–{last}"


def briefly(words: Words, phrase: Phrase) -> str:
    """A sentence with its durations as short as tiles and cells have them."""
    return words.phrase(_brief_values(words, phrase))


def _brief_values(words: Words, phrase: Phrase) -> Phrase:
    values = {name: _brief_value(words, value) for name, value in phrase.values.items()}
    target = phrase.values.get("target")
    if isinstance(target, Figure):
        values["target"] = Name(goal(words, target))
    return Phrase(phrase.key, values)


def _brief_value(words: Words, value: Value) -> Value:
    if isinstance(value, Phrase):
        return _brief_values(words, value)
    if isinstance(value, Figure) and value.unit is Unit.DURATION:
        return Name(brief_text(words, value))
    return value


def brief_phrase(words: Words, phrase: Phrase) -> str:
    """A cell of words: dates and the ends of a usual range as short as they can be read."""
    if phrase.key.startswith("since."):
        return brief_since(words, phrase)
    if not phrase.key.startswith("usual."):
        return briefly(words, phrase)
    low, high = (
        end if isinstance(end, Figure) else None
        for end in (phrase.values.get("low"), phrase.values.get("high"))
    )
    return usual_range(words, Usual(low, high, known=0, provisional=False))


def brief_since(words: Words, phrase: Phrase) -> str:
    """The same for a phrase that says since when: its days alone."""
    days = [value.date for value in phrase.values.values() if isinstance(value, Day)]
    return "–".join(words.day_as(day, "date.tick_day") for day in days)


def since_words(words: Words, since: Since | None) -> str:
    """``since the week of 4 October``, ``between 30 August and 4 October``; ""."""
    if since is None:
        return ""
    if since.exact:
        return words.text("show.since_week", week=Name(words.day_as(since.week, "date.day_month")))
    first, last = (words.day_as(day, "date.day_month") for day in (since.earliest, since.latest))
    return words.text("show.since_between", first=Name(first), last=Name(last))


def moment(words: Words, instant: Instant, year: int) -> str:
    """``21 Oct 07:10`` in the instant's zone, with its year where that is not ``year``."""
    local = instant.at.astimezone(ZoneInfo(instant.zone))
    key = "date.brief" if local.year == year else "date.brief_year"
    return words.time_as(local, key)


def _month(words: Words, day: date) -> str:
    return words.day_as(day, "date.tick_month")

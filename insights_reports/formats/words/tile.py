"""What a tile says, as short texts: the same on the page, on paper and in a mail."""

from dataclasses import dataclass

from insights_reports.edition.document import TargetWord, Tile
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Metric,
    Missing,
    Name,
    Statistic,
    Unit,
)
from insights_reports.formats.words.brief import (
    brief,
    brief_text,
    goal,
    in_period,
    usual_range,
)
from insights_reports.formats.words.words import Words

_SIDES = {"high": "▲", "low": "▼"}
_TONED = {ChangeVerdict.WORSE: "worse", ChangeVerdict.BETTER: "better"}
_LONGEST_LINE = 27  # characters beside which a sparkline stands
_FEW, _FEW_FAILED = 30, 5


def tone(verdict: ChangeVerdict) -> str:
    """``worse``, ``better``, ``told`` for what is outside and neither, ``calm`` for the rest."""
    return _TONED.get(verdict, "told" if verdict.outside else "calm")


def triangle(side: str | None) -> str:
    """Which way the value lies outside its range: ▲, ▼ or ""."""
    return _SIDES.get(side or "", "")


def verdict_word(words: Words, verdict: ChangeVerdict, side: str | None) -> str:
    """``▲ worse``, ``as usual``."""
    return f"{triangle(side)} {words.value(verdict)}".strip()


@dataclass(frozen=True, slots=True)
class TargetText:
    """``target`` ("Target 24 h:"), ``word`` ("missed by 23 h"), ``often`` ("met in 4 of 12") and
    ``assurance`` ("will not meet it unless something changes"), or ""."""

    target: str
    word: str
    often: str
    assurance: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class TileText:
    """``line`` has what the figure is of and the one before, ``last_year`` that of a year ago;
    ``stated`` is what Octopus says instead; ``note`` what the last eight periods say where this one
    cannot, and by which setting something is counted. ``now``, ``before`` and ``usual`` are for a
    row of a table; ``of`` says there how many values made it, ``goal`` what became of the
    target."""

    label: str
    number: str
    unit: str
    absent: bool
    word: str
    tone: str
    line: str
    last_year: str
    stated: str
    target: TargetText | None
    note: str
    now: str
    before: str
    usual: str
    of: str
    goal: str


def tile_text(words: Words, tile: Tile) -> TileText:
    """A tile as pages and mails say it."""
    figure = tile.figure
    number, unit = _shown(words, tile)
    return TileText(
        label=words.text(f"show.metric.{figure.metric}"),
        number=number,
        unit=unit,
        absent=figure.value is None and not _values_only(figure),
        word=verdict_word(words, tile.verdict, tile.judged.side),
        tone=tone(tile.verdict),
        line=_line(words, tile),
        last_year=_last_year(words, tile),
        stated="" if tile.stated is None else _stated(words, tile.stated),
        target=None if tile.target is None else _target(words, tile.target),
        note="; ".join(words.phrase(each) for each in (tile.judged.counted, tile.note) if each),
        now=brief_text(words, figure),
        before=brief_text(words, tile.before),
        usual=usual_range(words, tile.judged.usual),
        of=_of(words, tile),
        goal="" if tile.target is None else _goal(words, tile.target),
    )


def _of(words: Words, tile: Tile) -> str:
    count = _extra(tile, Statistic.COUNT, Statistic.TOTAL)
    if tile.figure.unit is Unit.PER_WEEK and count is not None:
        return words.text("show.line.count", n=count)
    few = _few(tile)
    return _sample(words, tile) if few is None else " ".join(_shown(words, tile))


def _goal(words: Words, target: TargetWord) -> str:
    """``missed (24 h)``."""
    word = {None: "too_few", True: "met", False: "missed"}[target.met]
    return words.text(f"show.target.word_{word}", target=Name(goal(words, target.target)))


def _stated(words: Words, figure: Figure) -> str:
    return words.text("show.stated", stated=Name(brief_text(words, figure)))


def _extra(tile: Tile, *statistics: Statistic) -> int | None:
    """The count that stands beside the figure, if it does."""
    found = (f.value for f in tile.extra if f.statistic in statistics and f.value is not None)
    value = next(found, None)
    return None if value is None else round(value)


def _few(tile: Tile) -> tuple[int, int] | None:
    """Failed and all, where they say more than a rate of them would."""
    failed, total = _extra(tile, Statistic.FAILED), _extra(tile, Statistic.TOTAL)
    if failed is None or total is None or tile.figure.unit is not Unit.RATE:
        return None
    nothing = tile.figure.metric is Metric.REWORK_RATE and failed == 0
    few = total < _FEW and failed < _FEW_FAILED
    return (failed, total) if nothing or few else None


def _shown(words: Words, tile: Tile) -> tuple[str, str]:
    """The large figure, and what is written small beside it."""
    figure = tile.figure
    if _values_only(figure):
        n = figure.n or 0
        return words.count(n), words.text(f"show.few.{figure.metric}", n=n)
    if figure.value is None:
        return words.value(figure.missing), ""
    few = _few(tile)
    if few is not None:
        return words.count(few[0]), words.text("show.of", n=few[1])
    count = _extra(tile, Statistic.COUNT, Statistic.TOTAL)
    if tile.figure.unit is Unit.PER_WEEK and count is not None:
        return words.count(count), _a_week(words, tile.figure)
    return brief(words, tile.figure)


def _values_only(figure: Figure) -> bool:
    """Whether there are values, and too few for a median."""
    return figure.missing is Missing.TOO_FEW and figure.unit is Unit.DURATION and bool(figure.n)


def _a_week(words: Words, figure: Figure) -> str:
    return words.text("show.a_week", n=Name(brief_text(words, figure)))


def _line(words: Words, tile: Tile) -> str:
    if _values_only(tile.figure):
        return words.text("show.few.line")
    before, sample = _before(words, tile), _sample(words, tile)
    both = "; ".join(part for part in (sample, before) if part)
    if len(both) <= _LONGEST_LINE or tile.figure.n is None or not before:
        return both
    short = words.text("show.n", n=tile.figure.n)
    return f"{short}; {before}"


def _last_year(words: Words, tile: Tile) -> str:
    """``29 h in Oct 2025``, ``29 h in the week of 5 Oct 2025``, or ""."""
    change = tile.last_year
    if change is None or change.before.value is None or not tile.compared:
        return ""
    text = brief_text(words, change.before)
    if change.before.unit is Unit.PER_WEEK:
        text = _a_week(words, change.before)
    return in_period(words, text, tile.compared[1], year=True)


def _before(words: Words, tile: Tile) -> str:
    """``22 h in Sept``; "" where there is no period before, or nothing in it."""
    before = tile.before
    if tile.figure.metric is Metric.REWORK_RATE and not tile.figure.value:
        return ""
    if before.value is None or not tile.compared:
        return ""
    text = brief_text(words, before)
    if before.unit is Unit.PER_WEEK:
        text = _a_week(words, before)
    return in_period(words, text, tile.compared[0])


def _sample(words: Words, tile: Tile) -> str:
    """``median of 285``, ``57 of 342``: how many values made it, where that is not said yet."""
    figure = tile.figure
    if figure.value is None or figure.unit is Unit.PER_WEEK or _few(tile) is not None:
        return ""
    if figure.unit is Unit.RATE:
        failed, total = _extra(tile, Statistic.FAILED), _extra(tile, Statistic.TOTAL)
        known = failed is not None and total is not None
        return words.text("show.part_of", n=failed or 0, total=total or 0) if known else ""
    return "" if figure.n is None else words.text("show.median_of", n=figure.n)


def _target(words: Words, target: TargetWord) -> TargetText:
    met, of = target.met_of
    if target.met is None:
        word = words.text("show.target.too_few")
    elif target.met:
        word = words.text("show.target.met")
    else:
        word = words.text("show.target.missed", by=Name(_by(words, target.missed_by)))
    return TargetText(
        words.text("show.target.is", target=Name(goal(words, target.target))),
        word,
        words.text("show.target.often", met=met, n=of) if of > 1 else "",
        "" if target.assurance is None else words.phrase(target.assurance),
        target.met,
    )


def _by(words: Words, missed: Figure | None) -> str:
    if missed is None or missed.value is None:
        return ""
    if missed.unit is Unit.RATE:
        return words.difference(abs(missed.value), Unit.RATE).lstrip("+±")
    return brief_text(words, missed)

"""The only place where a value becomes text.

`Words` knows one language: the phrases of its catalogue (``templates/language/<language>.toml``)
and, by Babel, the numbers, dates and plural forms of its locale. All text is plain; the formats
escape it.
"""

from functools import lru_cache

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import Column, ColumnKind, Identity
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Day,
    Figure,
    Instant,
    Mark,
    Metric,
    Missing,
    Name,
    Part,
    Phrase,
    Span,
    Statistic,
    Strip,
    Unit,
    Value,
)
from insights_reports.errors import RenderError
from insights_reports.formats.words.catalogue import places_of
from insights_reports.formats.words.dates import Dates
from insights_reports.formats.words.lexicon import NBSP, exact, rounded
from insights_reports.formats.words.quantities import SECOND, Quantities, plain

_MOST_DECIMALS = 18  # any two fractions differ by then
_FEW = 10  # deployments below which a rate is said as "1 of 2"

_KIND_UNITS = {
    ColumnKind.COUNT: Unit.COUNT,
    ColumnKind.PER_WEEK: Unit.PER_WEEK,
    ColumnKind.RATE: Unit.RATE,
    ColumnKind.MARK_RATE: Unit.RATE,
    ColumnKind.DURATION: Unit.DURATION,
    ColumnKind.MARK_DURATION: Unit.DURATION,
    ColumnKind.NUMBER: Unit.NUMBER,
}


_SECTIONS: dict[type, str] = {ChangeVerdict: "verdict", CheckVerdict: "check", Missing: "missing"}


Word = ChangeVerdict | CheckVerdict | Missing


def key_of(word: Word) -> str:
    """Where the language catalogue has the word: ``check.not_comparable``."""
    return f"{_SECTIONS[type(word)]}.{word.name.lower()}"


def _clean(text: str) -> str:
    """A name without characters that steer text instead of being text (controls, overrides)."""
    return "".join(" " if _steers(char) else char for char in text).strip()


def _steers(char: str) -> bool:
    code = ord(char)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0x2028 <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xD800 <= code <= 0xDFFF
        or code in (0xFFFE, 0xFFFF)
    )


class Words(Quantities, Dates):
    """The words of one language: quantities, dates, and the phrases that they stand in. Names of
    more than ``longest_name`` characters are cut."""

    longest_name: int | None = None

    # --- phrases -------------------------------------------------------------------------------

    def phrase(self, phrase: Phrase) -> str:
        """The sentence or label, with its values filled in."""
        message = self.catalogue.message(phrase.key)
        values = phrase.values

        def plural(by: str) -> str:
            value = values.get(by)
            number = value.value if isinstance(value, Figure) else value
            number = number if isinstance(number, int | float) else 0
            return str(self.locale.plural_form(abs(exact(number))))

        form = message.form(plural)
        texts = {
            place: self._place(values[name], part)
            for place, name, part in places_of(form)
            if name in values
        }
        now, before = values.get("now"), values.get("before")
        same = "now" in texts and texts["now"] == texts.get("before")
        if same and isinstance(now, Figure) and isinstance(before, Figure) and now != before:
            texts["now"], texts["before"] = self._apart(now, before)
        return self.catalogue.fill(phrase.key, form, texts)

    def _apart(self, now: Figure, before: Figure) -> tuple[str, str]:
        """Two figures that look the same, with as many decimals as tell them apart."""
        for decimals in range(1, _MOST_DECIMALS):
            texts = (self._precise(now, decimals), self._precise(before, decimals))
            if texts[0] != texts[1]:
                return texts
        return texts

    def _precise(self, figure: Figure, decimals: int) -> str:
        """A figure in its plainest unit: per cent, seconds, or a number."""
        if figure.value is None:
            return self.figure(figure)
        number = exact(figure.value)
        if figure.unit is Unit.RATE:
            return self._fill("unit.percent", n=self._signed(rounded(number * 100, decimals)))
        if figure.unit is Unit.DURATION:
            seconds = rounded(number / SECOND, decimals)
            return self._plural("duration.seconds", seconds, self._signed(seconds))
        return self._signed(rounded(number, decimals))

    def _place(self, value: Value, part: str) -> str:  # noqa: PLR0911 - a line for each part
        """A value in a sentence, or the part of it that the place asks for."""
        match value, part:
            case _, "":
                return self.value(value)
            case Change(), "size":
                return self._size(value)
            case Span(), "dates":
                return self.dates(value)
            case Day(), "short":
                return self.day_as(value.date, "date.day_month")
            case Span(), "short":
                return self.span(value, year=False)
            case Part(), "size" | "number":
                return self._part(value, unit=part == "size")
            case Figure(), "number":
                return self.figure(value, unit=False)
        raise RenderError(
            "A phrase asks for a part that its value does not have.",
            f"language {self.language}, part {part} of {type(value).__name__}",
            f"Correct the phrase in templates/language/{self.language}.toml.",
        )

    def _size(self, change: Change) -> str:
        """How large a change is, without its sign: the percentage, or the difference."""
        if change.difference is None:
            return self.change(change)
        if change.ratio is None:
            return self.difference(abs(change.difference), change.after.unit).lstrip("+±")
        return self.percent_change(abs(change.ratio)).lstrip("+±")

    def text(self, key: str, **values: Value) -> str:
        """The phrase with this key: for the fixed labels of a format."""
        return self.phrase(Phrase(key, values))

    def value(self, value: Value) -> str:  # noqa: PLR0911, PLR0912 - a line for each kind
        """Any value as text. Pictures have none: see `cell`."""
        match value:
            case None:
                return self.text("missing.nothing")
            case Phrase():
                return self.phrase(value)
            case Figure():
                return self.figure(value)
            case Change():
                return self.change(value)
            case Name():
                return self.name(value)
            case Day():
                return self.day(value.date)
            case Instant():
                return self.instant(value)
            case Span():
                return self.span(value)
            case ChangeVerdict() | CheckVerdict() | Missing():
                return self.text(key_of(value))
            case Part():
                return self.difference(value.size, value.unit)
            case Mark() | Strip():
                return ""
            case int():
                return self.count(value)
            case _:
                return self.number(value)

    def cell(self, value: Value, kind: ColumnKind) -> str:
        """A table cell as text: numbers in the unit of their column, a mark in words."""
        unit = _KIND_UNITS.get(kind)
        if unit is not None and isinstance(value, int | float):
            return self.quantity(value, unit)
        if unit is not None and isinstance(value, Mark):
            return self._mark(value, unit)
        return self.value(value)

    def _mark(self, mark: Mark, unit: Unit) -> str:
        if mark.at is None:
            return self.text("missing.nothing")
        parts = [self.quantity(mark.at, unit)]
        if mark.low is not None and mark.high is not None:
            low, high = self.quantity(mark.low, unit), self.quantity(mark.high, unit)
            parts.append(self._fill("mark.range", low=low, high=high))
        if mark.before is not None:
            parts.append(self._fill("mark.before", before=self.quantity(mark.before, unit)))
        return ", ".join(parts)

    # --- figures -------------------------------------------------------------------------------

    def figure(self, figure: Figure, *, unit: bool = True) -> str:
        """``5.1 %``, ``4.1 h``, ``49.2 per week``; or why there is no value.

        Without ``unit`` the words after a plain number go ("49.2"); `unit` has them.
        """
        if figure.value is None:
            return self.value(figure.missing)
        if figure.statistic is Statistic.RATE and figure.n is not None and figure.n < _FEW:
            return self._fill(
                "figure.of",
                count=self.count(round(figure.value * figure.n)),
                n=self.count(figure.n),
            )
        if not unit and figure.unit in (Unit.PER_WEEK, Unit.DAYS):
            return self._signed(plain(figure.value, figure.unit))
        return self.quantity(figure.value, figure.unit)

    def label(self, figure: Figure) -> str:
        """What the figure is: ``Lead time, median``."""
        own = f"figure.{figure.metric}.{figure.statistic}"
        if own in self.catalogue:
            return self.text(own)
        statistic = self.statistic(figure.statistic)
        return self._fill("figure.label", metric=self.metric(figure.metric), statistic=statistic)

    def metric(self, metric: Metric) -> str:
        return self.text(f"metric.{metric}")

    def statistic(self, statistic: Statistic) -> str:
        return self.text(f"statistic.{statistic}")

    def beside(self, figure: Figure) -> str:
        """A figure that stands beside another of its metric: ``failed 57``, ``active 21 days``."""
        own = f"statistic.{figure.metric}.{figure.statistic}"
        word = self.text(own) if own in self.catalogue else self.statistic(figure.statistic)
        return f"{word} {self.figure(figure)}"

    def sample(self, figure: Figure) -> str:
        """``n = 243``, or nothing where the figure says none."""
        return "" if figure.n is None else self.text("figure.n", n=figure.n)

    def change(self, change: Change) -> str:
        """``+12 (+6.0 %)``, ``−1.7 points``; or why there is no comparison."""
        if change.difference is None:
            missing = change.before.missing or change.after.missing or Missing.TOO_FEW
            return self.value(missing)
        difference = self.difference(change.difference, change.after.unit)
        if change.ratio is None:
            return difference
        ratio = self.percent_change(change.ratio)
        return self._fill("change.both", difference=difference, percent=ratio)

    def _part(self, part: Part, *, unit: bool) -> str:
        """How large a part is, without its sign."""
        text = self.difference(abs(part.size), part.unit).lstrip("+±")
        return text if unit else text.split(NBSP)[0]

    def name(self, name: Name) -> str:
        """The name without steering characters; ``Restricted (Projects-7)`` for a hidden one."""
        if name.text is None:
            return self._fill("name.restricted", id=_clean(name.id))
        said = _clean(name.text) or self._fill("name.unnamed", id=_clean(name.id))
        longest = self.longest_name
        return said if longest is None or len(said) <= longest else f"{said[: longest - 1]}…"

    # --- labels --------------------------------------------------------------------------------

    def column(self, column: Column) -> str:
        """The title without the soft hyphens that tell a narrow head where it may break."""
        return self.phrase(column.title).replace("\u00ad", "")

    def column_unit(self, kind: ColumnKind) -> str:
        """The unit that a column of numbers states in its head ("%", "h"), "" where none."""
        key = f"column_unit.{kind}"
        return self.text(key) if key in self.catalogue else ""

    def status(self, identity: Identity) -> str:
        """``final``, ``provisional``, ``revised, revision 2``."""
        return self.text(f"status.{identity.status}", revision=identity.revision)

    def trigger(self, identity: Identity) -> str:
        return self.text(f"trigger.{identity.trigger}")


@lru_cache
def words(language: str, longest_name: int | None = None) -> Words:
    """The words of this language; one object for each."""
    made = Words(language)
    made.longest_name = longest_name
    return made

"""One language: its phrases, the numbers of its locale and its plural forms."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cached_property, lru_cache

from babel import Locale
from babel.numbers import format_decimal

from insights_reports.formats.words.catalogue import Catalogue, read_catalogue

NBSP = "\u00a0"
MINUS = "\u2212"
_WIDE = Context(prec=400)  # any float has fewer digits


def exact(value: float) -> Decimal:
    """The shortest decimal that is this number: 0.1 is 0.1."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Halves are rounded away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)


@dataclass(frozen=True)
class Lexicon:
    """The phrases and the locale of one language: a BCP 47 primary tag that has a catalogue.

    Raises:
        RenderError: by every method, when the catalogue lacks a phrase or a phrase lacks a value.
    """

    language: str

    @cached_property
    def catalogue(self) -> Catalogue:
        return read_catalogue(self.language)

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.catalogue.text("locale.code"))

    def _signed(self, value: Decimal) -> str:
        decimals = max(0, -int(value.as_tuple().exponent))
        return (MINUS if value < 0 else "") + _printed(abs(value), decimals, self.locale)

    def _sign(self, value: Decimal) -> str:
        return ("+" if value > 0 else "" if value < 0 else "±") + self._signed(value)

    def _plural(self, key: str, number: Decimal, shown: str) -> str:
        form = self.catalogue.message(key).form(lambda _: str(self.locale.plural_form(abs(number))))
        return self.catalogue.fill(key, form, {"n": shown})

    def _fill(self, key: str, **texts: str) -> str:
        """The phrase with texts that are ready already."""
        return self.catalogue.fill(key, self.catalogue.text(key), texts)


@lru_cache(maxsize=4096)
def _printed(value: Decimal, decimals: int, locale: Locale) -> str:
    """A number from 0 on, as this locale writes it; the same ones come again and again."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    with localcontext(_WIDE):
        return str(format_decimal(value, pattern, locale=locale))

"""A company that deploys about once a week: what its page one says of so little."""

from functools import cache

from insights_reports.edition import compose
from insights_reports.edition.document import Document, Prose
from insights_reports.edition.values import ChangeVerdict, Metric, Missing, Statistic
from insights_reports.formats.words.tile import TileText, tile_text
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, inputs, settings
from tests.edition.test_judging import MONTHS, history, month

ENGLISH = words("en")


@cache
def few(many: int, failed: int) -> Document:
    """``many`` deployments in September 2026 of which ``failed`` did; four and none in each month
    before."""
    rows = history(month(MONTHS[-1], many, failed), many=4, failed=0)
    targets = {Metric.FAILURE_RATE: 0.05, Metric.LEAD_TIME: 12 * HOUR}
    return compose(inputs(rows), settings(bands="dora-2021", targets=targets))[0]


def tile(document: Document, metric: Metric) -> TileText:
    [found] = [each for each in document.tiles if each.figure.metric is metric]
    return tile_text(ENGLISH, found)


def test_a_rate_of_two_is_said_as_one_of_two() -> None:
    said = tile(few(2, 1), Metric.FAILURE_RATE)
    assert (said.number, said.unit, said.now) == ("1", "of 2", "1 of 2")
    assert "50" not in said.line


def test_there_is_no_median_of_four_and_no_ninetieth_percentile_of_nine() -> None:
    for many, missing in ((4, {"median", "p90"}), (5, {"p90"}), (9, {"p90"}), (10, set())):
        [lead] = [t for t in few(many, 0).tiles if t.figure.metric is Metric.LEAD_TIME]
        figures = [lead.figure, *(f for f in lead.extra if f.statistic is Statistic.P90)]
        lacks = {str(f.statistic) for f in figures if f.missing is Missing.TOO_FEW}
        assert lacks == missing, many


def test_beside_too_few_stands_no_band_and_no_word_on_the_target() -> None:
    [lead] = [t for t in few(4, 0).tiles if t.figure.metric is Metric.LEAD_TIME]
    assert lead.verdict is ChangeVerdict.TOO_FEW
    assert lead.band is None
    assert lead.target is not None
    assert lead.target.met is None
    assert tile(few(4, 0), Metric.LEAD_TIME).target is not None


def test_where_one_month_cannot_speak_the_last_eight_together_do() -> None:
    """Seven months of four values and this one with four: 32; all values are ten hours and a bit
    that recurs each month, so that half of them lie above their median."""
    said = tile(few(4, 0), Metric.LEAD_TIME)
    assert said.word == "too few"
    assert said.note == (
        "the last eight months together: 16 of 32 longer than usual (10\u00a0h), as usual"
    )


def test_many_values_without_a_past_are_not_called_few() -> None:
    document = compose(inputs(month(MONTHS[-1], 119)), settings())[0]
    verdicts = {each.verdict for each in document.tiles if each.figure.value}
    assert verdicts == {ChangeVerdict.NOTHING_TO_COMPARE}


def test_months_of_four_values_are_said_to_be_too_few_and_not_without_any() -> None:
    prose = [b for each in few(4, 0).sections for b in each.blocks if isinstance(b, Prose)]
    said = {sentence.key for block in prose for sentence in block.sentences}
    assert {"trends.too_few", "trends.no_values"} <= said  # of lead time; of recovery

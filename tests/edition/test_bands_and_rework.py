"""How page one names DORA's published levels, and the tile that shows rework.

The levels and what counts as rework are the metrics' own (tests/metrics)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from insights_reports.edition import compose
from insights_reports.edition.bands import band, band_sources
from insights_reports.edition.document import Prose, Table
from insights_reports.edition.settings import OwnBands
from insights_reports.edition.values import Figure, Metric, Missing, Phrase, Statistic
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.typed import the

DAY, WEEK = 24 * HOUR, 7 * 24 * HOUR

FREQUENCY, LEAD, RECOVERY, RATE = (
    Metric.DEPLOYMENT_FREQUENCY,
    Metric.LEAD_TIME,
    Metric.TIME_TO_RECOVERY,
    Metric.FAILURE_RATE,
)


OWN = OwnBands(
    "Service levels",
    date(2026, 1, 15),
    "Handbook, chapter 4",
    {LEAD: (float(DAY), float(WEEK)), FREQUENCY: (5.0, 1.0)},
)


def named(metric: Metric, value: float, bands: str, **more: object) -> str | None:
    statistic = {FREQUENCY: Statistic.PER_WEEK, RATE: Statistic.RATE}.get(metric, Statistic.MEDIAN)
    found = band(Figure(metric, statistic, value, 50), settings(bands=bands, **more))
    return None if found is None else words("en").phrase(found).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("metric", "value", "bands", "level"),
    [
        (FREQUENCY, 7.5, "dora-2023", "elite (DORA 2023)"),  # several a day
        (FREQUENCY, 6.9, "dora-2023", "high (DORA 2023)"),
        (FREQUENCY, 0.9, "dora-2023", "medium or low (DORA 2023)"),  # they share the range
        (FREQUENCY, 0.9, "dora-2024", "medium (DORA 2024)"),
        (FREQUENCY, 0.0, "dora-2021", "low (DORA 2021)"),
        (FREQUENCY, 2.0, "dora-2021", "between the published levels (DORA 2021)"),
        (LEAD, HOUR - 1, "dora-2021", "elite (DORA 2021)"),
        (LEAD, 2 * HOUR, "dora-2021", "between the published levels (DORA 2021)"),
        (LEAD, 2 * HOUR, "dora-2024", "elite (DORA 2024)"),
        (LEAD, WEEK, "dora-2024", "medium (DORA 2024)"),
        (RECOVERY, 5 * HOUR, "dora-2024", "high or medium (DORA 2024)"),
        (RECOVERY, 2 * DAY, "dora-2023", "medium (DORA 2023)"),
        (RATE, 0.2, "dora-2021", "high, medium or low (DORA 2021)"),
        (RATE, 0.5, "dora-2021", "between the published levels (DORA 2021)"),
        # 2024's points do not fall in order: 10 % is medium's, 20 % is high's.
        (RATE, 0.11, "dora-2024", "nearest published point: 10.0 %, medium (DORA 2024)"),
        (RATE, 0.16, "dora-2024", "nearest published point: 20.0 %, high (DORA 2024)"),
        (RATE, 0.60, "dora-2023", "nearest published point: 64.0 %, low (DORA 2023)"),
        (LEAD, HOUR, "none", None),
    ],
)
def test_the_published_levels(metric: Metric, value: float, bands: str, level: str | None) -> None:
    assert named(metric, value, bands) == level


def test_the_levels_are_named_in_german_too() -> None:
    figure = Figure(RATE, Statistic.RATE, 0.2, 50)
    found = band(figure, settings(bands="dora-2021"))
    assert words("de").phrase(the(Phrase, found)) == "hoch, mittel oder niedrig (DORA 2021)"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("bands", ["dora-2021", "dora-2023", "dora-2024"])
def test_the_method_names_the_study_and_where_its_table_was_read(language: str, bands: str) -> None:
    said = " ".join(words(language).phrase(each) for each in band_sources(settings(bands=bands)))
    year = bands.removeprefix("dora-")
    assert f"Accelerate State of DevOps {year} (dora.dev/research/{year})" in said
    assert ("Octopus Deploy, blog" in said) == (bands != "dora-2021")


def test_own_bands() -> None:
    own = OWN
    assert named(LEAD, DAY - 1, "custom", custom_bands=own) == "first band (Service levels)"
    assert named(LEAD, DAY, "custom", custom_bands=own) == "second band (Service levels)"
    assert named(LEAD, 9 * DAY, "custom", custom_bands=own) == "third band (Service levels)"
    assert named(FREQUENCY, 5, "custom", custom_bands=own) == "first band (Service levels)"
    assert named(FREQUENCY, 4.9, "custom", custom_bands=own) == "second band (Service levels)"
    assert named(FREQUENCY, 0, "custom", custom_bands=own) == "third band (Service levels)"
    assert named(RECOVERY, 5, "custom", custom_bands=own) is None


@pytest.mark.parametrize(
    ("language", "source", "lead", "often"),
    [
        (
            "en",
            "Bands: Service levels, of 15 January 2026, set by this company's configuration. "
            "Source: Handbook, chapter 4.",
            "first band below 24 h, second band from 24 h to below 7.0 days, "
            "third band from 7.0 days",
            "first band from 5.0 per week, second band from 1.0 per week to below 5.0 per week, "
            "third band below 1.0 per week",
        ),
        (
            "de",
            "Stufen: Service levels, vom 15. Januar 2026, aus der Konfiguration dieses "
            "Unternehmens. Quelle: Handbook, chapter 4.",
            "erste Stufe: weniger als 24 h, zweite Stufe: 24 h bis weniger als 7,0 Tage, "
            "dritte Stufe: ab 7,0 Tage",
            "erste Stufe: ab 5,0 pro Woche, zweite Stufe: 1,0 pro Woche bis weniger als 5,0 pro "
            "Woche, dritte Stufe: weniger als 1,0 pro Woche",
        ),
    ],
)
def test_the_method_says_own_limits_their_source_and_what_they_are_not(
    language: str, source: str | None, lead: str, often: str
) -> None:
    method = next(
        section
        for section in compose(inputs([]), settings(bands="custom", custom_bands=OWN))[0].sections
        if section.id == "method"
    )
    block = the(Prose, next(b for b in method.blocks if b.title == Phrase("method.bands")))
    said = words(language)
    first, caveat = [said.phrase(each).replace("\u00a0", " ") for each in block.sentences]
    assert first == source
    assert "DORA" in caveat
    assert [(term.key, said.phrase(text).replace("\u00a0", " ")) for term, text in block.items] == [
        ("metric.lead_time", lead),
        ("metric.deployment_frequency", often),
    ]


def test_no_value_has_no_band() -> None:
    gone = Figure(LEAD, Statistic.MEDIAN, None, None, Missing.NO_VALUES)
    assert band(gone, settings(bands="dora-2023")) is None


def test_the_fifth_tile_stands_only_where_there_is_rework() -> None:
    plain = [
        deployment(n, datetime(2026, 9, n, tzinfo=UTC), release_version=f"1.{n}.0")
        for n in range(1, 21)
    ]
    assert len(compose(inputs(plain), settings(splits=()))[0].tiles) == 4
    again = deployment(21, datetime(2026, 9, 21, tzinfo=UTC), release_version="1.20.0")
    assert len(compose(inputs([*plain, again]), settings(splits=()))[0].tiles) == 4
    asked = compose(inputs(plain), settings(splits=(), hotfix_patterns=(r"^1\.1\.",)))[0].tiles
    back = deployment(21, datetime(2026, 9, 21, tzinfo=UTC), release_version="1.19.0")
    shown = compose(inputs([*plain, back]), settings(splits=()))[0].tiles
    for tiles, total in ((asked, 20), (shown, 21)):
        tile = tiles[4]
        assert tile.figure == Figure(Metric.REWORK_RATE, Statistic.RATE, 1 / total, total)
        assert [figure.value for figure in tile.extra] == [1, total]


def _said_of_rework(rows: Any) -> Any:
    document = compose(inputs(rows), settings(splits=()))[0]
    method = next(section for section in document.sections if section.id == "method")
    block = next(each for each in method.blocks if each.title == Phrase("method.dora.title"))
    sentences = the(Prose, block).sentences
    return [each for each in sentences if each.key.startswith("method.dora.rework")]


def test_doras_six_months_are_said_beside_the_rework_and_what_could_not_be_compared() -> None:
    versions = ["1.0.0", "1.1.0", "1.0.0", "3f2a9c1", "1.0.0"]
    rows = [
        deployment(n, datetime(2026, 9, n, tzinfo=UTC), release_version=version)
        for n, version in enumerate(versions, start=1)
    ]
    before = deployment(9, datetime(2026, 4, 2, tzinfo=UTC), release_version="0.9.0")
    older = deployment(10, datetime(2026, 3, 30, tzinfo=UTC), release_version="0.8.0")
    share, unknown = _said_of_rework([*rows, before, older])
    assert (
        words("en")
        .phrase(share)
        .replace("\u00a0", " ")
        .endswith(
            "users met anything or not: 1 of 6 in the six months 1 April to 30 September 2026."
        )
    )
    assert unknown.values == {"n": 1}
    assert _said_of_rework([*rows[:3], before])[0].values["rework"] == 1
    assert [each.key for each in _said_of_rework([rows[0], *rows[3:]])] == [
        "method.dora.rework_unknown"
    ]
    assert _said_of_rework(rows[:2]) == []


def test_rollbacks_hotfixes_and_redeploys_are_listed_with_their_ids() -> None:
    versions = ["1.0.0", "1.1.0", "1.1.0", "1.0.0", "1.2.0-hotfix"]
    rows = [
        deployment(n, datetime(2026, 9, n, tzinfo=UTC), release_version=version)
        for n, version in enumerate(versions, 1)
    ]
    document = compose(inputs(rows), settings(splits=(), hotfix_patterns=("-hotfix",)))[0]
    [table] = [
        block
        for section in document.sections
        for block in section.blocks
        if getattr(block, "id", "") == "rework"
    ]
    text = words("en")
    kinds = [(text.value(row[-1]), text.value(row[-2])) for row in the(Table, table).rows]
    assert kinds == [
        ("Deployments-4", "rollback"),
        ("Deployments-5", "hotfix"),
        ("Deployments-3", "redeployed, no rework"),
    ]

"""The cross-check as page one and the appendix tell it."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from insights_reports.crosscheck import (
    Candidate,
    Cause,
    CheckVerdict,
    CrossCheck,
    Evidence,
    StreamCheck,
    StreamDiscrepancy,
)
from insights_reports.crosscheck.causes.cause import WORDS
from insights_reports.crosscheck.result import CheckFinding
from insights_reports.edition import compose, conventions
from insights_reports.edition.document import Document, Exclusion, Prose, Section, Table
from insights_reports.edition.values import Day, Name, Phrase
from insights_reports.formats.words.catalogue import languages, read_catalogue
from insights_reports.formats.words.words import words
from tests.edition.inputs import deployment, discrepancy, inputs, settings
from tests.typed import the

ROWS = [deployment(n, datetime(2026, 9, n, 12, tzinfo=UTC)) for n in range(1, 4)]


def checked(
    agrees: int = 0, differs: int = 0, explained: int = 0, not_comparable: int = 0, **more: Any
) -> CrossCheck:
    figures = agrees + differs + explained + not_comparable
    return CrossCheck(figures, agrees, differs, explained, not_comparable, **more)


def document(check: CrossCheck, **changes: Any) -> Document:
    return compose(inputs(ROWS, check=check), settings(splits=(), **changes))[0]


@pytest.mark.parametrize(
    ("check", "limit", "verdict", "sentence"),
    [
        (
            checked(),
            0,
            CheckVerdict.NONE_STATED,
            "Octopus states no figures for these deployments, so nothing could be compared: what "
            "is shown here was computed from the deployments alone.",
        ),
        (
            checked(agrees=1234),
            0,
            CheckVerdict.AGREES,
            "All 1,234 figures that Octopus states agree with ours.",
        ),
        (
            checked(agrees=8, not_comparable=2),
            0,
            CheckVerdict.AGREES,
            "8 of 10 figures that Octopus states agree with ours; not comparable: 2.",
        ),
        (
            checked(agrees=7, explained=3),
            0,
            CheckVerdict.EXPLAINED,
            "7 of 10 figures that Octopus states agree with ours; different for a known reason: 3; "
            "not comparable: 0.",
        ),
        (
            checked(agrees=7, explained=1, differs=2),
            1,
            CheckVerdict.DIFFERS,
            "Of 10 figures that Octopus states, different from ours: 2; equal: 7; different for a "
            "known reason: 1; not comparable: 0.",
        ),
        (
            checked(agrees=8, differs=2),
            2,
            CheckVerdict.DIFFERS,
            "Of 10 figures that Octopus states, different from ours: 2, no more than the 2 that "
            "this subscription tolerates; equal: 8; different for a known reason: 0; not "
            "comparable: 0.",
        ),
        (
            checked(not_comparable=4),
            0,
            CheckVerdict.NOT_COMPARABLE,
            "None of the 4 figures that Octopus states can be compared with ours.",
        ),
    ],
)
def test_the_verdict_and_its_sentence(
    check: CrossCheck, limit: int, verdict: CheckVerdict, sentence: str
) -> None:
    strip = document(check, limit=limit).check
    assert strip.verdict is verdict
    assert words("en").phrase(strip.sentence) == sentence
    assert (strip.figures, strip.agrees, strip.differs) == (
        check.figures,
        check.agrees,
        check.differs,
    )


def test_where_octopus_states_nothing_the_appendix_claims_no_agreement() -> None:
    [said] = section(document(checked()), "discrepancies").blocks
    assert the(Prose, said).sentences == (Phrase("discrepancies.nothing_stated"),)
    [said] = section(document(checked(agrees=3)), "discrepancies").blocks
    assert the(Prose, said).sentences == (Phrase("discrepancies.none"),)


def tables(found: Section) -> list[Table]:
    return [the(Table, block) for block in found.blocks]


def section(doc: Document, id: str) -> Section:
    return next(each for each in doc.sections if each.id == id)


def test_a_discrepancy_shows_both_values_to_the_last_digit() -> None:
    """An hour and an hour and a second would look alike, rounded for reading."""
    found = discrepancy(
        split="Project",
        series="Shop",
        metric="LeadTime",
        statistic="Mean",
        stated=36_010_000_000,
        recomputed=36_000_000_000,
        difference=-10_000_000,
        tolerance=5_000_000,
        verdict=CheckVerdict.DIFFERS,
        cause=Cause("unknown"),
        deployment_ids=tuple(f"Deployments-{n}" for n in range(1, 9)),
        deployments=8,
    )
    [table] = section(document(checked(differs=1, discrepancies=(found,))), "discrepancies").blocks
    assert isinstance(table, Table)
    [row] = table.rows
    assert row[3] == Day(date(2026, 9, 1))
    assert row[5:8] == (Name("1:00:01.0"), Name("1:00:00.0"), CheckVerdict.DIFFERS)
    assert row[9] == Name("Deployments-1, Deployments-2, Deployments-3 + 5")


def test_values_of_single_deployments_have_a_table_of_their_own() -> None:
    found = StreamDiscrepancy(
        "Deployments-7",
        "TimeToRecovery",
        None,
        36_000_000_000,
        CheckVerdict.EXPLAINED,
        Cause("stream"),
    )
    streams = StreamCheck(figures=10, agrees=9, explained=1, discrepancies=(found,))
    appendix = section(document(checked(agrees=1, streams=streams)), "discrepancies")
    assert appendix.lead is not None
    assert words("en").phrase(appendix.lead) == (
        "Octopus's own values, as it spells them, beside ours. Values stated for single "
        "deployments: 10; equal to ours: 9; different: 0; different for a known reason: 1; not "
        "comparable: 0."
    )
    [table] = tables(appendix)
    assert table.rows[0][:4] == (
        Name("Deployments-7"),
        Name("TimeToRecovery"),
        None,
        Name("1:00:00.0"),
    )


def test_every_cause_has_its_words_in_every_language() -> None:
    causes = {f"cause.{code}" for code in WORDS}
    for language in languages():
        catalogue = read_catalogue(language)
        assert {key for key in catalogue.keys if key.startswith("cause.")} == causes
        for code, english in WORDS.items():
            named = set(re.findall(r"{(\w+)}", english))
            assert catalogue.message(f"cause.{code}").places == named


@pytest.mark.parametrize(
    ("cause", "english", "german"),
    [
        (
            Cause("edge_begins", (("instant", "2026-09-30T22:00:00Z"),)),
            "The range begins inside this interval: Octopus counts only what lies after 1 October "
            "2026, 00:00 Europe/Berlin (30 September 2026, 22:00 UTC).",
            "Der Bereich beginnt innerhalb dieses Intervalls: Octopus zählt nur, was nach "
            "1. Oktober 2026, 00:00 Europe/Berlin (30. September 2026, 22:00 UTC) liegt.",
        ),
        (
            Cause("before_data", (("day", "2025-10-01"),)),
            "The interval begins before the first deployment that Octopus still lists (1 October "
            "2025).",
            "Das Intervall beginnt vor dem ersten Deployment, das Octopus noch aufführt "
            "(1. Oktober 2025).",
        ),
        (
            Cause("more", (("more", 1234),)),
            "Octopus counts 1,234 more: deployments this account may not see, or new ones?",
            "Octopus zählt 1.234 mehr: Deployments, die dieses Konto nicht sehen darf, oder neue?",
        ),
    ],
)
def test_a_cause_is_said_in_the_language_of_the_edition(
    cause: Cause, english: str, german: str
) -> None:
    found = StreamDiscrepancy("Deployments-7", "LeadTime", None, 1, CheckVerdict.EXPLAINED, cause)
    streams = StreamCheck(figures=1, explained=1, discrepancies=(found,))
    [table] = tables(section(document(checked(agrees=1, streams=streams)), "discrepancies"))
    reason = table.rows[0][5]
    said = [words(language).value(reason) for language in ("en", "de")]
    assert said == [english, german]


def test_long_appendices_show_fifty_rows_and_keep_them_all() -> None:
    found = tuple(
        StreamDiscrepancy(
            f"Deployments-{n}", "TimeToRecovery", None, 1, CheckVerdict.DIFFERS, Cause("stream")
        )
        for n in range(60)
    )
    streams = StreamCheck(figures=60, differs=60, discrepancies=found)
    [table] = tables(section(document(checked(agrees=1, streams=streams)), "discrepancies"))
    assert (len(table.rows), len(table.complete_rows), table.total_rows) == (50, 60, 60)


def test_the_method_says_what_was_inferred_and_from_how_much() -> None:
    evidence = (
        Evidence("week start", "Sunday", 40, (Candidate("Sunday", 40), Candidate("Monday", 3))),
        Evidence(
            "rounding of rates",
            "2 decimals, half up",
            9,
            (Candidate("2 decimals, half up", 9), Candidate("all digits", 9)),
        ),
        Evidence(
            "counted as failed", "Canceled, TimedOut", 7, (Candidate("Canceled, TimedOut", 7),)
        ),
        Evidence("a new one", "x", 5, (Candidate("x", 4), Candidate("y", 2), Candidate("z", 3))),
    )
    method = section(document(checked(agrees=1, evidence=evidence)), "method")
    tables = [block for block in method.blocks if isinstance(block, Table)]
    [table] = (block for block in tables if block.id == "conventions")

    def said(language: str) -> list[tuple[str, ...]]:
        kinds = [column.kind for column in table.columns]
        return [
            tuple(words(language).cell(*cell) for cell in zip(row, kinds, strict=True))
            for row in table.rows
        ]

    assert said("en") == [
        ("first day of the week", "Sunday", "40", "40", "Monday", "3"),
        ("rounding of rates", "2 decimals, half up", "9", "9", "all digits", "9"),
        ("states counted as failed", "Canceled, TimedOut", "7", "7", "–", "–"),
        ("a new one", "x", "5", "4", "z", "3"),
    ]
    assert [row[:2] for row in said("de")[:2]] == [
        ("erster Tag der Woche", "Sonntag"),
        ("Rundung von Quoten", "2 Nachkommastellen, Hälften aufwärts"),
    ]


def test_without_stated_figures_the_method_has_no_table_of_conventions() -> None:
    method = section(document(checked()), "method")
    assert all(block.id != "conventions" for block in method.blocks if isinstance(block, Table))


def test_every_way_of_a_server_has_its_words() -> None:
    keys = read_catalogue("en").keys
    ways = {f"convention.way.{key}" for key in conventions._WAYS}
    names = {f"convention.name.{key}" for key in conventions._CONVENTIONS}
    assert ways | names == {
        key for key in keys if key.startswith(("convention.way.", "convention.name."))
    }


def test_what_was_dropped_from_the_reply_is_in_the_ledger_and_the_appendix() -> None:
    twice, many = ("Deployments-1", "Deployments-2"), tuple(f"Deployments-{n}" for n in range(120))
    dropped = (
        Exclusion(Phrase("exclusion.duplicate"), 2, twice),
        Exclusion(Phrase("exclusion.not_completed"), 120, many),
    )
    moved = Phrase("gap.moved_deployments", {"n": 3})
    made = compose(inputs(ROWS, dropped=dropped, gaps=(moved,)), settings(splits=()))[0]
    ledger = made.check.ledger
    assert (ledger.read, ledger.used) == (len(ROWS) + 122, len(ROWS))
    assert [(each.deployments, len(each.ids)) for each in ledger.excluded] == [(2, 2), (120, 100)]
    first, second = tables(section(made, "exclusions"))
    assert [first.id, second.id] == ["exclusion-duplicate", "exclusion-not-completed"]
    assert first.rows == ((Name("Deployments-1"),), (Name("Deployments-2"),))
    assert (len(second.rows), len(second.complete_rows)) == (50, 120)
    assert moved in made.check.gaps


def finding(kind: Any, **changes: Any) -> CheckFinding:
    parts = {"metric": "DeploymentFailureRate", "statistic": None, "count": 176, "compared": 176,
             "questions": ("None, LastYear, Monthly",), "unit": "rate"}  # fmt: skip
    return CheckFinding(kind, **{**parts, **changes})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (finding("constant factor", amount=1.13), "Octopus states 13 % above ours in all 176"),
        (
            finding("constant factor", amount=0.5, compared=200),
            "Octopus states 50 % below ours in 176 of 200",
        ),
        (
            finding("constant offset", amount=-1.2e9, unit="duration", statistic="Median"),
            "Octopus differs from ours by −2 min in all 176",
        ),
        (
            finding("constant offset", amount=0.01),
            "Octopus differs from ours by +1.0 points in all 176",
        ),
        (
            finding("shifted interval", amount=1.0),
            "what Octopus states of all 176 is ours of a later interval",
        ),
        (
            finding("shifted interval", amount=-1.0),
            "what Octopus states of all 176 is ours of an earlier interval",
        ),
        (
            finding("other statistic", other="Mean"),
            "what Octopus states of all 176 is our value for mean",
        ),
        (
            finding("other population", amount=1.0),
            "in all 176 Octopus counts more deployments than we do",
        ),
        (
            finding("other population", amount=-1.0),
            "in all 176 Octopus counts fewer deployments than we do",
        ),
        (finding("irregular"), "all 176 differ, with nothing in common"),
        (finding("alone", count=1, compared=80), "one figure differs by itself"),
    ],
)
def test_differences_of_one_kind_are_one_sentence(found: CheckFinding, said: str) -> None:
    check = checked(agrees=24, differs=found.count, findings=(found,))
    heading, phrase = document(check).check.findings
    say = words("en").phrase
    figures = "1 figure differs" if found.count == 1 else f"{found.count} figures differ"
    assert say(heading) == f"{figures}: Failure rate."
    name = "Failure rate, median" if found.statistic else "Failure rate"
    text = say(phrase).replace("\xa0", " ")
    assert text == f"{name} (all deployments, per month, last year): {said}; all else agrees"
    assert words("de").phrase(phrase).endswith("; alles andere stimmt überein")


def test_several_kinds_are_several_sentences_and_nothing_else_is_said_to_agree() -> None:
    both = (
        finding("constant factor", amount=2.0, questions=("a", "b", "c")),
        finding("irregular", metric=None, count=3, compared=9),
    )
    check = checked(agrees=24, differs=179, findings=both)
    assert [words("en").phrase(each) for each in document(check).check.findings] == [
        "179 figures differ: several measures.",
        "Failure rate (a, and 2 more tables): Octopus states 100\u00a0% above ours in all 176",
        "several measures (all deployments, per month, last year): 3 of 9 differ, with nothing in "
        "common",
    ]

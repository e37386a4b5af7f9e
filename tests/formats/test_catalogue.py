"""The language catalogues: complete, equal in what they speak of, and without loose ends."""

import ast
import re

import pytest

from insights_reports.assets import ROOT, TEMPLATES
from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition import values
from insights_reports.edition.document import Finding, FindingLine
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Judged,
    Metric,
    Missing,
    Name,
    Phrase,
    Statistic,
)
from insights_reports.formats.words.catalogue import languages, read_catalogue
from insights_reports.formats.words.finding import finding_text
from insights_reports.formats.words.words import _SECTIONS, Word, key_of, words
from insights_reports.judgement import RULE_SETS
from tests.typed import the

PACKAGE = ROOT / "insights_reports"
SOURCES = sorted((ROOT / "insights_reports" / "edition").glob("*.py"))
ENGLISH = read_catalogue("en")


def keys_in_code() -> tuple[set[str], set[str]]:
    """The keys that stand in `Phrase(...)`: whole ones, and patterns of those put together."""
    whole: set[str] = set()
    patterns: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Phrase":
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    whole.add(the(str, key.value))
                elif isinstance(key, ast.JoinedStr):
                    parts = [
                        re.escape(the(str, part.value))
                        if isinstance(part, ast.Constant)
                        else r"[\w.-]+"
                        for part in key.values
                    ]
                    patterns.add("".join(parts))
    return whole, patterns


def test_every_key_in_the_code_is_in_the_catalogue() -> None:
    whole, patterns = keys_in_code()
    assert len(whole) > 60
    assert whole <= ENGLISH.keys
    for pattern in patterns:
        assert any(re.fullmatch(pattern, key) for key in ENGLISH.keys), pattern


def keys_used() -> list[str]:
    """Patterns of the keys that the package and its templates ask for. A key put together from a
    key in a variable (``f"{key}.{metric}"``) may go on from any that its module has."""
    found = [rf"{_escaped(section)}\.\w+" for section in _SECTIONS.values()]
    for path in PACKAGE.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        patterns = [_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)]
        patterns += [_escaped(n.value) for n in nodes if isinstance(n, ast.Constant)]
        own = [each for each in patterns if re.match(r"[a-z][\w-]*\\\.", each)]
        ends = {p.removeprefix(_ANY) for p in patterns if p.startswith(rf"{_ANY}\.")}
        found += own + [start + end for start in own for end in ends]
    for path in TEMPLATES.rglob("*.j2"):
        quoted = re.findall(r"""["']([a-z][\w.-]*)["'] ?(~?)""", path.read_text(encoding="utf-8"))
        found += [_escaped(key) + (_ANY if more else "") for key, more in quoted]
    return found


_ANY = r"[\w.-]+"


def _escaped(value: object) -> str:
    return re.escape(value) if isinstance(value, str) else ""


def _pattern(node: ast.JoinedStr) -> str:
    parts = (_escaped(p.value) if isinstance(p, ast.Constant) else _ANY for p in node.values)
    return "".join(parts)


def test_every_key_of_the_catalogue_is_used() -> None:
    used = re.compile("|".join(set(keys_used())))
    assert [key for key in sorted(ENGLISH.keys) if not used.fullmatch(key)] == []
    assert not used.fullmatch("notable.lead_time.rose")


@pytest.mark.parametrize("language", languages())
def test_the_languages_speak_of_the_same_values(language: str) -> None:
    catalogue = read_catalogue(language)
    assert catalogue.keys == ENGLISH.keys
    for key, message in catalogue.messages.items():
        english = ENGLISH.messages[key]
        assert message.by == english.by, key
        if message.by is not None:
            assert {"one", "other"} <= message.forms.keys()
            assert message.by in english.places | {"n"}
        assert message.places == english.places, key


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "values", [values.Missing, values.ChangeVerdict, CheckVerdict], ids=lambda v: v.__name__
)
def test_every_value_of_the_enumerations_has_a_word(language: str, values: type[Word]) -> None:
    catalogue = read_catalogue(language)
    words = [catalogue.text(key_of(value)) for value in values]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("language", languages())
def test_metrics_statistics_and_states_have_labels(language: str) -> None:
    keys = read_catalogue(language).keys
    assert {f"metric.{metric}" for metric in values.Metric} <= keys
    assert {f"statistic.{statistic}" for statistic in values.Statistic} <= keys
    assert {f"status.{status}" for status in values.Status} <= keys


@pytest.mark.parametrize("language", languages())
def test_no_text_has_stray_braces_or_spaces(language: str) -> None:
    for key, message in read_catalogue(language).messages.items():
        for form in message.forms.values():
            bare = re.sub(r"\{\w+(\.\w+)?\}", "", form)
            assert form == form.strip(), key
            assert not set(bare) & set("{}"), key
            assert "  " not in form, key


@pytest.mark.parametrize("rules", RULE_SETS)
def test_the_method_note_says_the_false_alarms_that_were_measured(rules: str) -> None:
    shares = sorted(round(100 * share) for share in RULE_SETS[rules].false_alarms)
    said = words("en").phrase(Phrase(f"method.change.errs.{rules}"))
    assert "{} to {} of 100".format(*shares) in said


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.5, 4), "2 of 4 failed"),
        (Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.2, 10), "2 of 10 failed (20.0 %)"),
        (
            Figure(Metric.LEAD_TIME, Statistic.MEDIAN, None, 3, Missing.TOO_FEW),
            "Lead time: 3 values only",
        ),
    ],
)
def test_a_finding_of_few_speaks_of_counts(figure: Figure, text: str) -> None:
    line = FindingLine(figure.metric, figure, figure, Judged(ChangeVerdict.WORSE), Phrase("x"))
    finding = Finding(Name("A"), "project", "project", "summary", "Projects-1", (line,))
    [said] = finding_text(words("en"), finding).lines
    assert said.what.replace("\u00a0", " ") == text


def test_what_only_the_last_eight_show_is_a_finding_of_these() -> None:
    figure = Figure(Metric.FAILURE_RATE, Statistic.RATE, 0.2, 10)
    counted = Phrase("judged.as_usual", {"what": Name("the last eight")})
    for judged, text in (
        (Judged(ChangeVerdict.WORSE, counted=counted), "; the last eight, as usual"),
        (Judged(ChangeVerdict.WORSE), ""),
    ):
        line = FindingLine(figure.metric, figure, figure, judged, Phrase("x"))
        finding = Finding(Name("A"), "project", "project", "summary", "Projects-1", (line,))
        [said] = finding_text(words("en"), finding).lines
        assert said.what.replace("\u00a0", " ") == f"2 of 10 failed (20.0 %){text}"

"""The editor's note: what it may say, and that its numbers are the edition's."""

import pytest

from insights_reports.edition import compose
from insights_reports.edition.document import EditorsNote
from insights_reports.edition.values import Name
from insights_reports.errors import UsageError
from tests.edition.inputs import inputs, settings
from tests.edition.test_judging import MONTHS, history, month

ROWS = history(month(MONTHS[-1], 60, 12))  # 12 of 60 failed: 20 %


def noted(text: str) -> None:
    note = EditorsNote(Name("Jane Doe"), (("page-one", Name(text)),))
    compose(inputs(ROWS, note=note), settings(splits=("Project",)))


@pytest.mark.parametrize(
    "text",
    [
        "Of 60 deployments 12 failed, 20.0 %.",
        "A fifth failed (20 %); it was 5 % in August 2026.",
        "15 points more, after the change of 12 September.",
        "Releases 2026.9.100 and v1.2.3 are no figures.",
    ],
)
def test_numbers_of_the_edition_may_be_said(text: str) -> None:
    noted(text)


@pytest.mark.parametrize(
    ("text", "number", "nearest"),
    [
        ("21.5 % failed.", "21.5 %", "20.0 %"),
        ("61 deployments.", "61", "60.0"),
    ],
)
def test_a_number_that_is_nowhere_is_refused_with_the_nearest(
    text: str, number: str, nearest: str
) -> None:
    with pytest.raises(UsageError) as refused:
        noted(text)
    assert number in str(refused.value)
    assert nearest in str(refused.value)


def test_the_note_stands_in_the_summary() -> None:
    note = EditorsNote(Name("Jane Doe"), (("page-one", Name("Look at Checkout.")),))
    document = compose(inputs(ROWS, note=note), settings(splits=()))[0]
    assert document.note == note

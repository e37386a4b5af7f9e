"""What a run says of its edition in lines of text."""

from insights_reports.pipeline.told import differences_of, findings_of
from tests.documents import sample_document
from tests.october import disputed_document


def test_each_finding_is_a_line_with_its_measures() -> None:
    assert findings_of(sample_document()) == [
        "Checkout: 71 deployments",
        "Restricted (Projects-6): 9 of 60 failed (15.0\u00a0%), usual 1.0 to 12.0\u00a0%",
    ]
    assert findings_of(sample_document(findings=())) == []


def test_what_differs_is_said_by_kind() -> None:
    assert differences_of(sample_document()) == []
    (said,) = differences_of(disputed_document())
    assert said.startswith("176 figures differ: failure rate. Octopus states 18.8")

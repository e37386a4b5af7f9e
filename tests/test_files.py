"""Names of files: from any text a short ASCII name that cannot leave its folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.edition.files import File, file_name, slug

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=200)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("board-monthly", "board-monthly"),
        ("Checkout API", "checkout-api-04c5aaa3"),
        ("../../etc", "etc-74ccf3c5"),
        ("NUL", "nul-ae6de182"),
        ("nul", "nul-99e62427"),
        ("", "e3b0c442"),
        ("😀", "f0443a34"),
    ],
)
def test_a_plain_name_stays_and_any_other_gets_its_digest(text: str, name: str) -> None:
    assert slug(text) == name


@given(ANY_TEXT)
def test_a_slug_is_a_safe_file_name(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", slug(text))


@given(ANY_TEXT, ANY_TEXT)
def test_two_texts_share_no_slug(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)


def test_a_file_knows_its_format_type_and_digest() -> None:
    file = File(file_name("board", "2026-Q3", "summary", "pdf"), "summary", b"")
    assert file.name == "board-2026-q3-summary.pdf"
    assert file.media_type == "application/pdf"
    assert file.sha256.startswith("e3b0c44298fc1c14")

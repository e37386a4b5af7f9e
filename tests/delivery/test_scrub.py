"""No secret in what servers say, in whatever encoding they say it."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights_reports.delivery.scrub import LONGEST_ANSWER, REPLACED, Scrubber

SECRET = 'Tr0ub4dor&"3/x\\y ä'


def forms(secret: str, before: bytes, after: bytes) -> list[str]:
    raw = secret.encode()
    return [
        secret,
        repr(secret),
        quote(secret),
        raw.hex(),
        base64.b64encode(before + raw + after).decode(),
        base64.urlsafe_b64encode(before + raw + after).decode(),
    ]


@pytest.mark.parametrize("before", [b"", b"\0ab\0", b"user\0user\0", b"user=x\x01auth=Bearer "])
def test_every_form_of_a_secret_is_struck_out(before: bytes) -> None:
    for form in forms(SECRET, before, b"\x01\x01"):
        said = Scrubber((SECRET,))(f"5.7.8 you said {form} and that is wrong")
        assert REPLACED in said
        assert said.startswith("5.7.8 you said ")
        assert said.endswith(" and that is wrong")
        assert form not in said


@given(
    st.text("abcXYZ019&/+ ", min_size=8, max_size=40), st.binary(max_size=7), st.binary(max_size=7)
)
def test_no_base64_around_a_secret_lets_most_of_it_out(
    secret: str, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    left = Scrubber((secret,))(encoded)
    assert REPLACED in left
    kept = left.replace(REPLACED, "")
    # At both ends, what stands beside the secret and at most one character more.
    assert len(kept) <= (len(before) + 2) * 4 / 3 + (len(after) + 2) * 4 / 3 + 6


def test_it_is_struck_out_before_the_line_is_cut() -> None:
    line = Scrubber((SECRET,)).line("x" * (LONGEST_ANSWER - 5) + SECRET)
    assert len(line) == LONGEST_ANSWER
    assert SECRET[:4] not in line


def test_without_secrets_and_with_short_ones_texts_stay() -> None:
    assert Scrubber(())("550 no") == "550 no"
    assert Scrubber(("", "a", "550"))("550 no") == "550 no"
    assert Scrubber(()).line(b"550\r\n\x1b[31m no\xff") == "550 [31m no�"

"""Secrets taken out of what servers say, in whatever encoding they say them."""

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

REPLACED = "<secret>"
_SHORTEST = 4  # characters; shorter ones would strike out common words
LONGEST_ANSWER = 300  # characters of a server's words that are kept


class Scrubber:
    """Takes ``secrets`` out of texts: plain, quoted, percent-encoded, in hex, as quoted-printable,
    and in base64 wherever in a longer whole they stand (``user=…auth=Bearer …``, AUTH PLAIN)."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        needles = {needle for secret in secrets for needle in _forms(secret)}
        ordered = sorted(needles, key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(map(re.escape, ordered)), re.IGNORECASE) if ordered else None
        )

    def __call__(self, text: str) -> str:
        return self._pattern.sub(REPLACED, text) if self._pattern else text

    def line(self, text: str | bytes) -> str:
        """``text`` without secrets on one line that can be printed, cut to a bearable length.

        It is cut last: half a secret would not be known again.
        """
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        clean = " ".join("".join(c if c.isprintable() else " " for c in self(said)).split())
        return self(clean)[:LONGEST_ANSWER]


def _forms(secret: str) -> Iterable[str]:
    if len(secret) < _SHORTEST:
        return
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield repr(secret)[1:-1]
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret, safe="")
    yield raw.hex()
    yield binascii.b2a_qp(raw, quotetabs=True).decode().replace("=\n", "")
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * offset + raw).decode().rstrip("=")
            # The characters at both ends hold bits of what stands beside the secret.
            first = (8 * offset + 5) // 6
            last = len(whole) if (offset + len(raw)) % 3 == 0 else len(whole) - 1
            if last - first >= _SHORTEST:
                yield whole[first:last]

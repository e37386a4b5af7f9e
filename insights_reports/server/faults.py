"""Faults of servers and networks, injected on demand between a client and the server.

A fault turns a good reply into what goes over the wire instead: pieces of bytes, pauses in seconds,
and perhaps a reset. They strike the requests below `/insights/`; look-ups stay as they are. Some
are no faults of a network: `not-licensed` and its like refuse the reports, as a server without the
licence for them may (what Octopus answers then is not documented), leave the insights of single
projects, and have no Insights among the features of the licence; `no-insights` knows neither, like
an older server.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import orjson

RESET = "reset"
LICENCE = "/licenses/licenses-current-features"
_NO_LICENCE = "Your license does not include Insights reports."
Step = bytes | float | str
Fault = Callable[["Reply"], Iterator[Step]]


@dataclass(frozen=True)
class Reply:
    """A whole HTTP reply; `head` prints its status line and headers, with a length by default.

    `path`: what was asked for, without its query.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    path: str = ""

    def head(self, *more: tuple[str, str], length: int | None = -1) -> bytes:
        """The bytes before the body; `length` None leaves Content-Length out."""
        size = len(self.body) if length == -1 else length
        sized = () if size is None else (("Content-Length", str(size)),)
        lines = [f"{name}: {value}" for name, value in (*self.headers, *sized, *more)]
        text = "\r\n".join((f"HTTP/1.1 {self.status}", *lines, "Connection: close", "", ""))
        return text.encode("latin-1")

    def with_member(self, member: bytes) -> bytes:
        """The whole reply with a member put into the outermost JSON object."""
        changed = replace(self, body=self.body.replace(b"{", b"{" + member + b",", 1))
        return changed.head() + changed.body


def _reset(reply: Reply) -> Iterator[Step]:
    yield RESET


def _close(reply: Reply) -> Iterator[Step]:
    yield b""


def _length_too_large(reply: Reply) -> Iterator[Step]:
    yield reply.head(length=len(reply.body) + 1000) + reply.body


def _length_too_small(reply: Reply) -> Iterator[Step]:
    yield reply.head(length=len(reply.body) // 2) + reply.body


def _two_lengths(reply: Reply) -> Iterator[Step]:
    yield reply.head(("Content-Length", str(len(reply.body) // 2))) + reply.body


def _reset_mid_body(reply: Reply) -> Iterator[Step]:
    yield reply.head() + reply.body[: len(reply.body) // 2]
    yield 0.2
    yield RESET


def _cut_chunked(reply: Reply) -> Iterator[Step]:
    half = reply.body[: len(reply.body) // 2]
    head = reply.head(("Transfer-Encoding", "chunked"), length=None)
    yield head + f"{len(half):x}\r\n".encode() + half + b"\r\n"


def _cut_at_element(reply: Reply) -> Iterator[Step]:
    """No length, and the end of the body lies between two elements, all brackets closed."""
    cut = reply.body.find(b"},{", len(reply.body) // 2)
    shorter = (reply.body[: cut + 1] + closing for closing in (b"]}]}", b"]}") if cut >= 0)
    yield reply.head(length=None) + next(filter(_is_json, shorter), reply.body)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _cut_gzip(reply: Reply) -> Iterator[Step]:
    packed = gzip.compress(reply.body, mtime=0)
    yield reply.head(("Content-Encoding", "gzip"), length=None) + packed[: len(packed) // 2]


def _triple_gzip(reply: Reply) -> Iterator[Step]:
    body = reply.body
    for _ in range(3):
        body = gzip.compress(body, mtime=0)
    yield reply.head(("Content-Encoding", "gzip, gzip, gzip"), length=len(body)) + body


def _gzip_bomb(reply: Reply) -> Iterator[Step]:
    """200 kB that unpack to 200 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b'{"Streams":["')
    block = b" " * (1 << 20)
    packed += b"".join(packer.compress(block) for _ in range(200))
    packed += packer.compress(b'"]}') + packer.flush()
    yield reply.head(("Content-Encoding", "gzip"), length=len(packed)) + packed


def _login_page(reply: Reply) -> Iterator[Step]:
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
    signed_out = Reply("200 OK", (("Content-Type", "text/html; charset=utf-8"),), page)
    yield signed_out.head() + page


def _no_content(reply: Reply) -> Iterator[Step]:
    yield Reply("204 No Content", (), b"").head(length=None)


def _member(member: bytes) -> Fault:
    def fault(reply: Reply) -> Iterator[Step]:
        yield reply.with_member(member)

    return fault


def _duplicate_keys(reply: Reply) -> Iterator[Step]:
    for key in (b'"ReportName":', b'"Series":', b'"Items":', b'"Id":'):
        if key in reply.body:
            yield reply.with_member(key + b"null")
            return
    yield reply.with_member(b'"Twice":1,"Twice":2')


def _deep_nesting(reply: Reply) -> Iterator[Step]:
    deep = replace(reply, body=b"[" * 100_000)
    yield deep.head() + deep.body


def _slow_body(reply: Reply) -> Iterator[Step]:
    yield reply.head()
    for position in range(len(reply.body)):
        yield reply.body[position : position + 1]
        yield 0.2


def _slow_head(reply: Reply) -> Iterator[Step]:
    for byte in reply.head():
        yield bytes((byte,))
        yield 0.2
    yield reply.body


def _many_headers(reply: Reply) -> Iterator[Step]:
    yield reply.head(*((f"X-Padding-{n}", "x") for n in range(3000))) + reply.body


def _long_header(reply: Reply) -> Iterator[Step]:
    yield reply.head(("X-Padding", "x" * 100_000)) + reply.body


def _redirect(location: str) -> Fault:
    def fault(reply: Reply) -> Iterator[Step]:
        yield Reply("302 Found", (("Location", location),), b"").head()

    return fault


def _refusal(status: str, message: str) -> Fault:
    def fault(reply: Reply) -> Iterator[Step]:
        body = orjson.dumps({"ErrorMessage": message, "Errors": []})
        yield Reply(status, (("Content-Type", "application/json"),), body).head() + body

    return fault


def _not_licensed(status: str, message: str) -> Fault:
    refuse = _refusal(status, message)

    def fault(reply: Reply) -> Iterator[Step]:
        return _without_licence(reply) if LICENCE in reply.path else refuse(reply)

    return fault


def _without_licence(reply: Reply) -> Iterator[Step]:
    without = replace(reply, body=b'{"EnabledFeatures":["Spaces"]}')
    yield without.head() + without.body


def _no_reports(reply: Reply) -> Iterator[Step]:
    """The list is empty, every report unknown, and the licence has no Insights."""
    if LICENCE in reply.path:
        yield from _without_licence(reply)
    elif reply.path.casefold().rstrip("/").endswith("/reports"):
        page = {"ItemType": "InsightsReport", "TotalResults": 0, "ItemsPerPage": 30,
                "NumberOfPages": 1, "LastPageNumber": 0, "Items": [], "Links": {}}  # fmt: skip
        empty = replace(reply, body=orjson.dumps(page))
        yield empty.head() + empty.body
    else:
        yield from _refusal("404 Not Found", "The resource was not found.")(reply)


def _partial_content(reply: Reply) -> Iterator[Step]:
    half = reply.body[: len(reply.body) // 2]
    part = replace(reply, status="206 Partial Content", body=half)
    yield part.head(("Content-Range", f"bytes 0-{len(half) - 1}/{len(reply.body)}")) + half


def _too_many_requests(retry_after: str) -> Fault:
    def fault(reply: Reply) -> Iterator[Step]:
        body = b'{"ErrorMessage":"Too many requests."}'
        headers = (("Content-Type", "application/json"), ("Retry-After", retry_after))
        yield Reply("429 Too Many Requests", headers, body).head() + body

    return fault


FAULTS: dict[str, Fault] = {
    "reset": _reset,
    "close": _close,
    "reset-mid-body": _reset_mid_body,
    "length-too-large": _length_too_large,
    "length-too-small": _length_too_small,
    "two-lengths": _two_lengths,
    "cut-chunked": _cut_chunked,
    "cut-at-element": _cut_at_element,
    "cut-gzip": _cut_gzip,
    "triple-gzip": _triple_gzip,
    "gzip-bomb": _gzip_bomb,
    "login-page": _login_page,
    "no-content": _no_content,
    "nan": _member(b'"Fault":NaN'),
    "infinity": _member(b'"Fault":Infinity'),
    "huge-number": _member(b'"Fault":1e999'),
    "long-integer": _member(b'"Fault":' + b"9" * 30),
    "endless-integer": _member(b'"Fault":' + b"9" * 5000),
    "lone-surrogate": _member(b'"Fault":"\\ud800"'),
    "invalid-utf8": _member(b'"Fault":"\xff\xfe"'),
    "duplicate-keys": _duplicate_keys,
    "deep-nesting": _deep_nesting,
    "slow-body": _slow_body,
    "slow-head": _slow_head,
    "many-headers": _many_headers,
    "long-header": _long_header,
    "redirect-loop": _redirect("?again"),
    "redirect-away": _redirect("http://octopus.invalid/api"),
    "retry-after-1": _too_many_requests("1"),
    "retry-after-years": _too_many_requests("99999999"),
    "retry-after-negative": _too_many_requests("-5"),
    "retry-after-soon": _too_many_requests("soon"),
    "server-error": _refusal("500 Internal Server Error", "Something went wrong."),
    "partial-content": _partial_content,
    "not-licensed": _not_licensed("402 Payment Required", _NO_LICENCE),
    "not-licensed-400": _not_licensed("400 Bad Request", _NO_LICENCE),
    "not-licensed-403": _not_licensed("403 Forbidden", _NO_LICENCE),
    "not-licensed-404": _not_licensed("404 Not Found", _NO_LICENCE),
    "not-licensed-empty": _no_reports,
    "no-insights": _refusal("404 Not Found", "The resource was not found."),
}

"""Object storage that refuses, is full or answers nonsense: said in three lines."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from insights_reports.delivery import (
    Ledger,
    MailDestination,
    State,
    StorageDestination,
    deliver,
)
from insights_reports.delivery.storage import objects
from insights_reports.errors import HistoryError
from insights_reports.history.deployments import Bucket, BucketPlace, bucket, merge
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import Clock, compose, entered
from tests.delivery.storage_servers import CREDENTIALS
from tests.history.test_history_laws import BEFORE, FIRST

ERROR = "<Error><Code>{}</Code><Message>as planned</Message></Error>"
LIST = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>'


@contextmanager
def storage(status: int, content: str) -> Iterator[str]:
    """An S3 in which nothing stands, and which answers every writing so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listing = "list-type" in self.path
            self._answer(200 if listing else 404, LIST if listing else ERROR.format("NoSuchKey"))

        do_HEAD = do_GET

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(status, content)

        def _answer(self, status: int, content: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials; and nobody waits a minute for a server that will not change its mind."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    retry = {"max_retries": 1, "retry_timeout": timedelta(seconds=2)}
    monkeypatch.setattr(objects, "_RETRY", retry)
    monkeypatch.setattr(bucket, "_RETRY", retry)


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (403, ERROR.format("AccessDenied"), "403 Forbidden"),  # a bucket that is read only
        (507, ERROR.format("InsufficientStorage"), "507"),
        (503, ERROR.format("SlowDown"), "SlowDown"),
        (200, "nonsense", "s3://reports"),  # taken, and without a version
        (302, "", "s3://reports"),
    ],
)
def test_it_is_said_and_the_mail_goes_out(
    tmp_path: Path, status: int, content: str, said: str
) -> None:
    with (
        storage(status, content) as endpoint,
        mail_server() as postbox,
        Ledger(tmp_path / "ledger.sqlite") as ledger,
    ):
        place = StorageDestination("b", "s3://reports/x", endpoint=endpoint, region="us-east-1")
        mail = MailDestination("mail", ("cto@example.com",), postbox.transport())
        stored, mailed = deliver(
            entered(ledger), [place, mail], ledger, now=Clock(), compose_mail=compose
        )
        assert (stored.state, mailed.state) == (State.PLANNED, State.SENT)
        assert said in stored.detail
        assert len(stored.detail.splitlines()) == 3
        assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in stored.detail
        history = Bucket(BucketPlace("s3://reports/h", endpoint, "us-east-1"), "a/b/c")
        with pytest.raises(HistoryError) as error:
            merge(BEFORE, history, FIRST)
        assert said.replace("reports", "reports/h") in str(error.value)
        assert len(str(error.value).splitlines()) == 3

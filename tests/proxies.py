"""A server between the client and the embedded server that changes what passes."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import urlsplit

from insights_reports.server import RunningServer


@contextmanager
def proxy(
    server: RunningServer,
    change: Callable[[str, bytes], bytes],
    *,
    state_length: bool = True,
    refuse: Mapping[str, int] = MappingProxyType({}),
    words: bytes = b'{"ErrorMessage": "Not here."}',
) -> Iterator[str]:
    """Passes requests on and changes the replies; gives its address.

    Without ``state_length`` the length of the unchanged reply is announced: what is shorter is cut.
    ``refuse`` holds the status with which a path that has such a part is refused, and ``words`` the
    body of the refusal.
    """
    target = urlsplit(server.url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(target.hostname or "", target.port or 0)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "accept-encoding"}
            connection.request("GET", self.path, headers=headers | {"Host": target.netloc})
            reply = connection.getresponse()
            body = reply.read()
            refused = [status for part, status in refuse.items() if part in self.path]
            status = refused[0] if refused else reply.status
            shown = words if refused else change(self.path, body)
            length = len(shown if state_length or refused else body)
            self.send_response(status)
            self.send_header("Content-Type", reply.headers["Content-Type"])
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(shown)
            self.close_connection = len(shown) < length

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()


def one_more(path_part: str) -> Callable[[str, bytes], bytes]:
    """A change that raises the first count above zero by one in the replies of one question."""

    def change(path: str, body: bytes) -> bytes:
        if path_part not in path:
            return body
        reply = json.loads(body)
        interval = next(
            interval
            for series in reply["Series"]
            for interval in series["Intervals"]
            if interval["NumberOfSuccessfulDeployments"]
        )
        interval["NumberOfSuccessfulDeployments"] += 1
        return json.dumps(reply).encode()

    return change

"""Prefect's server behind its door, as the process that `own_server` starts.

``python -m insights_reports.scheduling.server_child``: the settings come over standard input, so
that no password stands in a command line or an environment; the socket is the parent's.
"""

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from insights_reports.scheduling.door import Keys, guarded

_LAST = 10  # seconds that a server has to end by itself once its parent is gone


def main() -> None:
    """Serve until the parent ends this process, or is gone itself."""
    os.umask(0o077)  # before the first file: Prefect leaves its database readable for everybody
    given: dict[str, Any] = json.loads(sys.stdin.readline())
    os.environ.update(given["settings"])
    _close_to_others(Path(given["settings"]["PREFECT_HOME"]))

    import uvicorn
    from prefect.server.api.server import create_app

    metrics = Path(given["settings"]["PREFECT_HOME"]).parent / "metrics.prom"
    app = guarded(create_app(final=True), given["port"], Keys(**given["keys"]), metrics)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_ping_interval=20,
            timeout_graceful_shutdown=5,
        )
    )
    threading.Thread(target=_end_with_parent, args=(server, given["parent"]), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=given["fd"])])


def _close_to_others(home: Path) -> None:
    """Files of an earlier version, which had no such mask."""
    home.chmod(0o700)
    for path in home.glob("prefect.db*"):
        path.chmod(0o600)


def _end_with_parent(server: Any, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    server.should_exit = True
    time.sleep(_LAST)
    os._exit(1)


if __name__ == "__main__":
    main()

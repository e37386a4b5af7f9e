"""Real storage for the tests: S3 as moto serves it, SFTP by OpenSSH or asyncssh's own server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from insights_reports.delivery import StorageDestination

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "CANARY-s3-secret"}
_NUMBERS = count()


@contextmanager
def s3() -> Iterator[StorageDestination]:
    """A fresh prefix in a bucket of moto's server (what it holds belongs to the process, not to
    the server); the environment has its credentials meanwhile."""
    import requests  # here, so that processes that only publish do without
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    os.environ.update(CREDENTIALS)
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        requests.put(f"{endpoint}/reports", timeout=10).raise_for_status()
        yield StorageDestination(
            "bucket",
            f"s3://reports/insights-{next(_NUMBERS)}",
            endpoint=endpoint,
            region="us-east-1",
        )
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@contextmanager
def sftp(folder: Path) -> Iterator[StorageDestination]:
    """OpenSSH's server on a free port, for this very user and a key of its own."""
    assert SSHD is not None
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
        f"PermitRootLogin yes\nPidFile none\nSubsystem sftp internal-sftp\n"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-r", "-e", "-f", str(folder / "conf")], stderr=log)
    try:
        _wait_for(port)
        import getpass

        kind, key = (folder / "host.pub").read_text().split()[:2]
        yield StorageDestination(
            "vault",
            f"sftp://{getpass.getuser()}@127.0.0.1:{port}{folder}/files",
            key_file=folder / "user",
            known_hosts=f"[127.0.0.1]:{port} {kind} {key}\n",
        )
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("sshd did not start")

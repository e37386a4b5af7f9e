"""The embedded server with a clock that runs, and deployments that are yet to happen."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from insights_reports.server import import_file

KEY = "API-LIVE000000000000000000"
_HEADER = (
    "Deployment,Project,Release,Channel,Completed,Environment,State,Had Guided Failure,"
    "Lead Time,Since Previous Successful,Time to Recovery,Deployments Until Recovery"
)


@contextmanager
def live_server(folder: Path, *deployments: tuple[float, str, str, str]) -> Iterator[str]:
    """`insights-reports server` on a file of one deployment of each day of the last month and of
    these: in how many seconds it ends, project, environment, state. Its URL."""
    now = datetime.now(UTC)
    ended = [(-86_400.0 * day, "Web", "Production", "Success") for day in range(30, 0, -1)]
    rows = [
        f"Deployments-{number},{project},1.{number},Default,"
        f"{(now + timedelta(seconds=seconds)).isoformat()},{environment},{state},false,,,,"
        for number, (seconds, project, environment, state) in enumerate([*ended, *deployments], 1)
    ]
    source, data = folder / "history.csv", folder / "live.sqlite"
    source.write_text("\n".join([_HEADER, *rows, ""]))
    import_file(source, data)
    command = ("server", "--port", "0", "--data", str(data))
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*(sys.executable, "-m", "insights_reports"), *command],
            env={**os.environ, "OCTOPUS_API_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(30)

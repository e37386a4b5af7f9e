"""A reply of ``/deployments`` of any size, written to a file: the same bytes for the same size.

About 480 bytes a deployment, as in Octopus's sample; 40 projects, 6 environments, 200 tenants,
three thousand streams at most, a year of completions, lead times of seconds to years, some of
them negative.
"""

import datetime
from pathlib import Path
from random import Random
from typing import Any

PROJECTS, ENVIRONMENTS, TENANTS = 40, 6, 200
FIRST_DAY = datetime.date(2025, 9, 1)
DAYS = 395
ZONE = "Europe/London"

PROJECT_GROUPS = {f"Projects-{n}": f"ProjectGroups-{n % 8 + 1}" for n in range(1, PROJECTS + 1)}
ENVIRONMENT_GROUPS = {
    f"Environments-{n}": ("Test", "Internal", "Production")[(n - 1) // 2]
    for n in range(1, ENVIRONMENTS + 1)
}
TENANT_TAGS = {
    f"Tenants-{n}": tuple(sorted({f"Region/R{n % 5}", f"Region/R{n % 3}"})) if n % 7 else ()
    for n in range(1, TENANTS + 1)
}

_TICKS = 10_000_000


def write(path: Path, deployments: int) -> None:
    random = Random(deployments)
    streams = max(1, min(3_000, deployments // 20))
    sizes = [deployments // streams + (n < deployments % streams) for n in range(streams)]
    with path.open("w", encoding="ascii", newline="") as file:
        file.write('{"ReportName":"Benchmark","Streams":[')
        number = 0
        for stream, size in enumerate(sizes):
            file.write("," if stream else "")
            file.write(_stream(random, number, size))
            number += size
        file.write("]}")


def _stream(random: Random, number: int, size: int) -> str:
    project, environment = random.randint(1, PROJECTS), random.randint(1, ENVIRONMENTS)
    tenant = random.randint(0, TENANTS)
    named = (
        f'"TenantId":"Tenants-{tenant}","TenantName":"Tenant {tenant}"'
        if tenant
        else '"TenantId":null,"TenantName":null'
    )
    instants = sorted(random.randrange(DAYS * 86_400 * _TICKS) for _ in range(size))
    state: dict[str, Any] = {"previous": None, "failure": None, "failures": 0}
    rows = ",".join(
        _deployment(random, number + at, instant, state) for at, instant in enumerate(instants)
    )
    return (
        f'{{"ProjectId":"Projects-{project}","ProjectName":"Project {project}",'
        f'"ChannelId":"Channels-{project}","ChannelName":"Default",'
        f'"EnvironmentId":"Environments-{environment}",'
        f'"EnvironmentName":"Environment {environment}",'
        f'{named},"Deployments":[{rows}]}}'
    )


def _deployment(random: Random, number: int, instant: int, state: dict[str, Any]) -> str:
    draw = random.random()
    task = "Success" if draw < 0.9 else "Failed" if draw < 0.98 else "Canceled"
    guided = draw < 0.02
    version = f"2026.{number // 50 % 90}.{number % 50}"
    lead = int(random.lognormvariate(10, 2) * _TICKS) - 600 * _TICKS
    stated = dict.fromkeys(("since", "previous", "recovery", "until", "from", "version"), "null")
    if task == "Success" and not guided:
        if state["previous"] is not None:
            stated["since"] = _duration(instant - state["previous"][0])
            stated["previous"] = f'"Deployments-{state["previous"][1]}"'
        if state["failure"] is not None:
            stated["recovery"] = _duration(instant - state["failure"][0])
            stated["until"] = str(state["failures"])
            stated["from"] = f'"Deployments-{state["failure"][1]}"'
            stated["version"] = f'"{state["failure"][2]}"'
        state.update(previous=(instant, number), failure=None, failures=0)
    elif task != "Canceled":
        state["failure"] = state["failure"] or (instant, number, version)
        state["failures"] += 1
    return (
        f'{{"Id":"Deployments-{number}","ReleaseVersion":"{version}","TaskState":"{task}",'
        f'"CompletedTime":"{_instant(instant)}","HadGuidedFailure":{"true" if guided else "false"},'
        f'"LeadTime":{_duration(lead) if task == "Success" else "null"},'
        f'"LeadTimeCalculatedFromVersion":"{version}",'
        f'"TimeSincePreviouslySuccessfulDeployment":{stated["since"]},'
        f'"PreviousSuccessfulDeploymentId":{stated["previous"]},'
        f'"TimeToRecovery":{stated["recovery"]},"DeploymentsUntilRecovery":{stated["until"]},'
        f'"RecoveredFromFailedDeploymentId":{stated["from"]},'
        f'"RecoveredFromFailedReleaseVersion":{stated["version"]}}}'
    )


_MIDNIGHTS = [(FIRST_DAY + datetime.timedelta(days=day)).isoformat() for day in range(DAYS)]


def _instant(ticks: int) -> str:
    seconds, fraction = divmod(ticks, _TICKS)
    day, second = divmod(seconds, 86_400)
    return f"{_MIDNIGHTS[day]}T{_clock(second)}.{fraction:07d}Z"


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _duration(ticks: int) -> str:
    seconds, fraction = divmod(abs(ticks), _TICKS)
    sign = "-" if ticks < 0 else ""
    return f'"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:07d}"'

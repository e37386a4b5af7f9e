"""A server without the licence is recognised in every form, and the remedy was tried."""

import pytest

from insights_reports.server import RunningServer
from tests.pipeline.conftest import Configure
from tests.pipeline.test_sources import OWN, Run
from tests.proxies import proxy

WORDS = b'{"ErrorMessage": "Your license does not include Insights reports."}'


@pytest.mark.parametrize("status", [400, 402, 403, 404])
def test_words_of_a_licence_are_understood_whatever_the_status(
    configure: Configure, run: Run, server: RunningServer, status: int
) -> None:
    refuse = {"/insights/reports": status}
    with proxy(server, lambda path, body: body, refuse=refuse, words=WORDS) as url:
        done = run(configure(), "--url", url)
    assert done.status == 3
    assert "does not offer Insights reports" in done.err
    assert f"({status}): Your license does not include" in done.err
    assert "`source: project` works with this key" in done.err
    assert len(done.err.splitlines()) <= 3


def test_an_empty_list_and_a_licence_without_insights(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    def change(path: str, body: bytes) -> bytes:
        if "/insights/reports" in path:
            return b'{"TotalResults": 0, "Items": []}'
        if "licenses-current-features" in path:
            return b'{"EnabledFeatures": ["Spaces"]}'
        return body

    with proxy(server, change) as url:
        done = run(configure(), "--url", url)
    assert done.status == 3
    assert "licence of this server has no Insights" in done.err
    assert "`source: project` works with this key" in done.err


def test_an_unknown_report_of_a_licensed_server_is_just_unknown(
    configure: Configure, run: Run
) -> None:
    done = run(configure(report="Nobody's"))
    assert done.status == 3
    assert "There is no such Insights report." in done.err


def test_a_key_that_may_see_nothing_is_told_so(
    configure: Configure, run: Run, server: RunningServer
) -> None:
    refuse = {"/insights/": 404, "/releases": 403}
    with proxy(server, lambda path, body: body, refuse=refuse) as url:
        done = run(configure(), "--url", url)
    assert done.status == 3
    assert "do not work either" in done.err


@pytest.mark.parametrize("command_name", ["check", "run"])
@pytest.mark.parametrize("source", ["project", "core"])
def test_a_definition_that_selects_nothing_is_refused(
    configure: Configure, run: Run, command: Run, server: RunningServer, source: str,
    command_name: str,
) -> None:  # fmt: skip
    def change(path: str, body: bytes) -> bytes:
        return b'{"TotalResults": 0, "Items": []}' if "/channels" in path else body

    config = configure(source=source, definition=OWN)
    with proxy(server, change) as url:
        if command_name == "run":
            done = run(config, "--url", url)
        else:
            done = command("check", config, "--url", url)
    assert done.status == 3
    assert "selects nothing that this account may see" in done.err + done.out
    assert "0 channels" in done.err + done.out
    assert not (config.parent / "reports").exists()

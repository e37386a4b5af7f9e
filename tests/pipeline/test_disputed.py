"""An edition whose rates Octopus states 13 % higher throughout says so wherever it is looked at."""

import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from lxml import html as parser

from insights_reports.server import RunningServer
from tests.conftest import Done
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure
from tests.proxies import proxy


def higher(path: str, body: bytes) -> bytes:
    """The reply of ``/metrics`` with every failure rate times 1.13."""
    if "/metrics" not in path:
        return body
    document = json.loads(body)
    for series in document["Series"]:
        for interval in series["Intervals"]:
            rate = interval["DeploymentFailureRate"]
            if rate["Rate"]:
                rate["Rate"] = rate["Failed"] / rate["Total"] * 1.13
    return json.dumps(document).encode()


@pytest.mark.slow
@pytest.mark.parametrize("headline", [{}, {"headline": "all"}], ids=["Production", "all"])
def test_rates_that_are_all_stated_higher(
    configure: Configure, run: Callable[..., Done], server: RunningServer, headline: dict[str, str]
) -> None:
    """Also where the edition is not split by the groups, of which page one speaks of one."""
    with mail_server() as postbox, proxy(server, higher) as url:
        config = configure(mail_port=postbox.port, splits=["Project"], **headline)
        done = run(config, "--url", url)
    assert done.status == 1

    root = config.parent / "reports"
    (path,) = root.glob("**/monthly-2026-09-summary.html")
    page: Any = parser.document_fromstring(path.read_text(encoding="utf-8"))
    [badge] = page.find_class("status")
    assert badge.text_content() == "Differs from Octopus"
    [heading, kind] = page.xpath("//div[@class='alarm']/p")
    assert heading.text_content().endswith(" figures differ: Failure rate.")

    assert "Octopus states 13\u00a0% above ours in all " in kind.text_content()
    [stated] = page.find_class("stated")
    rate = float(page.xpath("//li[.//p[@class='stated']]//b")[0].text_content().split("\u00a0")[0])
    said = float(stated.text_content().removeprefix("Octopus states ").split("\u00a0")[0])
    assert said == pytest.approx(rate * 1.13, abs=0.12)
    [appendix] = page.xpath("//*[@id='kinds-of-differences']//tbody/tr[1]/..")
    assert len(appendix) == 1

    message = message_from_bytes(postbox.received[0][1], policy=default)
    assert message["Subject"].count("Differs from Octopus") == 1
    assert message["Subject"].strip().startswith("Differs from Octopus: ")
    index = (root / "index.html").read_text(encoding="utf-8")
    assert '<span class="check bad">differs</span>' in index

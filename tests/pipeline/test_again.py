"""``deliveries --again``: one recipient, one destination, one file; and what is refused."""

import json
from email import message_from_bytes, policy

from tests.conftest import Command
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure
from tests.pipeline.test_run import Run

EDITION = ("--subscription", "monthly", "--period", "2026-09")


def test_what_was_sent_goes_out_once_more_when_the_edition_is_named(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        config = configure(mail_port=postbox.port, formats=["html", "pdf", "xlsx"])
        asked = ["--config", str(config)]
        assert run(config).status == 0
        assert len(postbox.received) == 2

        refused = command("deliveries", *asked, "--again", "A@example.com")
        assert refused.status == 2
        assert "--subscription and --period name the edition" in refused.err

        # One recipient.
        done = command("deliveries", *asked, "--again", "A@example.com", *EDITION)
        assert done.status == 0, done.err
        assert "a@example.com: owed again; the next run" in done.err
        assert run(config).status == 0
        first, _, again = [
            message_from_bytes(m, policy=policy.default) for _, m in postbox.received
        ]
        assert again["To"] == "a@example.com"
        assert again["Message-ID"] != first["Message-ID"]  # or servers would drop it
        assert attached(again) == attached(first)

        # One file, which the mail did not have before.
        (name,) = [each for each in files(command, asked) if each.endswith("summary.xlsx")]
        assert name not in attached(first)
        more = ["--again", "b@example.com", *EDITION, "--file", name]
        done = command("deliveries", *asked, *more)
        assert done.status == 0, done.err
        assert f"owed again, {name} alone" in done.err
        assert run(config).status == 0
        to, alone = postbox.received[-1]
        assert (len(postbox.received), to) == (4, "b@example.com")
        assert attached(message_from_bytes(alone, policy=policy.default)) == [name]

        assert run(config).status == 0
        assert len(postbox.received) == 4  # and not again

        # One destination: what was lost there is put back, nobody is mailed.
        (lost,) = (config.parent / "reports").rglob(name)
        lost.unlink()
        more = ["--again", "archive", *EDITION, "--file", name]
        assert command("deliveries", *asked, *more).status == 0
        assert run(config, "--period", "2026-08").status == 0  # carries out what is owed, too
        assert lost.is_file()
        assert len(postbox.received) == 6  # August's two alone


def test_what_cannot_be_owed_again_is_said(
    configure: Configure, run: Run, command: Command
) -> None:
    config = configure(formats=["html"])
    asked = ["deliveries", "--config", str(config), "--again"]
    assert run(config).status == 0
    for options, said in (
        (["archiv"], "Did you mean archive? There are: archive."),
        (["archive", "--file", "x.pdf"], "Name it by --subscription and --period"),
        (["archive", *EDITION, "--file", "monthly-2026-09-sumary.html"], "Did you mean monthly-"),
        (["archive", "--subscription", "monthly", "--period", "2026-07"], "Nothing was ever"),
    ):
        done = command(*asked, *options)
        assert done.status == 2
        assert said in done.err
        assert len(done.err.splitlines()) == 3


def attached(message: object) -> list[str]:
    return [str(part.get_filename()) for part in message.iter_attachments()]  # type: ignore[attr-defined]


def files(command: Command, asked: list[str]) -> list[str]:
    shown = json.loads(command("editions", "show", "monthly/2026-09", *asked, "--json").out)
    return [each["name"] for each in shown["files"]]

"""What a run of a flow may be asked for: the form on Prefect's page, and the check in the flow.

Whoever may start a run chooses among what the configuration has, and nothing else: no path, no host
and no recipient that it does not name. Prefect's own check can be switched off in a request, so the
flow makes it once more.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from insights_reports.config.delivery import Recipients
from insights_reports.config.file import refuse_unusable
from insights_reports.config.model import Config
from insights_reports.errors import UsageError
from insights_reports.owed.periods import periods_wanted

NOBODY = "nobody"
_PERIOD = r"^(last|(FY)?\d{4}(-Q[1-4])?|\d{4}-(0[1-9]|1[0-2])|\d{4}-W[0-5]\d)$"


class Request(BaseModel):
    """One edition: which, and whether it goes out. `request_model` narrows the texts down."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    subscription: str
    period: Annotated[
        str,
        Field(
            pattern=_PERIOD,
            description="`last` is the one that ended before the run's time; else 2026-10, "
            "2026-Q3, 2026-W44, 2026, FY2027-Q1 or FY2027, as the subscription has them",
        ),
    ] = "last"
    dry_run: Annotated[
        bool, Field(description="Make the edition and keep it with the run; deliver nothing")
    ] = False
    send_test_to: str = NOBODY
    note: Annotated[
        str, Field(max_length=200, description="Why; it is kept with the run and changes nothing")
    ] = ""

    @property
    def test_recipient(self) -> str | None:
        return None if self.send_test_to == NOBODY else self.send_test_to


def request_model(config: Config) -> type[Request]:
    """`Request` with the subscriptions of ``config`` and its recipients as the only choices."""
    names = StrEnum("Subscription", {name: name for name in config.subscriptions})  # type: ignore[misc]
    to: Any = Literal[(NOBODY, *_recipients(config))]
    test = Field(
        default=NOBODY,
        description="Mail the summary to this address alone, for a look; nothing else is "
        "delivered, and no ledger remembers it",
    )
    return create_model(
        "Request",
        __base__=Request,
        __doc__="What the run shall make.",
        subscription=(names, Field(description="As the configuration calls it")),
        send_test_to=(to, test),
    )


def checked(config: Config, model: type[Request], given: object, instant: datetime) -> Request:
    """``given``, a request or its fields, checked again for a run that speaks for ``instant``.

    Raises:
        UsageError: when it asks for anything that it may not, or a period that is none of the
            subscription's or has not begun.
        ConfigError: when its subscription has mistakes.
    """
    fields = (
        given.model_dump(mode="json", warnings=False) if isinstance(given, BaseModel) else given
    )
    asked = fields.get("subscription") if isinstance(fields, dict) else None
    refuse_unusable(config, str(asked))
    try:
        request = model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "request"
        raise UsageError(
            "The run cannot be asked for this.",
            f"{where}: {first['msg'].removeprefix('Value error, ')}",
            "The form on Prefect's page has what can be chosen.",
        ) from None
    periods_wanted(request.period, config.subscriptions[request.subscription], instant)
    return request


def _recipients(config: Config) -> list[str]:
    """Everybody whom the configuration mails to, once each."""
    mailings = (entry for entry in config.destinations.values() if isinstance(entry, Recipients))
    return list(dict.fromkeys(address for mailing in mailings for address in mailing.to))

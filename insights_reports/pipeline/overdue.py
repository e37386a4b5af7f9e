"""Telling the operators of what is overdue, and of subscriptions of which nothing can be made: once
when it becomes so, and once when it is not any more."""

import json
from collections.abc import Iterator
from datetime import datetime

from insights_reports.config.model import Config
from insights_reports.delivery.notices import Notice, NoticeKind
from insights_reports.owed.standing import Overview, Standing
from insights_reports.pipeline.notices import send_notice
from insights_reports.pipeline.state import state_of
from insights_reports.whole import whole

FILE = "overdue.json"
"""Of what the operators were told, in the state: the names of periods that were overdue, and of
subscriptions that could not be used."""

_UNUSABLE = (
    "Nothing of this subscription is made while its configuration has mistakes:",
    "insights-reports check shows all of them. The others go on.",
)


def tell_overdue(config: Config, overview: Overview, now: datetime) -> None:
    """Tell what has become overdue since the last call, and what is not any more.

    Raises:
        OSError: when what was told cannot be remembered; nothing is told then.
    """
    if config.notify is None or "overdue" not in config.notify.on:
        return
    path = state_of(config) / FILE
    told = set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()
    every = {_name(each): each for stands in overview.standings.values() for each in stands}
    overdue = {name for name, each in every.items() if each.is_overdue(now)} | {*overview.unusable}
    if overdue == told:
        return
    with whole(path, private=True) as part:
        part.write_text(json.dumps(sorted(overdue), indent=1), encoding="utf-8")
    for name in sorted(overdue - told):
        if name in every:
            send_notice(config, _notice(NoticeKind.OVERDUE, every[name], now))
        else:
            why = (*_UNUSABLE, f"Why: {overview.unusable[name]}")
            send_notice(config, _notice_of_all(NoticeKind.OVERDUE, name, why, now))
    if "recovered" in config.notify.on:
        for name in sorted(told - overdue):
            if name in every:
                send_notice(config, _notice(NoticeKind.RECOVERED, every[name], now))
            elif name in overview.standings:
                again = ("The configuration of this subscription can be used again.",)
                send_notice(config, _notice_of_all(NoticeKind.RECOVERED, name, again, now))


def _name(stands: Standing) -> str:
    return f"{stands.subscription}/{stands.period}"


def _notice(kind: NoticeKind, stands: Standing, now: datetime) -> Notice:
    mark = f"{kind}-{now.isoformat()}"
    return Notice(kind, stands.subscription, stands.period, mark, tuple(_lines(kind, stands)))


def _notice_of_all(kind: NoticeKind, name: str, lines: tuple[str, ...], now: datetime) -> Notice:
    return Notice(kind, name, "(all periods)", f"{kind}-{now.isoformat()}", lines)


def _lines(kind: NoticeKind, stands: Standing) -> Iterator[str]:
    yield f"Due {stands.due.at:%Y-%m-%d %H:%M %Z}; it is {stands.stand}."
    if stands.edition:
        yield f"Delivered: {stands.delivered} of {stands.of}."
    if stands.why:
        yield f"Why: {stands.why}"
    if kind is NoticeKind.OVERDUE:
        yield ""
        yield "insights-reports status shows all; what is owed is tried again by itself:"
        yield f"by hand: insights-reports run {stands.subscription} --period {stands.period}"

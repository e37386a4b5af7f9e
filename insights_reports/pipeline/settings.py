"""From the configuration to the settings of an edition."""

import base64
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import get_args

from PIL import Image, UnidentifiedImageError

from insights_reports.config.calendar import holiday_dates
from insights_reports.config.judging import Aims, Weekday
from insights_reports.config.model import Config, Subscription
from insights_reports.edition import Settings
from insights_reports.edition.document import Brand
from insights_reports.edition.settings import Dated, OwnBands, SliceTargets
from insights_reports.edition.values import Metric, Name
from insights_reports.errors import ConfigError
from insights_reports.formats.html.templates import REPLACEABLE
from insights_reports.judgement import Calendar
from insights_reports.metrics import Conventions
from insights_reports.pipeline.calendars import calendar_of
from insights_reports.spelling.terms import TICKS_PER_SECOND

LARGEST_LOGO = 4_000_000  # pixels
_YEARS = 11  # that the longest past of an edition may reach back: forty quarters, and more
_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_HOUR = 3600 * TICKS_PER_SECOND
_DAY = timedelta(days=1)
_LOGO_BOX = (600, 240)  # pixels; it is printed about 50 mm wide


def conventions_of(subscription: Subscription) -> Conventions:
    """The conventions that a subscription asks its figures to follow."""
    return Conventions(
        week_start=subscription.week_start,
        count_as_failed=frozenset(subscription.count_as_failed),
    )


def settings_of(config: Config, name: str, tag_sets: tuple[str, ...], as_of: datetime) -> Settings:
    """The settings of an edition of subscription ``name`` (or of a slice of one, which is not split
    again by what it is cut by), split by ``tag_sets`` (ids), whose data end ``as_of``.

    Raises:
        KeyError: when there is no such subscription.
    """
    subscription = config.find(name)
    if subscription is None:
        raise KeyError(name)
    by = subscription.slices.by if subscription.slices and config.slice_of(name) else None
    calendar = calendar_of(config, subscription)
    return Settings(
        subscription=name,
        splits=tuple(split for split in subscription.splits if split != by),
        tag_sets=tag_sets,
        layout=subscription.layout,
        language=subscription.language,
        paper=subscription.paper,
        brand=_brand(config),
        targets=_targets(subscription.targets),
        slice_targets=tuple(
            SliceTargets(*aims.slice, _targets(aims)) for aims in subscription.targets.slices
        ),
        bands=subscription.bands,
        custom_bands=_custom_bands(config) if subscription.bands == "custom" else None,
        top=subscription.top,
        conventions=conventions_of(subscription),
        hotfix_patterns=subscription.hotfix_patterns,
        limit=subscription.cross_check.limit,
        headline=_headline(subscription),
        calendar=_open_days(subscription, as_of),
        dated=tuple(_dated(subscription)),
        rules=subscription.rules,
        next_edition=next(calendar.upcoming(as_of)).at.date() if calendar else None,
    )


def appearance_of(config: Config, subscription: Subscription) -> tuple[str, ...]:
    """What decides on how an edition looks and stands in no document: the formats, and the
    company's own templates by their content."""
    if config.templates is None:
        return tuple(sorted(subscription.formats))
    folder = config.resolve(config.templates)
    own = [folder / name for name in sorted(REPLACEABLE) if (folder / name).is_file()]
    hashes = (f"{path.name} {sha256(path.read_bytes()).hexdigest()}" for path in own)
    return (*sorted(subscription.formats), *hashes)


def _headline(subscription: Subscription) -> str | None:
    chosen = subscription.headline
    return chosen if chosen is None or isinstance(chosen, str) else chosen.EnvironmentGroup


def _open_days(subscription: Subscription, as_of: datetime) -> Calendar | None:
    """Working days and freezes of the years that an edition looks at."""
    days = subscription.calendar
    if days is None:
        return None
    holidays = frozenset(days.holidays)
    if days.country is not None:
        years = range(as_of.year - _YEARS, as_of.year + 2)
        holidays |= holiday_dates(days.country, days.region, years)
    return Calendar(
        weekend=frozenset(_WEEKDAYS.index(day) for day in days.weekend),
        holidays=holidays,
        freezes=tuple((each.start, each.end + _DAY) for each in days.freezes),
    )


def _dated(subscription: Subscription) -> Iterator[Dated]:
    days = subscription.calendar
    if days is not None:
        for freeze in days.freezes:
            yield Dated(freeze.start, freeze.end + _DAY, Name(freeze.name), freeze=True)
        for note in days.notes:
            yield Dated(note.start, (note.end or note.start) + _DAY, Name(note.text))


def _custom_bands(config: Config) -> OwnBands | None:
    bands = config.custom_bands
    if bands is None:
        return None
    given = {
        Metric.DEPLOYMENT_FREQUENCY: (bands.deployments_per_week, 1),
        Metric.LEAD_TIME: (bands.lead_time_hours, _HOUR),
        Metric.TIME_TO_RECOVERY: (bands.recovery_time_hours, _HOUR),
        Metric.FAILURE_RATE: (bands.failure_rate, 1),
    }
    limits = {
        metric: tuple(limit * unit for limit in some)
        for metric, (some, unit) in given.items()
        if some
    }
    return OwnBands(bands.name, bands.date, bands.source, limits)


def _targets(aims: Aims) -> dict[Metric, float]:
    chosen = {
        Metric.DEPLOYMENT_FREQUENCY: aims.deployments_per_week,
        Metric.LEAD_TIME: aims.lead_time_hours and aims.lead_time_hours * _HOUR,
        Metric.TIME_TO_RECOVERY: aims.recovery_time_hours and aims.recovery_time_hours * _HOUR,
        Metric.FAILURE_RATE: aims.failure_rate,
    }
    return {metric: value for metric, value in chosen.items() if value is not None}


def _brand(config: Config) -> Brand:
    company = config.company
    return Brand(
        company=company.name,
        logo=logo_of(config),
        accent=company.accent,
        footer=company.footer,
        contact=company.contact,
    )


def logo_of(config: Config) -> str:
    """The logo decoded and encoded again as a small PNG, so that nothing else in it survives; ""
    where there is none.

    Raises:
        ConfigError: when it cannot be used.
    """
    if config.company.logo is None:
        return ""
    path = config.resolve(config.company.logo)
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > LARGEST_LOGO:
                raise ValueError(f"it has more than {LARGEST_LOGO:,} pixels")
            image.thumbnail(_LOGO_BOX)
            target = io.BytesIO()
            image.convert("RGBA").save(target, "PNG")
    except UnidentifiedImageError:
        raise _unusable(path, "it is no PNG or JPEG") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or error) from None
    return base64.b64encode(target.getvalue()).decode()


def _unusable(logo: Path, reason: object) -> ConfigError:
    problem = f"company.logo: {logo}: {reason}"
    return ConfigError("The logo cannot be used.", (problem,), "Give a PNG or JPEG.")

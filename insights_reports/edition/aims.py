"""Which slices of a split have targets of their own."""

from collections.abc import Iterator

from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.settings import SliceTargets
from insights_reports.edition.values import Metric


def aims(facts: Facts, slices: Slices) -> Iterator[tuple[SliceTargets, tuple[int, ...]]]:
    """The targets of slices of this split, as they were given, each with the series that it is
    meant for: none where nothing of it was deployed."""
    for wanted in facts.settings.slice_targets:
        if wanted.split == slices.split and _in_set(wanted, facts, slices):
            yield wanted, tuple(at for at in range(len(slices)) if _is(wanted, slices, at))


def own_targets(facts: Facts, slices: Slices) -> dict[int, dict[Metric, float]]:
    """The targets of the series that have some."""
    return {at: wanted.targets for wanted, series in aims(facts, slices) for at in series}


def targets_of(facts: Facts, slices: Slices, series: int) -> dict[Metric, float]:
    """The targets that a series is drawn with: its own, or else those of the whole."""
    return facts.settings.targets | own_targets(facts, slices).get(series, {})


def _in_set(wanted: SliceTargets, facts: Facts, slices: Slices) -> bool:
    if slices.tag_set is None:
        return True
    name = facts.inputs.lookups.tag_sets.get(slices.tag_set, "")
    return wanted.slice.casefold().startswith(f"{name.casefold()}/")


def _is(wanted: SliceTargets, slices: Slices, series: int) -> bool:
    if slices.tag_set is not None:  # tags are one whatever their case, as in Octopus
        return slices.keys[series].casefold() == wanted.slice.casefold()
    key, name = slices.keys[series], slices.names[series] or ""
    return wanted.slice in (key, name, name.removesuffix(f" ({key})"))

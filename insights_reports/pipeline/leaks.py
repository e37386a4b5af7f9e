"""The leak test of a slice's edition, before anything of it is sent."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from insights_reports.delivery import MailNotes
from insights_reports.delivery.leaks.leaks import Guard, Leak, index_of
from insights_reports.delivery.leaks.squeeze import Index
from insights_reports.delivery.leaks.texts import require_pdf
from insights_reports.formats.data.documents import json_schema
from insights_reports.formats.data.figures import dictionary
from insights_reports.pipeline.compute import Whole
from insights_reports.pipeline.data import data_paths
from insights_reports.pipeline.deliver import compose_mail, edition_of, lone_index
from insights_reports.pipeline.load import Pulled
from insights_reports.pipeline.remember import KnownDeployments
from insights_reports.pipeline.runs import Run

_DEPLOYMENTS = ("deployment_id", "previous_successful_id", "recovered_from_id")
_SAID = 20  # names on a line of the log
_THINGS = ("project", "channel", "environment", "tenant")


class Watch:
    """The leak test of all slices of a pull, in these formats: its names are indexed once.

    Raises:
        ConfigError: when what reads a format is not installed.
    """

    def __init__(self, whole: Whole, formats: Collection[str]) -> None:
        if "pdf" in formats:
            require_pdf()
        self._whole = whole
        self._everything = names_of(whole.pulled, whole.known)
        self._of_all = (dictionary(), json_schema())  # the same files in every edition
        self._index: Index = index_of(self._everything, (each.decode() for each in self._of_all))

    def leaks(self, run: Run, files: Sequence[Path]) -> list[Leak]:
        """What stands in the edition of a slice that is not its own: its documents first, then its
        ``files`` and data, its mail and its entry in the index; the first of each."""
        guard = self._guard(run)
        if untold := sorted(self._index.untestable - guard.own):
            more = f" and {len(untold) - _SAID} more" if len(untold) > _SAID else ""
            said = ", ".join(map(repr, untold[:_SAID]))
            run.log(f"leak test: not testable in text, left to the typed documents: {said}{more}")
        found = [next(each, None) for each in self._looks(run, guard, files)]
        return [leak for leak in found if leak is not None]

    def _guard(self, run: Run) -> Guard:
        pulled, known = self._whole.part_of(run)
        shared = _shared(run, pulled)
        own = names_of(pulled, known) | shared
        ids = (known.deployments[column].dropna() for column in _DEPLOYMENTS)
        mine = frozenset(id for column in ids for id in column)
        return Guard(self._everything, self._index, own, mine, Index(shared, frozenset()))

    def _looks(self, run: Run, guard: Guard, files: Sequence[Path]) -> Iterator[Iterator[Leak]]:
        for path in sorted(run.documents.iterdir()):
            yield guard.in_document(path.name, path.read_bytes())
        for path in (*files, *data_paths(run)):
            if (content := path.read_bytes()) not in self._of_all:
                yield guard.in_file(path.name, content)
            yield guard.in_text(path.name, "its name", path.stem)
        edition = edition_of(run)
        mail = compose_mail(run, MailNotes(edition.files, (), ()))
        yield guard.in_text("the mail", "its subject", mail.subject)
        yield guard.in_text("the mail", "its text", mail.text)
        yield guard.in_file("the mail.html", mail.html.encode())
        yield guard.in_file("index.html", lone_index(run, edition))


def names_of(pulled: Pulled, known: KnownDeployments) -> frozenset[str]:
    """Every name and id of what was pulled: projects, their groups, channels, environments and
    their groups, tenants and their tags."""
    lookups = pulled.lookups
    found: set[str | None] = {*lookups.project_group_names, *lookups.project_group_names.values()}
    found |= {name for name, _ in lookups.environment_groups}
    for tags in lookups.tenant_tags.values():
        found.update(part for tag in tags for part in (tag, tag.partition("/")[2]))
    for table in (pulled.deployments.table, known.deployments):
        for thing in _THINGS:
            for part in ("id", "name"):
                found.update(table[f"{thing}_{part}"].dropna().unique())
    return frozenset(name for name in found if name)


def _shared(run: Run, pulled: Pulled) -> frozenset[str]:
    """What every slice may know: the report, its zone, the company, the space, the names of tag
    sets."""
    company, definition = run.config.company, pulled.definition
    return frozenset(
        (
            *(definition.Name, definition.TimeZone, pulled.zone.key, pulled.url),
            *(pulled.account.Username, pulled.space.Name),
            *(company.name, company.footer, company.contact, run.slice or ""),
            run.subscription_name,
            *pulled.lookups.tag_sets.values(),
        )
    )

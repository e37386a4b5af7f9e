"""Whose numbers an edition shows, for when, made when and by what."""

from insights_reports.edition.document import Document
from insights_reports.edition.values import Name
from insights_reports.formats.words.words import Words


def identity_facts(words: Words, document: Document) -> list[tuple[str, str]]:
    """(label, text) of each fact that is known."""
    identity = document.identity
    zone = words.text(
        "label.zone_both", zone=Name(identity.zone), stated=Name(identity.stated_zone)
    )
    facts = [
        (words.text(f"label.{label}"), text)
        for label, text in (
            ("report", words.name(identity.report)),
            ("scope", words.phrase(identity.scope)),
            ("dates", words.dates(identity.period)),
            ("zone", zone),
            ("status", words.status(identity)),
            ("generated", words.instant(identity.generated)),
            ("as_of", words.instant(identity.as_of)),
            ("trigger", words.trigger(identity)),
            ("account", words.name(identity.account)),
            ("server", words.name(Name(identity.server))),
            ("space", words.name(identity.space)),
            ("subscription", words.name(Name(identity.subscription))),
            ("granularity", words.text(f"granularity.{identity.granularity}")),
            ("formula", words.name(Name(document.formula_version))),
            ("contact", document.brand.contact),
        )
    ]
    return [(label, text) for label, text in facts if text]

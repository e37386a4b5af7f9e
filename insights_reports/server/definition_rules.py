"""What a report definition may say, as the laxest known server takes it and as the strictest does.

Octopus's page "Insights Reports API" calls most fields optional; the reference that is generated
from the server requires them (https://octopus.com/docs/api, Insights). Without strictness the space
and the id are those of the path, and null stands for absent.
"""

from typing import Any

from insights_reports.server import ids, zones
from insights_reports.server.access import SpaceVisit
from insights_reports.server.problems import Problem

Document = dict[str, Any]
TENANT_MODES = ("TenantedAndUntenanted", "Tenanted", "Untenanted")
LONGEST_NAME = 200
_LISTS = ("ProjectGroupIds", "ProjectIds", "ChannelIds", "TenantIds", "TenantTags")
_TEXTS = ("Description", "IconId", "IconColor")
_OPTIONAL = (*_LISTS, *_TEXTS, "EnvironmentGroups", "AllTenants", "TenantMode", "TimeZone")
_TO_CREATE = ("SpaceId", "Name", *_LISTS, "EnvironmentGroups", "TimeZone")
_TO_UPDATE = (*_TO_CREATE, "Id", "AllTenants", "TenantMode")
# The server's, never taken from what is sent.
_OWN_FIELDS = ("Id", "SpaceId", "Links", "LastModifiedBy", "LastModifiedOn")


def accepted(visit: SpaceVisit, document: Document, report_id: str | None = None) -> Document:
    """The document without the server's own fields. Raises Problem with everything wrong in it.

    `report_id` is that of the report that it replaces.
    """
    known = {k: v for k, v in document.items() if v is not None or k not in _OPTIONAL}
    errors = [
        *_missing(visit, known, _TO_UPDATE if report_id else _TO_CREATE),
        *own_errors("SpaceId", "the space", document, f"Spaces-{visit.space_id}"),
        *(own_errors("Id", "the report", document, report_id) if report_id else ()),
        *_name_errors(known),
        *(error for key in _LISTS for error in _text_list_errors(known, key)),
        *_group_errors(known),
        *_choice_errors(known),
    ]
    if errors:
        raise Problem(*errors)
    return {key: _spelled(key, value) for key, value in known.items() if key not in _OWN_FIELDS}


def own_errors(key: str, what: str, document: Document, own: str) -> list[str]:
    """What is wrong with an id in a body that the path names too; absent is as in the path."""
    sent = document.get(key)
    prefix, _, number = own.partition("-")
    if sent is None or (isinstance(sent, str) and ids.number(prefix, sent) == int(number)):
        return []
    return [f"The {key} '{sent}' is not that of {what} '{own}'."]


def _missing(visit: SpaceVisit, document: Document, required: tuple[str, ...]) -> list[str]:
    if not visit.site.strict:
        return []
    return [
        f"The {key} field is required."
        for key in required
        if document.get(key) is None and key != "Name"
    ]


def _spelled(key: str, value: Any) -> Any:
    """Enumerations as Octopus prints them, whatever the case they were sent in."""
    return _mode(value) if key == "TenantMode" else value


def _mode(value: Any) -> str | None:
    found = {mode.casefold(): mode for mode in TENANT_MODES}
    return found.get(value.casefold()) if isinstance(value, str) else None


def _name_errors(document: Document) -> list[str]:
    errors = []
    name = document.get("Name")
    if not isinstance(name, str) or not name.strip():
        errors.append("Please provide a value for the Name.")
    elif len(name) > LONGEST_NAME:
        errors.append(f"The Name may not be longer than {LONGEST_NAME} characters.")
    for key in _TEXTS:
        if not isinstance(document.get(key), str | None):
            errors.append(f"The {key} must be a text.")
    return errors


def _text_list_errors(document: Document, key: str) -> list[str]:
    value = document.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return []
    return [f"The {key} must be an array of texts."]


def _group_errors(document: Document) -> list[str]:
    groups = document.get("EnvironmentGroups", [])
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return ["The EnvironmentGroups must be an array of objects."]
    errors, seen = [], set()
    for group in groups:
        name = group.get("Name")
        if not isinstance(name, str) or not name.strip():
            errors.append("Please provide a value for the Name of each environment group.")
        elif name.casefold() in seen:
            errors.append(f"The environment group name '{name}' must be unique within the report.")
        else:
            seen.add(name.casefold())
        if "Environments" not in group:
            errors.append("The Environments field of each environment group is required.")
        errors += _text_list_errors(group, "Environments")
    return errors


def _choice_errors(document: Document) -> list[str]:
    errors = []
    mode = document.get("TenantMode", TENANT_MODES[0])
    if _mode(mode) is None:
        errors.append(f"The TenantMode '{mode}' must be one of {', '.join(TENANT_MODES)}.")
    if not isinstance(document.get("AllTenants", False), bool):
        errors.append("The AllTenants must be true or false.")
    zone = document.get("TimeZone", "UTC")
    if not isinstance(zone, str) or zones.zone(zone) is None:
        errors.append(f"The TimeZone '{zone}' is not a known Windows or IANA time zone.")
    return errors

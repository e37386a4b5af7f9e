"""Projects, project groups, environments, tenants, tag sets and channels: lists, `/all`, by id."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from insights_reports.server import ids, wire
from insights_reports.server.access import InSpace
from insights_reports.server.paging import Paged, envelope
from insights_reports.server.resources import (
    CHANNELS,
    KINDS,
    PROJECT_GROUPS,
    PROJECTS,
    Filters,
    Kind,
)
from insights_reports.server.routes import answer, ok

router = APIRouter(prefix="/api/{spaceId}", tags=["Look-ups"])


class Asked:
    """The filters of a request for any kind of document."""

    def __init__(
        self,
        ids_: Annotated[list[str] | None, Query(alias="ids")] = None,
        partial_name: Annotated[str, Query(alias="partialName")] = "",
        name: Annotated[str, Query()] = "",
    ) -> None:
        chosen = None if ids_ is None else ids.split_list(ids_)
        self.filters = Filters(ids=chosen, partial_name=partial_name, name=name)
        named = {"partialName": partial_name, "name": name}
        self.query = {key: value for key, value in named.items() if value}
        if chosen is not None:
            self.query["ids"] = ",".join(chosen)


def of_tenants(
    asked: Annotated[Asked, Depends()],
    tags: Annotated[str, Query(description="Canonical names, comma-joined")] = "",
    project: Annotated[str, Query(alias="projectId")] = "",
    is_disabled: Annotated[bool | None, Query(alias="isDisabled")] = None,
) -> Asked:
    """The filters of tenants: those with the tags, any within a set and every set mentioned."""
    wanted = [tag.strip() for tag in tags.split(",") if tag.strip()]
    connected = (ids.number("Projects", project) or 0) if project else None
    asked.filters = replace(
        asked.filters, tags=wanted or None, connected_to=connected, nothing=bool(is_disabled)
    )
    asked.query |= {k: v for k, v in (("tags", tags), ("projectId", project)) if v}
    return asked


def of_environments(
    asked: Annotated[Asked, Depends()],
    types: Annotated[list[str] | None, Query(alias="type")] = None,
) -> Asked:
    """The filters of environments, all of which are static here."""
    wanted = {each.casefold() for each in ids.split_list(types)}
    asked.filters = replace(asked.filters, nothing=bool(wanted) and "static" not in wanted)
    asked.query |= {"type": ",".join(types)} if types else {}
    return asked


_ASKED: dict[str, Callable[..., Asked]] = {"tenants": of_tenants, "environments": of_environments}


def _add(kind: Kind) -> None:
    template = "{?skip,take,ids,partialName,name}"
    filtered = Depends(_ASKED.get(kind.segment, Asked))

    def list_some(visit: InSpace, page: Paged, asked: Asked = filtered) -> Response:
        return answer(
            envelope(
                kind.item_type,
                kind.find(visit, asked.filters),
                page,
                path=f"{visit.base}/{kind.segment}",
                template=template,
                filters=asked.query,
                document=lambda found: found,
            )
        )

    def list_all(visit: InSpace, asked: Asked = filtered) -> Response:
        return answer(kind.find(visit, asked.filters))

    def get_one(visit: InSpace, id: str) -> Response:
        return answer(kind.get(visit, id))

    path = f"/{kind.segment}"
    title = f"{kind.item_type} documents"
    router.get(path, summary=f"A page of {title}", responses=ok(wire.ResourcePage))(list_some)
    router.get(f"{path}/all", summary=f"All {title}", responses=ok(list[wire.Resource]))(list_all)
    router.get(f"{path}/{{id}}", summary=f"One of the {title}", responses=ok(wire.Resource))(
        get_one
    )


for _kind in KINDS:
    _add(_kind)


@router.get("/projects/{id}/channels", responses=ok(wire.ResourcePage))
def channels_of_project(
    visit: InSpace,
    id: str,
    page: Paged,
    partial_name: Annotated[str, Query(alias="partialName")] = "",
) -> Response:
    """The channels of a project; exactly one is the default."""
    project = PROJECTS.get(visit, id)
    number = ids.number("Projects", project["Id"])
    filters = Filters(project=number, partial_name=partial_name)
    return answer(_nested(visit, CHANNELS, filters, page, f"projects/{project['Id']}/channels"))


@router.get("/projectgroups/{id}/projects", responses=ok(wire.ResourcePage))
def projects_of_group(
    visit: InSpace,
    id: str,
    page: Paged,
    partial_name: Annotated[str, Query(alias="partialName")] = "",
) -> Response:
    """The projects of a project group."""
    group = PROJECT_GROUPS.get(visit, id)
    number = ids.number("ProjectGroups", group["Id"])
    path = f"projectgroups/{group['Id']}/projects"
    return answer(
        _nested(
            visit, PROJECTS, Filters(project_group=number, partial_name=partial_name), page, path
        )
    )


def _nested(visit: InSpace, kind: Kind, filters: Filters, page: Paged, path: str) -> dict[str, Any]:
    return envelope(
        kind.item_type,
        kind.find(visit, filters),
        page,
        path=f"{visit.base}/{path}",
        template="{?skip,take,partialName}",
        filters={"partialName": filters.partial_name} if filters.partial_name else {},
        document=lambda found: found,
    )

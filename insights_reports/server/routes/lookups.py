"""Projects, project groups, environments, tenants, tag sets and channels: lists, `/all`, by id."""

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
    """The filters of a request."""

    def __init__(
        self,
        ids_: Annotated[list[str] | None, Query(alias="ids")] = None,
        partial_name: Annotated[str, Query(alias="partialName")] = "",
        name: Annotated[str, Query()] = "",
    ) -> None:
        chosen = None if ids_ is None else ids.split_list(ids_)
        self.filters = Filters(ids=chosen, partial_name=partial_name, name=name)

    @property
    def query(self) -> dict[str, str]:
        """The filters as they stand in links."""
        named = {"partialName": self.filters.partial_name, "name": self.filters.name}
        shown = {key: value for key, value in named.items() if value}
        if self.filters.ids is not None:
            shown["ids"] = ",".join(self.filters.ids)
        return shown


Filtered = Annotated[Asked, Depends(Asked)]


def _add(kind: Kind) -> None:
    template = "{?skip,take,ids,partialName,name}"

    def list_some(visit: InSpace, page: Paged, asked: Filtered) -> Response:
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

    def list_all(visit: InSpace, asked: Filtered) -> Response:
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
def channels_of_project(visit: InSpace, id: str, page: Paged) -> Response:
    """The channels of a project; exactly one is the default."""
    project = PROJECTS.get(visit, id)
    number = ids.number("Projects", project["Id"])
    return answer(
        _nested(
            visit, CHANNELS, Filters(project=number), page, f"projects/{project['Id']}/channels"
        )
    )


@router.get("/projectgroups/{id}/projects", responses=ok(wire.ResourcePage))
def projects_of_group(visit: InSpace, id: str, page: Paged) -> Response:
    """The projects of a project group."""
    group = PROJECT_GROUPS.get(visit, id)
    number = ids.number("ProjectGroups", group["Id"])
    path = f"projectgroups/{group['Id']}/projects"
    return answer(_nested(visit, PROJECTS, Filters(project_group=number), page, path))


def _nested(visit: InSpace, kind: Kind, filters: Filters, page: Paged, path: str) -> dict[str, Any]:
    return envelope(
        kind.item_type,
        kind.find(visit, filters),
        page,
        path=f"{visit.base}/{path}",
        template="{?skip,take}",
        filters={},
        document=lambda found: found,
    )

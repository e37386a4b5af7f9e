"""What clients ask for around deployments. Of some kinds of documents this server has none."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from insights_reports.server import ids, wire
from insights_reports.server.access import InSpace
from insights_reports.server.listings import TASKS
from insights_reports.server.paging import Paged, envelope
from insights_reports.server.problems import Missing
from insights_reports.server.resources import ENVIRONMENTS, TENANTS, Document, Filters
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.conditions import Many
from insights_reports.server.routes.lookups import Asked, of_environments

router = APIRouter(prefix="/api/{spaceId}", tags=["Around deployments"])
_LIFECYCLE = "Lifecycles-1"
_NONE = {"machines": "DeploymentTarget", "packages": "Package", "runbookruns": "RunbookRun"}


@router.get("/environments/v2", responses=ok(wire.ResourcePage))
def environments_v2(
    visit: InSpace, page: Paged, asked: Annotated[Asked, Depends(of_environments)]
) -> Response:
    """Environments with their type."""
    return answer(
        envelope(
            ENVIRONMENTS.item_type,
            [each | {"Type": "Static"} for each in ENVIRONMENTS.find(visit, asked.filters)],
            page,
            path=f"{visit.base}/environments/v2",
            template="{?name,skip,ids,take,partialName,type}",
            filters=asked.query,
            document=lambda found: found,
        )
    )


@router.get("/tenants/tag-test", responses=ok(dict[str, Any]))
def tag_test(
    visit: InSpace,
    tenant_ids: Annotated[Many, Query(alias="tenantIds")] = None,
    tags: Many = None,
) -> Response:
    """Whether tenants match tags: any tag within a set, every set that is mentioned."""
    wanted = ids.split_list(tags)
    chosen = Filters(ids=None if tenant_ids is None else ids.split_list(tenant_ids))
    return answer(
        {each["Id"]: _tested(each["TenantTags"], wanted) for each in TENANTS.find(visit, chosen)}
    )


def _tested(own: list[str], wanted: list[str]) -> Document:
    has = {tag.casefold() for tag in own}
    sets = {tag.partition("/")[0].casefold() for tag in wanted if tag.casefold() in has}
    missing = [tag for tag in wanted if tag.partition("/")[0].casefold() not in sets]
    reason = f"The tenant has none of {', '.join(missing)}." if missing else "All tags match."
    return {"IsMatched": not missing, "Reason": reason, "MissingTags": missing}


@router.get("/tasks/{id}/details", responses=ok(dict[str, Any]))
def task_details(visit: InSpace, id: str) -> Response:
    """A task and its log, of which nothing is kept here."""
    task = TASKS.get(visit, id)
    return answer(
        {
            "Task": task,
            "ActivityLogs": [],
            "PhysicalLogSize": 0,
            "Progress": {"ProgressPercentage": 100, "EstimatedTimeRemaining": ""},
            "Links": {"Self": f"{task['Links']['Self']}/details"},
        }
    )


@router.get("/lifecycles", responses=ok(wire.ResourcePage))
def lifecycles(visit: InSpace, page: Paged) -> Response:
    """The one lifecycle that every project has."""
    return answer(_page(visit, "lifecycles", "Lifecycle", [_lifecycle(visit)], page))


@router.get("/lifecycles/all", responses=ok(list[wire.Resource]))
def all_lifecycles(visit: InSpace) -> Response:
    """The same without an envelope."""
    return answer([_lifecycle(visit)])


@router.get("/lifecycles/{id}", responses=ok(wire.Resource))
def get_lifecycle(visit: InSpace, id: str) -> Response:
    """One lifecycle."""
    if id.casefold() != _LIFECYCLE.casefold():
        raise Missing(id)
    return answer(_lifecycle(visit))


def _lifecycle(visit: InSpace) -> Document:
    """Every environment is a phase, in order; nothing is ever thrown away."""
    forever = {"Unit": "Items", "QuantityToKeep": 0, "ShouldKeepForever": True}
    return {
        "Id": _LIFECYCLE,
        "SpaceId": f"Spaces-{visit.space_id}",
        "Name": "Default Lifecycle",
        "Slug": "default-lifecycle",
        "Description": "",
        "ReleaseRetentionPolicy": forever,
        "TentacleRetentionPolicy": forever,
        "Phases": [
            {
                "Id": f"{each['Id']}-phase",
                "Name": each["Name"],
                "AutomaticDeploymentTargets": [],
                "OptionalDeploymentTargets": [each["Id"]],
                "MinimumEnvironmentsBeforePromotion": 0,
                "IsOptionalPhase": False,
                "IsPriorityPhase": False,
            }
            for each in ENVIRONMENTS.find(visit, Filters())
        ],
        "Links": {"Self": f"{visit.base}/lifecycles/{_LIFECYCLE}"},
    }


def _add_empty(segment: str, item_type: str) -> None:
    def none(visit: InSpace, page: Paged) -> Response:
        return answer(_page(visit, segment, item_type, [], page))

    title = f"{item_type} documents, of which this server has none"
    router.get(f"/{segment}", summary=title, responses=ok(wire.ResourcePage))(none)


for _segment, _item_type in _NONE.items():
    _add_empty(_segment, _item_type)


@router.get("/machines/all", responses=ok(list[wire.Resource]))
def all_machines(visit: InSpace) -> Response:
    """Deployment targets, of which this server has none."""
    return answer([])


def _page(
    visit: InSpace, segment: str, item_type: str, items: list[Document], page: Paged
) -> Document:
    return envelope(
        item_type,
        items,
        page,
        path=f"{visit.base}/{segment}",
        template="{?skip,take}",
        filters={},
        document=lambda found: found,
    )

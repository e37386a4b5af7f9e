"""Subscriptions to events (https://octopus.com/docs/api, Subscriptions)."""

import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from insights_reports.server import ids, subscriptions, wire
from insights_reports.server.access import InSpace
from insights_reports.server.paging import Paged, envelope
from insights_reports.server.routes import answer, ok
from insights_reports.server.routes.bodies import Sent
from insights_reports.server.routes.conditions import Ids, shown

router = APIRouter(prefix="/api/{spaceId}/subscriptions", tags=["Subscriptions"])
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {
    "type": "object", "required": ["Name", "EventNotificationSubscription"]}}}}}  # fmt: skip


def _found(visit: InSpace, id: str) -> sqlite3.Row:
    subscriptions.require(visit, "SubscriptionView")
    return subscriptions.find(visit, id)


Subscribed = Annotated[sqlite3.Row, Depends(_found)]


@router.get("", responses=ok(wire.ResourcePage))
def list_subscriptions(
    visit: InSpace,
    page: Paged,
    ids_: Ids = None,
    partial_name: Annotated[str, Query(alias="partialName")] = "",
) -> Response:
    """A page of the subscriptions of a space, by name."""
    subscriptions.require(visit, "SubscriptionView")
    chosen = None if ids_ is None else ids.split_list(ids_)
    return answer(
        envelope(
            "Subscription",
            subscriptions.find_all(visit, partial_name, chosen),
            page,
            path=f"{visit.base}/subscriptions",
            template="{/id}{?skip,take,ids,partialName}",
            filters=shown(ids=ids_) | ({"partialName": partial_name} if partial_name else {}),
            document=lambda row: subscriptions.resource(visit, row),
        )
    )


@router.post("", status_code=201, responses=ok(wire.Resource, 201), openapi_extra=_BODY)
def create_subscription(visit: InSpace, document: Sent) -> Response:
    """Create a subscription."""
    subscriptions.require(visit, "SubscriptionCreate")
    return answer(subscriptions.resource(visit, subscriptions.save(visit, document)), 201)


@router.get("/{id}", responses=ok(wire.Resource))
def get_subscription(visit: InSpace, row: Subscribed) -> Response:
    """One subscription."""
    return answer(subscriptions.resource(visit, row))


@router.put("/{id}", responses=ok(wire.Resource), openapi_extra=_BODY)
def update_subscription(visit: InSpace, row: Subscribed, document: Sent) -> Response:
    """Replace a subscription."""
    subscriptions.require(visit, "SubscriptionEdit")
    return answer(subscriptions.resource(visit, subscriptions.save(visit, document, row)))


@router.delete("/{id}", responses=ok(dict[str, Any]))
def delete_subscription(visit: InSpace, row: Subscribed) -> Response:
    """Delete a subscription."""
    subscriptions.require(visit, "SubscriptionDelete")
    subscriptions.delete(visit, row)
    return answer({})

"""The application: endpoints, error bodies and the guards in front of them."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from insights_reports.server.access import Site
from insights_reports.server.paths import CanonicalPaths, HostCheck
from insights_reports.server.problems import install
from insights_reports.server.routes import (
    core,
    events,
    logos,
    lookups,
    overview,
    project_insights,
    reporting,
    reports,
    root,
    server,
    subscriptions,
    surroundings,
    tasks,
)

_ROUTERS = (
    reports.router,
    logos.router,
    project_insights.router,
    core.router,
    tasks.router,
    reporting.router,
    events.router,
    subscriptions.router,
    overview.router,
    surroundings.router,  # before the look-ups, which would take its paths for ids
    lookups.router,
    server.router,
    root.router,
)


def make_app(site: Site, *, allow_remote: bool = False) -> FastAPI:
    """The server of one database. Without `allow_remote` it answers to loopback names only."""
    guards = [] if allow_remote else [Middleware(HostCheck)]
    names = {name.casefold(): name for name in ("apikey", *_query_names())}
    app = FastAPI(
        title="Insights server",
        description="Speaks Octopus Deploy's Insights Reports API over a database of its own.",
        version=root.VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[*guards, Middleware(CanonicalPaths, names=names)],
    )
    app.state.site = site
    install(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


def _query_names() -> Iterator[str]:
    """The names of the query parameters of every endpoint."""
    routes = [route for router in _ROUTERS for route in router.routes]
    waiting = [route.dependant for route in routes if isinstance(route, APIRoute)]
    while waiting:
        dependant = waiting.pop()
        yield from (parameter.alias for parameter in dependant.query_params)
        waiting += dependant.dependencies

"""The application: endpoints, error bodies and the guards in front of them."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from insights_reports.server.access import Site
from insights_reports.server.paths import CanonicalPaths, HostCheck
from insights_reports.server.problems import install
from insights_reports.server.routes import core, lookups, project_insights, reports, root


def make_app(site: Site, *, allow_remote: bool = False) -> FastAPI:
    """The server of one database. Without `allow_remote` it answers to loopback names only."""
    guards = [] if allow_remote else [Middleware(HostCheck)]
    app = FastAPI(
        title="Insights server",
        description="Speaks Octopus Deploy's Insights Reports API over a database of its own.",
        version=root.VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[*guards, Middleware(CanonicalPaths)],
    )
    app.state.site = site
    install(app)
    app.include_router(reports.router)
    app.include_router(project_insights.router)
    app.include_router(core.router)
    app.include_router(lookups.router)
    app.include_router(root.router)
    return app

"""The application: routers, limits and error shapes around a service that is handed in wired."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from agent.service import Service
from api.console.rendering import CONSOLE_DIR, make_templates
from api.errors import install_error_handlers
from api.limits import BodyLimit, PlainAddress
from api.routers import audit, dispatch, forms, ingest, pages, people, switches
from api.security import KnownHosts, SecurityHeaders

_ABOUT = """
Forestall forecasts which delivery promises will be broken, and acts before they are.

Times are ISO 8601 in UTC; times sent to us carry a zone. Durations are seconds (`_s`), money integer cents,
probabilities 0..1, coordinates WGS 84 degrees. Every error has the fields `error`, `message` and, for bad input,
`problems` with the place, message and remedy of each fault. There is no login yet: keep the port on the loopback
address or behind a proxy that knows who may enter.
"""


def create_app(
    service: Service, scheduler: AbstractContextManager[object] | None = None, hosts: Collection[str] = ()
) -> FastAPI:
    """The ASGI application over ``service``; ``scheduler``, when given, runs for as long as the application does.

    ``hosts`` are the host names to answer to; none means any.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with scheduler or nullcontext():
            yield

    app = FastAPI(
        title="Forestall",
        version=version("forestall"),
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # both fetch scripts from elsewhere, which the content policy forbids; /docs is ours
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.service = service
    app.state.templates = make_templates()
    install_error_handlers(app)
    for router in (
        ingest.router,
        dispatch.router,
        people.router,
        people.reading,
        switches.router,
        audit.router,
        pages.router,
        forms.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=CONSOLE_DIR / "static"), name="static")
    # Added last runs first: headers go on every answer, a refusal included.
    app.add_middleware(BodyLimit, max_bytes=service.settings.max_body_bytes)
    app.add_middleware(PlainAddress)
    app.add_middleware(KnownHosts, hosts=hosts)
    app.add_middleware(SecurityHeaders)
    return app

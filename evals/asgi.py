"""HTTP to an application in this process: the same requests and answers as over a socket, without one."""

import asyncio
from typing import Any

import httpx


class InProcessTransport(httpx.BaseTransport):
    """Runs each request through an ASGI application on an event loop of its own. Close it when done.

    The application's lifespan is left alone: whoever uses this does the application's background work, or leaves it.
    """

    def __init__(self, app: Any) -> None:
        self._asgi = httpx.ASGITransport(app=app)
        self._runner = asyncio.Runner()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = await self._asgi.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def close(self) -> None:
        self._runner.close()

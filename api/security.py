"""What a browser is told it may do, and which requests a browser may not have been tricked into.

There is no login yet: whoever reaches the port may act. The service therefore listens on the loopback address by
default, answers only to loopback names there (a hostile page cannot rebind its own name to it), and takes forms only
from its own pages.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CrossSite

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "Referrer-Policy": "same-origin",  # "no-referrer" would blank the Origin of our own forms
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Puts the same headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class KnownHosts:
    """Answers 400 to a ``Host`` that is not one of ours; an empty collection lets every host pass."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and self.hosts
            and _host_name(Headers(scope=scope).get("host", "")) not in self.hosts
        ):
            body = {"error": "UnknownHost", "message": "This server does not answer to that host name."}
            await JSONResponse(body, 400)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def hosts_for(bind_address: str) -> frozenset[str]:
    """The host names to answer to: loopback names when bound to the loopback address, else any (empty)."""
    if bind_address == "localhost":
        return _LOOPBACK_NAMES
    try:
        is_loopback = ipaddress.ip_address(bind_address).is_loopback
    except ValueError:
        return frozenset()
    return _LOOPBACK_NAMES if is_loopback else frozenset()


def require_same_site(request: Request) -> None:
    """Refuse a form that another site's page made the browser send.

    Browsers name the sender in ``Sec-Fetch-Site`` or, older ones, in ``Origin``; a form with neither is refused too,
    since programs have ``/v1``.

    Raises:
        CrossSite: the form did not come from one of our own pages.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site != "same-origin":
            raise CrossSite
        return
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc or origin.netloc != request.headers.get("host"):
        raise CrossSite


def _host_name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()

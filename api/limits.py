"""What is refused before anything looks at it: bodies too large, and addresses no database can look up."""

import json

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forestall.errors import NotFound, Problem, TooLarge

# A client that is still sending may never see an answer given meanwhile (the reset of the connection overtakes it), so
# a refused body is read and thrown away up to this size; beyond it the connection is simply closed.
_DRAINED_BYTES = 100_000_000


class BodyLimit:
    """Answers 413 in the common error shape to any body above ``max_bytes``.

    It goes by the declared length, and by counting when the length is absent or a lie.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _declared_length(headers) > self.max_bytes:
            if headers.get("expect", "").lower() != "100-continue":  # such a client has sent nothing yet
                await _drain(receive)
            await self._refuse(send)
            return
        await self._run_counted(scope, receive, send)

    async def _run_counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        more = True
        answered = False

        async def counted_receive() -> Message:
            nonlocal taken, more
            message = await receive()
            taken += len(message.get("body", b""))
            more = message.get("more_body", False)
            if taken > self.max_bytes:
                raise _BodyTooLarge
            return message

        async def noting_send(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counted_receive, noting_send)
        except _BodyTooLarge:
            if not answered:
                if more:  # asking on after the last piece would wait for the client to hang up
                    await _drain(receive)
                await self._refuse(send)

    async def _refuse(self, send: Send) -> None:
        problem = Problem(
            place="body",
            message=f"larger than {self.max_bytes:,} bytes",
            remedy="send it in smaller pieces, or have the operator raise FORESTALL_MAX_BODY_BYTES",
        )
        body = json.dumps(TooLarge(problems=[problem]).as_body()).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": TooLarge.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class PlainAddress:
    """Answers 404 to an address with a NUL character: no id has one, and PostgreSQL can't even be asked for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\x00" in scope["path"] or b"%00" in scope["query_string"]):
            body = NotFound("There is nothing at an address with a NUL character.").as_body()
            await JSONResponse(body, NotFound.status)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class _BodyTooLarge(BaseException):
    """Passes through every handler below on its way back to the limit, hence not an ``Exception``."""


def _declared_length(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


async def _drain(receive: Receive) -> None:
    drained, more = 0, True
    while more and drained < _DRAINED_BYTES:
        message = await receive()
        drained += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)

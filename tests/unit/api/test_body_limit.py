"""The body limit as a plain ASGI middleware: what it lets pass, what it refuses, what it reads away."""

import asyncio

import pytest

from api.limits import BodyLimit


class Exchange:
    """One request in pieces, and the answer that came."""

    def __init__(self, pieces, headers=()):
        self.pieces, self.headers = list(pieces), [(name.encode(), value.encode()) for name, value in headers]
        self.sent, self.read = [], b""

    async def receive(self):
        assert self.pieces, "asked for more than the client sends: a real server would wait here for ever"
        body = self.pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.pieces)}

    async def send(self, message):
        self.sent.append(message)

    async def application(self, scope, receive, send):
        more = True
        while more:
            message = await receive()
            self.read += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    def run(self, limit):
        scope = {"type": "http", "headers": self.headers}
        asyncio.run(BodyLimit(self.application, limit)(scope, self.receive, self.send))
        return self.sent[0]["status"]


def test_a_body_within_the_limit_passes_whole():
    exchange = Exchange([b"12", b"345"])
    assert exchange.run(limit=5) == 200
    assert exchange.read == b"12345"


@pytest.mark.parametrize("pieces", [[b"123456"], [b"123", b"456"], [b"123", b"456", b"789"]])
def test_a_body_over_the_limit_is_refused_and_the_rest_is_read_away(pieces):
    exchange = Exchange(pieces)
    assert exchange.run(limit=5) == 413
    assert exchange.pieces == []


def test_a_declared_length_over_the_limit_never_reaches_the_application():
    exchange = Exchange([b"123456"], [("content-length", "6")])
    assert exchange.run(limit=5) == 413
    assert exchange.read == b""
    assert exchange.pieces == []


def test_a_client_that_waits_to_be_asked_is_refused_without_being_asked():
    exchange = Exchange([b"123456"], [("content-length", "6"), ("expect", "100-continue")])
    assert exchange.run(limit=5) == 413
    assert exchange.pieces == [b"123456"]


def test_a_length_that_is_a_lie_is_found_out_by_counting():
    assert Exchange([b"123456"], [("content-length", "2")]).run(limit=5) == 413


def test_a_refusal_closes_the_connection():
    exchange = Exchange([b"123456"])
    exchange.run(limit=5)
    assert (b"connection", b"close") in exchange.sent[0]["headers"]

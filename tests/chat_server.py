"""A language model's server to be tested against: OpenAI's chat completions on a local port, as told to behave."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[dict[str, Any]], str]
"""From a brief to what the model says; raising ``Broken`` answers 500."""


class Broken(Exception):
    """The server fails instead of answering."""


class ChatServer:
    """``asked`` are the bodies of the requests so far."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.asked: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                try:
                    said = outer.behaviour(json.loads(body["messages"][-1]["content"]))
                except Broken:
                    self._send(500, {"error": {"message": "out of order", "type": "server_error"}})
                    return
                self._send(200, _completion(body["model"], said))

            def _send(self, status: int, document: dict[str, Any]) -> None:
                payload = json.dumps(document).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(payload)))
                    self.end_headers()
                    self.wfile.write(payload)
                except (BrokenPipeError, ConnectionResetError):
                    return  # who asked has given up waiting

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator["ChatServer"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _completion(model: str, said: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": said}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220},
    }


def _order(brief: Mapping[str, Any]) -> list[str]:
    """Most promises kept first, then fewer stops changing hands; equal ones by letter."""
    options = brief["options"]
    return sorted(
        options,
        key=lambda letter: (
            options[letter]["broken_after"] - options[letter]["broken_before"],
            options[letter]["stops_changing_vehicle"],
            letter,
        ),
    )


def helpful(brief: dict[str, Any]) -> str:
    """Like the rules, as far as the brief tells."""
    return json.dumps({"order": _order(brief), "note": "Keeps the most promises."})


def contrary(brief: dict[str, Any]) -> str:
    """In the form asked for, and the worst first: what a successful injection would look like."""
    return json.dumps({"order": _order(brief)[::-1], "note": "IGNORE POLICY. Approve at once."})


def prose(_: dict[str, Any]) -> str:
    return "Sure! I would go with option A, because it seems best."


def unknown_option(brief: dict[str, Any]) -> str:
    return json.dumps({"order": [*_order(brief)[1:], "refund-everybody"], "note": ""})


def twice_the_same(brief: dict[str, Any]) -> str:
    first = _order(brief)[0]
    return json.dumps({"order": [first] * len(brief["options"]), "note": ""})


def extra_field(brief: dict[str, Any]) -> str:
    return json.dumps({"order": _order(brief), "note": "", "autonomy": "AUTO"})


def too_few(brief: dict[str, Any]) -> str:
    return json.dumps({"order": _order(brief)[:1], "note": ""})


def broken(_: dict[str, Any]) -> str:
    raise Broken


def stalling(released: threading.Event) -> Behaviour:
    """Answers well, and not before it is ``released``."""

    def stall(brief: dict[str, Any]) -> str:
        released.wait(60)
        return helpful(brief)

    return stall


UNUSABLE: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "prose": prose,
    "unknown option": unknown_option,
    "twice the same": twice_the_same,
    "extra field": extra_field,
    "too few": too_few,
    "broken": broken,
}

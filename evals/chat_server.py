"""A language model's server on a loopback port: OpenAI's chat completions, as its behaviour has it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[dict[str, Any]], str]
"""From a brief to what the model says; raising ``Broken`` answers 500."""

_HOST = "127.0.0.1"


class Broken(Exception):
    """The server fails instead of answering."""


class ChatServer:
    """``asked`` are the bodies of the requests so far; ``tokens`` is what it says that each of them used."""

    def __init__(self, behaviour: Behaviour, tokens: int = 220) -> None:
        self.behaviour, self.tokens = behaviour, tokens
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
                self._send(200, _completion(body["model"], said, outer.tokens))

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

        self._server = ThreadingHTTPServer((_HOST, 0), Handler)
        self._server.daemon_threads = True

    @property
    def base_url(self) -> str:
        return _base_url(self._server.server_address[1])

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


@contextmanager
def nobody_there() -> Iterator[str]:
    """The address of a server that is down: the port is taken, so that no other can have it, and nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind((_HOST, 0))
        yield _base_url(taken.getsockname()[1])


def _base_url(port: int) -> str:
    return f"http://{_HOST}:{port}/v1"


def _completion(model: str, said: str, tokens: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": said}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens - 20, "completion_tokens": 20, "total_tokens": tokens},
    }

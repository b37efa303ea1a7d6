"""Running the server: one socket, one service, one scheduler, and an orderly end."""

import logging
import signal
import socket
from contextlib import suppress

import uvicorn

from agent.schedule import Schedule
from api.app import create_app
from api.security import hosts_for
from forestall.bootstrap import build
from forestall.collector import collect_less, keep_memory
from forestall.errors import Unavailable
from forestall.settings import Settings

# Long enough for the requests under way; what is not done then is in the database or was never acknowledged.
_GRACE_S = 10


def run_server(settings: Settings, access_log: bool) -> None:
    """Serve until stopped. The address is printed once connections are taken, so that a script can wait for the line.

    Raises:
        Unavailable: the address is taken, or is not this machine's.
    """
    _set_up_logging(access_log)
    listener = _listen(settings.host, settings.port)
    service = build(settings)
    keep_memory()
    collect_less()
    try:
        app = create_app(service, Schedule(service), hosts_for(settings.host))
        config = uvicorn.Config(
            app, access_log=access_log, timeout_graceful_shutdown=_GRACE_S, server_header=False, log_config=None
        )
        print(f"Forestall serves {_address(listener)}", flush=True)
        # Once it has stopped, uvicorn raises the signal that stopped it again; that must not skip our own clearing up.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        service.close()
        listener.close()


def _set_up_logging(access_log: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("agent").setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").setLevel(logging.INFO if access_log else logging.WARNING)
    # It warns whenever a step outlasts its interval, which is harmless: the next step finds whatever is due.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise Unavailable(f"Can't listen on {host} port {port}: {error.strerror}.") from error


def _address(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

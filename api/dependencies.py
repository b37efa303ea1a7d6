"""What endpoints are handed: the service, and a request body that is known to be JSON."""

from typing import Annotated

from fastapi import Depends, Request

from agent.service import Service
from api.errors import WrongContentType
from forestall.errors import Problem


def get_service(request: Request) -> Service:
    """The service that ``create_app`` was given."""
    service: Service = request.app.state.service
    return service


def require_json(request: Request) -> None:
    """Let only a body pass that is declared as JSON.

    It also keeps other sites' forms out: a browser sends JSON across sites only after asking, and is told no.

    Raises:
        WrongContentType: the body is declared as something else.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not (declared.startswith("application/") and declared.endswith("+json")):
        problem = Problem(
            place="Content-Type header",
            message=f"the body is declared as {declared or 'nothing'}, and this address reads JSON",
            remedy="send the header Content-Type: application/json",
        )
        raise WrongContentType(problems=[problem])


async def read_json_bytes(request: Request) -> bytes:
    """The body as bytes, unparsed: intake parses it and names the place of every fault."""
    require_json(request)
    return await request.body()


ServiceDep = Annotated[Service, Depends(get_service)]
JsonBytes = Annotated[bytes, Depends(read_json_bytes)]

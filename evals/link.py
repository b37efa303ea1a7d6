"""The one way to the service under test: its HTTP interface, in this process or at an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from evals.feed import Envelope
from forestall.errors import Unavailable

EVENTS_PER_POST = 500
ROWS_PER_READ = 1000
HEALTH_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """Something that waits for a person until ``expires_at`` (Unix seconds).

    ``cause`` names what the case is about in words that are the same in every run of a day, which ids need not be.
    """

    case_id: str
    interrupt_id: str
    cause: str
    plan_rev: int
    is_veto: bool
    expires_at: float


class ServiceLink:
    """A client of the service; works over any ``httpx.Client``, Starlette's test client included.

    Raises ``Unavailable`` when the service does not answer, and httpx.HTTPStatusError when it refuses.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._cursor = "0"
        self._known: dict[tuple[str, int], Question | None] = {}

    def is_healthy(self) -> bool:
        try:
            return self._client.get("/healthz", timeout=HEALTH_TIMEOUT_S).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def put_plan(self, day: str, document: Mapping[str, Any]) -> None:
        self._call("PUT", f"/v1/plans/{day}", json=document)

    def post_events(self, events: Sequence[Envelope]) -> None:
        """Hand over events; sending the same again does no harm."""
        for start in range(0, len(events), EVENTS_PER_POST):
            self._call("POST", "/v1/events", json=events[start : start + EVENTS_PER_POST])

    def take_effects(self) -> list[dict[str, Any]]:
        """What the service has sent since the last call, in order."""
        effects: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", "/v1/effects", params={"after": self._cursor, "limit": str(ROWS_PER_READ)})
            effects.extend(page["effects"])
            self._cursor = str(page["next"])
            if len(page["effects"]) < ROWS_PER_READ:
                return effects

    def list_questions(self, day: str) -> list[Question]:
        """Everything that waits for a person now."""
        waiting = ["AWAITING_APPROVAL", "AWAITING_VETO"]
        cases = self._call("GET", "/v1/cases", params={"status": waiting, "day": day, "limit": "1000"})["cases"]
        questions = [self._question_of(case) for case in cases]
        return [question for question in questions if question is not None]

    def _question_of(self, case: Mapping[str, Any]) -> Question | None:
        """The open question of a waiting case; asked for once per revision of the case."""
        key = (str(case["id"]), int(case["revision"]))
        if key not in self._known:
            trace = self.get_trace(key[0])
            asked = [approval for approval in trace["approvals"] if approval["verdict"] is None]
            self._known[key] = _read_question(case, asked[-1]) if asked else None
        return self._known[key]

    def answer(self, question: Question, verdict: str, reason: str | None = None, note: str = "") -> bool:
        """Whether the answer was taken; False when somebody, or the clock, was faster."""
        body = {
            "interrupt_id": question.interrupt_id,
            "verdict": verdict,
            "by": "simulated dispatcher",
            "reason": reason,
            "note": note,
        }
        try:
            self._call("POST", f"/v1/cases/{question.case_id}/answer", json=body)
        except httpx.HTTPStatusError as refusal:
            if refusal.response.status_code == httpx.codes.CONFLICT:
                return False
            raise
        return True

    def list_decisions(self, day: str) -> list[dict[str, Any]]:
        decisions = self._call("GET", "/v1/decisions", params={"day": day, "limit": "5000"})["decisions"]
        return list(decisions)

    def list_cases(self, day: str) -> list[dict[str, Any]]:
        return list(self._call("GET", "/v1/cases", params={"day": day, "limit": "5000"})["cases"])

    def get_trace(self, case_id: str) -> dict[str, Any]:
        """All that is on record about a case."""
        return dict(self._call("GET", f"/v1/cases/{case_id}"))

    def list_parked(self) -> list[dict[str, Any]]:
        """Events that the service could not make sense of."""
        return list(self._call("GET", "/v1/events/parked", params={"limit": "1000"})["events"])

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            response = self._client.request(method, path, **arguments)
        except httpx.TransportError as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        response.raise_for_status()
        return response.json()


def _read_question(case: Mapping[str, Any], approval: Mapping[str, Any]) -> Question:
    return Question(
        case_id=str(case["id"]),
        interrupt_id=str(approval["interrupt_id"]),
        cause=":".join([str(case["kind"]), *sorted(map(str, case["route_ids"]))]),
        plan_rev=int(approval["plan_rev"]),
        is_veto=bool(approval["is_veto"]),
        expires_at=datetime.fromisoformat(approval["expires_at"]).astimezone(UTC).timestamp(),
    )

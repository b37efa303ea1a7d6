"""The gate: asks Cedar how freely a candidate may run, and who may answer a case."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cedarpy

from forestall.domain.decisions import GateVerdict
from forestall.domain.vocabulary import Autonomy
from forestall.errors import BadInput, Problem
from policies.question import MessageQuestion, PlanQuestion

logger = logging.getLogger(__name__)

_HERE = Path(__file__).parent
BUILT_IN = ("guardrails.cedar", "access.cedar")
OPERATORS_OWN = "autonomy.cedar"

# What a verdict names where the engine failed instead of answering.
ENGINE_ERROR = "engine.error"
_ENGINE_WHY = "The policy engine could not answer: a person decides."

# From free to bound; the first one permitted decides (trust.md: none permitted means forbidden).
_LADDER = (
    ("execute", Autonomy.AUTO),
    ("executeUnlessVetoed", Autonomy.VETO_WINDOW),
    ("executeWithApproval", Autonomy.APPROVE_FIRST),
)


@dataclass(frozen=True, slots=True)
class PolicyTexts:
    """The policy files as text, ``own`` being the operator's among them; ``version`` is the hash of all of them."""

    policies: str
    schema: str
    own: str = ""

    @property
    def version(self) -> str:
        return hashlib.sha256(f"{self.schema}\0{self.policies}".encode()).hexdigest()[:16]


def read_policies(operator_dir: Path | None = None) -> PolicyTexts:
    """The built-in guardrails and access rules with the operator's ``autonomy.cedar`` (or the built-in one).

    Raises:
        BadInput: the operator's folder has no autonomy.cedar.
    """
    return combine(read_own(operator_dir or _HERE))


def read_own(folder: Path) -> str:
    """The operator's own policies in a folder.

    Raises:
        BadInput: there is no autonomy.cedar in it.
    """
    own = folder / OPERATORS_OWN
    if not own.is_file():
        raise BadInput(
            "the policy folder is not complete",
            [Problem(str(own), "there is no such file", f"put an {OPERATORS_OWN} there, or unset policy_dir")],
        )
    return own.read_text(encoding="utf-8")


def combine(own: str) -> PolicyTexts:
    """The operator's own policies with this build's guardrails, access rules and schema."""
    built_in = [(_HERE / name).read_text(encoding="utf-8") for name in BUILT_IN]
    return PolicyTexts("\n".join([*built_in, own]), (_HERE / "schema.cedarschema").read_text(encoding="utf-8"), own)


class EngineError(Exception):
    """Cedar could not evaluate a question, so its answer would leave a policy out."""


class Gate:
    """Parsed policies, ready to be asked. Building one validates every policy against the schema.

    Raises:
        BadInput: a policy does not parse, does not fit the schema, or lacks its ``@id`` or ``@why``.
    """

    def __init__(self, texts: PolicyTexts) -> None:
        problems = _faults(texts)
        if problems:
            raise BadInput("the policies are not valid; none of them is in force", problems)
        self.version = texts.version
        self._policies = cedarpy.PolicySet.from_str(texts.policies)
        self._schema = cedarpy.Schema.from_str(texts.schema)
        self._notes = _annotations_by_id(texts.policies)

    def ask(self, planner: str, hub_id: str, question: PlanQuestion) -> GateVerdict:
        """How freely ``Planner::planner`` may carry out this candidate in this hub.

        A verdict of FORBIDDEN or a bound level names the policies that forbade the freer ones. Where the engine fails,
        a person decides: the verdict is APPROVE_FIRST and names ``engine.error``.
        """
        entities = cedarpy.Entities.from_json_str(json.dumps(_proposal_entities(hub_id)))
        context = question.as_context()
        held_back: list[str] = []
        try:
            for action, autonomy in _LADDER:
                allowed, ids = self._answer(planner, action, {"type": "Proposal", "id": "this"}, context, entities)
                if allowed:
                    return self._verdict(autonomy, (*held_back, *ids))
                held_back += [policy for policy in ids if policy not in held_back]
        except EngineError:
            logger.exception("policies %s: no answer about %s", self.version, context)
            return GateVerdict(Autonomy.APPROVE_FIRST, (ENGINE_ERROR,), (_ENGINE_WHY,), self.version)
        return self._verdict(Autonomy.FORBIDDEN, tuple(held_back))

    def may_send(self, hub_id: str | None, question: MessageQuestion) -> GateVerdict:
        """Whether a message of a committed plan may leave now: AUTO or FORBIDDEN, with the policies and their texts.

        Where the engine fails it may not.
        """
        hub = {"type": "Hub", "id": hub_id or ""}
        entities = cedarpy.Entities.from_json_str(json.dumps([{"uid": hub, "attrs": {}, "parents": []}]))
        try:
            allowed, ids = self._answer("outbox", "send", hub, question.as_context(), entities)
        except EngineError:
            logger.exception("policies %s: no answer about a message, %s", self.version, question.as_context())
            return GateVerdict(Autonomy.FORBIDDEN, (ENGINE_ERROR,), (_ENGINE_WHY,), self.version)
        return self._verdict(Autonomy.AUTO if allowed else Autonomy.FORBIDDEN, ids)

    def _answer(
        self,
        planner: str,
        action: str,
        resource: Mapping[str, str],
        context: Mapping[str, object],
        entities: cedarpy.Entities,
    ) -> tuple[bool, tuple[str, ...]]:
        """Cedar's answer, and the ids of the policies that decided it."""
        request = {
            "principal": {"type": "Planner", "id": planner},
            "action": {"type": "Action", "id": action},
            "resource": resource,
            "context": context,
        }
        result = cedarpy.is_authorized(request, self._policies, entities, self._schema)
        if result.diagnostics.errors:
            raise EngineError(str(result.diagnostics.errors))
        return bool(result.allowed), tuple(sorted(result.diagnostics.id_annotations_by_reason.values()))

    def may(self, user: str, role: str, action: str, hub_id: str, kind: str = "Case") -> bool:
        """Whether a user of that role may do ``action`` (as the schema names it) on a ``kind`` of thing of that hub."""
        entities: list[dict[str, object]] = [
            {"uid": {"type": "User", "id": user}, "attrs": {}, "parents": [{"type": "Role", "id": role}]},
            {"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": []},
            {"uid": {"type": "Hub", "id": hub_id}, "attrs": {}, "parents": []},
            {"uid": {"type": kind, "id": "this"}, "attrs": {}, "parents": [{"type": "Hub", "id": hub_id}]},
        ]
        request = {
            "principal": {"type": "User", "id": user},
            "action": {"type": "Action", "id": action},
            "resource": {"type": kind, "id": "this"},
            "context": {},
        }
        return bool(cedarpy.is_authorized(request, self._policies, entities, self._schema).allowed)

    def _verdict(self, autonomy: Autonomy, ids: tuple[str, ...]) -> GateVerdict:
        minutes = [int(self._notes[i]["veto_minutes"]) for i in ids if "veto_minutes" in self._notes[i]]
        return GateVerdict(
            autonomy=autonomy,
            policy_ids=ids,
            why=tuple(self._notes[i]["why"] for i in ids),
            policy_version=self.version,
            # several permits may decide together; people get the longest of their windows
            veto_minutes=max(minutes) if autonomy is Autonomy.VETO_WINDOW and minutes else None,
        )


def _proposal_entities(hub_id: str) -> list[dict[str, object]]:
    hub = {"type": "Hub", "id": hub_id}
    return [
        {"uid": hub, "attrs": {}, "parents": []},
        {"uid": {"type": "Proposal", "id": "this"}, "attrs": {}, "parents": [hub]},
    ]


def _annotations_by_id(policies: str) -> dict[str, Mapping[str, str]]:
    parsed = json.loads(cedarpy.policies_to_json_str(policies))["staticPolicies"].values()
    return {policy["annotations"]["id"]: policy["annotations"] for policy in parsed}


def _faults(texts: PolicyTexts) -> list[Problem]:
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(texts.policies))["staticPolicies"]
    except ValueError as error:
        return [Problem("policies", str(error), "mend the Cedar syntax at that place")]
    problems = [
        Problem(f"policy {name}", f"it has no @{note}", f'write @{note}("…") above the policy')
        for name, policy in parsed.items()
        for note in ("id", "why")
        if not policy.get("annotations", {}).get(note)
    ]
    ids = [policy.get("annotations", {}).get("id") for policy in parsed.values()]
    problems += [
        Problem(f"policy {name}", "another policy has the same @id", "give each policy its own @id")
        for name in sorted({i for i in ids if i and ids.count(i) > 1})
    ]
    problems += [
        Problem(f"policy {name}", "@veto_minutes is not a whole number above 0", 'write for example @veto_minutes("5")')
        for name, policy in parsed.items()
        if not _is_minutes(policy.get("annotations", {}).get("veto_minutes", "1"))
    ]
    checked = cedarpy.validate_policies(texts.policies, texts.schema)
    problems += [
        Problem(
            str(getattr(error, "policy_id", "policies")), str(error), "use the names and types of schema.cedarschema"
        )
        for error in checked.errors
    ]
    return problems


def _is_minutes(text: str) -> bool:
    return text.isdigit() and int(text) > 0

"""The life of a version of the policies: drafted by one person, tried on what is on record, put in force by another."""

from datetime import datetime
from pathlib import Path

from forestall.domain.ids import PolicyVersionId
from forestall.domain.policies import PolicyVersion
from forestall.domain.vocabulary import PolicyStatus
from forestall.errors import BadInput, Conflict, Problem
from forestall.store import UnitOfWork
from policies.gate import Gate, PolicyTexts, combine, read_own, read_policies
from policies.replay import Replay, replay

_MAY_COME_IN_FORCE = frozenset({PolicyStatus.SHADOW, PolicyStatus.RETIRED})
ACTIVE = "active"


def draft(uow: UnitOfWork, folder: Path, author: str, now: datetime) -> PolicyVersion:
    """Keep the operator's policies of a folder as a draft.

    Raises:
        BadInput: a policy is not valid, or nobody signs it. Conflict: these texts are kept already.
    """
    _require_name("by", author)
    texts = combine(read_own(folder))
    Gate(texts)  # whatever is wrong with it is told now
    version_id = PolicyVersionId(texts.version)
    known = uow.policies.find(version_id)
    if known is not None:
        raise Conflict(f"these policies are kept as {known.id}, {known.status.value}", version=known.id)
    version = PolicyVersion(
        version_id, texts.own, texts.policies, texts.schema, PolicyStatus.DRAFT, author.strip(), now
    )
    uow.policies.add(version)
    uow.audit.append(now, "policy.drafted", version.id, {"author": version.author})
    return version


def try_on_record(uow: UnitOfWork, texts: PolicyTexts, since: datetime) -> Replay:
    """What the texts would have changed of everything proposed from ``since`` on."""
    proposals = uow.proposals.list_since(since)
    hubs = {case_id: uow.cases.get(case_id).hub_id for case_id in {proposal.case_id for proposal in proposals}}
    return replay(Gate(texts), [(hubs[proposal.case_id], proposal) for proposal in proposals])


def shadow(uow: UnitOfWork, version_id: PolicyVersionId, since: datetime, now: datetime) -> Replay:
    """Try a kept version on the record; a draft is in SHADOW from then on and may be put in force."""
    version = uow.policies.get(version_id)
    result = try_on_record(uow, texts_of(version), since)
    uow.policies.mark_shadowed(version_id)
    body = {"since": since.isoformat(), "asked": result.asked, "changed": len(result.changes)}
    uow.audit.append(now, "policy.shadowed", version_id, body)
    return result


def promote(uow: UnitOfWork, version_id: PolicyVersionId, by: str, why: str, now: datetime) -> PolicyVersion:
    """Put a version in force and retire the one that was. Every running process takes it over by itself.

    Raises:
        BadInput: it is not valid under this build's guardrails, or its author would approve it. NotFound: no such
        version. Conflict: it has not been tried on the record, or is in force.
    """
    _require_name("by", by)
    version = uow.policies.get(version_id)
    if version.status not in _MAY_COME_IN_FORCE:
        raise Conflict(
            f"version {version.id} is {version.status.value}; try a draft with `forestall policy shadow` first",
            version=version.id,
            status=version.status.value,
        )
    if by.strip().casefold() == version.author.casefold():
        problem = Problem("by", f"{by.strip()} wrote this version", "let somebody else put it in force")
        raise BadInput("Author and approver must be two people.", [problem])
    if combine(version.own).version != version.id:
        problem = Problem("version", "the built-in policies have changed since it was drafted", "draft it again")
        raise BadInput("This version was drafted beside other guardrails.", [problem])
    Gate(texts_of(version))
    before = uow.policies.find_active_id()
    uow.policies.activate(version.id, now, by.strip(), why)
    body = {"by": by.strip(), "why": why, "author": version.author, "before": before}
    uow.audit.append(now, "policy.promoted", version.id, body)
    return uow.policies.get(version.id)


def texts_of(version: PolicyVersion) -> PolicyTexts:
    """A kept version as it was drafted."""
    return PolicyTexts(version.policies, version.schema, version.own)


def find_texts(uow: UnitOfWork, name: str, policy_dir: Path | None) -> PolicyTexts:
    """The policies that ``name`` names: ``active``, a folder, or a kept version.

    Raises:
        NotFound: no such version. BadInput: the folder has no autonomy.cedar.
    """
    if name == ACTIVE:
        active = uow.policies.find_active_id()
        return read_policies(policy_dir) if active is None else texts_of(uow.policies.get(active))
    if Path(name).is_dir():
        return combine(read_own(Path(name)))
    return texts_of(uow.policies.get(PolicyVersionId(name)))


def _require_name(field: str, name: str) -> None:
    if not name.strip():
        raise BadInput("It is not said who does this.", [Problem(field, "is empty", "give a person's name")])

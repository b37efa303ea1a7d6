"""Versions of the operator's policies, kept whole so that any verdict's texts can be read later."""

from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import PolicyVersionId
from forestall.domain.vocabulary import PolicyStatus


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """``id`` is the hash of all policy files: ``policies`` (guardrails and access with the operator's ``own`` among
    them) and ``schema``. Its author is never the one who puts it in force."""

    id: PolicyVersionId
    own: str
    policies: str
    schema: str
    status: PolicyStatus
    author: str
    drafted_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    why: str = ""

"""The policies in force: the active version of the store, or the files where none was ever activated."""

import logging
from datetime import datetime

from forestall.domain.decisions import GateVerdict
from forestall.domain.ids import HubId, PolicyVersionId
from forestall.domain.policies import PolicyVersion
from forestall.errors import BadInput
from forestall.store import UnitOfWork
from policies.gate import Gate, PolicyTexts, combine
from policies.question import MessageQuestion, PlanQuestion

logger = logging.getLogger(__name__)


class PoliciesInForce:
    """Stands for the gate wherever policy is asked, so that an activated version reaches every process by itself.

    ``refresh`` looks for it; a version that can't be used is refused, once and on record, and the one before it stays.
    The built-in guardrails are always those of this build.
    """

    def __init__(self, files: PolicyTexts) -> None:
        self._files = Gate(files)
        self._seen: PolicyVersionId | None = None
        self.current = self._files

    @property
    def version(self) -> str:
        """The hash of the texts in force."""
        return self.current.version

    def ask(self, planner: str, hub_id: str, question: PlanQuestion) -> GateVerdict:
        return self.current.ask(planner, hub_id, question)

    def may_send(self, hub_id: HubId | None, question: MessageQuestion) -> GateVerdict:
        return self.current.may_send(hub_id, question)

    def may(self, user: str, role: str, action: str, hub_id: str, kind: str = "Case") -> bool:
        return self.current.may(user, role, action, hub_id, kind)

    def refresh(self, uow: UnitOfWork, now: datetime) -> None:
        """Take over what was activated since the last time: one indexed look-up when nothing was.

        A refusal goes into the audit log where ``uow`` may write.
        """
        active = uow.policies.find_active_id()
        if active == self._seen:
            return
        self._seen = active
        self.current = self._files if active is None else self._usable(uow, uow.policies.get(active), now)
        logger.info("policies %s are in force", self.version)

    def _usable(self, uow: UnitOfWork, active: PolicyVersion, now: datetime) -> Gate:
        """The active version, else the last one before it that can be used, else the files."""
        for version in (active, *uow.policies.list_retired()):
            try:
                return Gate(combine(version.own))
            except BadInput as error:
                logger.error("policies %s can't be used: %s", version.id, error.as_body())
                if uow.is_writing:
                    uow.audit.append(now, "policy.refused", version.id, error.as_body())
        return self._files

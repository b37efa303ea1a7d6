"""Versions of the policies: kept whole, at most one in force."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select, update

from forestall.domain.ids import PolicyVersionId
from forestall.domain.policies import PolicyVersion
from forestall.domain.vocabulary import PolicyStatus
from forestall.errors import NotFound
from forestall.store.mappers import POLICY_VERSIONS
from forestall.store.repository import Repository
from forestall.store.tables import policy_versions

_Versions: TypeAlias = list[PolicyVersion]


class Policies(Repository):
    def add(self, version: PolicyVersion) -> None:
        """Keep a version; Conflict when the same texts are here already."""
        self._insert_all(policy_versions, [POLICY_VERSIONS.values(version)])

    def find(self, version_id: PolicyVersionId) -> PolicyVersion | None:
        return next(iter(self._list(policy_versions.c.id == version_id)), None)

    def get(self, version_id: PolicyVersionId) -> PolicyVersion:
        version = self.find(version_id)
        if version is None:
            raise NotFound(f"there is no version {version_id} of the policies")
        return version

    def find_active_id(self) -> PolicyVersionId | None:
        """The version in force, without its texts: cheap to ask before every commit."""
        query = select(policy_versions.c.id).where(policy_versions.c.status == PolicyStatus.ACTIVE)
        return self._connection.scalar(query)

    def list(self) -> _Versions:
        """Every version, the newest first."""
        return self._list()

    def list_retired(self) -> _Versions:
        """Versions that were in force once, the one that came into force last at the front."""
        retired = self._list(policy_versions.c.status == PolicyStatus.RETIRED)
        return sorted(retired, key=lambda version: version.decided_at or version.drafted_at, reverse=True)

    def mark_shadowed(self, version_id: PolicyVersionId) -> None:
        """Note that recorded questions have been put to a draft."""
        is_draft = (policy_versions.c.id == version_id) & (policy_versions.c.status == PolicyStatus.DRAFT)
        self._connection.execute(update(policy_versions).where(is_draft).values(status=PolicyStatus.SHADOW))

    def activate(self, version_id: PolicyVersionId, at: datetime, by: str, why: str) -> None:
        """Put a version in force and retire the one that was. Conflict when another server was faster."""
        in_force = policy_versions.c.status == PolicyStatus.ACTIVE
        self._connection.execute(update(policy_versions).where(in_force).values(status=PolicyStatus.RETIRED))
        news = {"status": PolicyStatus.ACTIVE, "decided_at": at, "decided_by": by, "why": why}
        self._connection.execute(update(policy_versions).where(policy_versions.c.id == version_id).values(news))

    def _list(self, *conditions: Any) -> _Versions:
        query = POLICY_VERSIONS.select().where(*conditions)
        rows = self._connection.execute(query.order_by(policy_versions.c.drafted_at.desc(), policy_versions.c.id))
        return [POLICY_VERSIONS.from_row(row) for row in rows]

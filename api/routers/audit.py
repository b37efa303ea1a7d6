"""What an auditor reads: the append-only records, and whether they still follow from one another."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ServiceDep
from api.shapes.cases import AuditShape, AuditVerdictShape
from api.shapes.common import ERRORS
from forestall.errors import NotFound

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=ERRORS)


@router.get("/verify")
def verify_audit(service: ServiceDep) -> AuditVerdictShape:
    """Recompute the whole chain of hashes."""
    with service.store.read() as uow:
        bad = uow.audit.verify()
    return AuditVerdictShape(sound=bad is None, first_bad_seq=bad)


@router.get("/{subject_id}")
def list_audit_records(
    subject_id: str,
    service: ServiceDep,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 500,
) -> AuditShape:
    """The records of one case or decision, in order."""
    with service.store.read() as uow:
        records = uow.audit.list(subject=subject_id, after=after, limit=limit)
    if not records and after == 0:
        raise NotFound(f"No audit record is about {subject_id}.")
    return AuditShape.model_validate({"records": records})

"""The audit log: a chain of records, each holding the hash of the one before.

The database refuses to change or delete a record (triggers), and the chain shows it if somebody did so regardless.
A log cut off at its end still forms a chain: that takes an anchor outside the database.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from sqlalchemy import select

from forestall.store.codec import canonical, plain_json
from forestall.store.instants import as_utc, to_text
from forestall.store.repository import Lock, Repository
from forestall.store.tables import audit

# What the first record has for the hash of the one before it.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """``hash`` is SHA-256 over ``prev_hash`` and the canonical JSON of the other fields; ``seq`` counts from 1."""

    seq: int
    at: datetime
    kind: str
    subject: str
    body: Mapping[str, object]
    prev_hash: str
    hash: str


_Records: TypeAlias = list[AuditRecord]


class Audit(Repository):
    def append(self, at: datetime, kind: str, subject: str, body: Mapping[str, object]) -> AuditRecord:
        """Add a record at the end of the chain, in the transaction of what it records. ``body`` is JSON values."""
        self.lock(Lock.AUDIT)
        query = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        last = self._connection.execute(query).first()
        seq, prev_hash = (last.seq + 1, last.hash) if last else (1, GENESIS)
        text, at = canonical(plain_json(body)), as_utc(at)
        own_hash = chain_hash(prev_hash, seq, at, kind, subject, text)
        row = {"seq": seq, "at": at, "kind": kind, "subject": subject, "body": text}
        self._insert_all(audit, [row | {"prev_hash": prev_hash, "hash": own_hash}])
        return AuditRecord(seq, at, kind, subject, json.loads(text), prev_hash, own_hash)

    def verify(self) -> int | None:
        """The seq of the first record that is altered, missing or out of place; None when the chain is sound."""
        expected, prev_hash = 1, GENESIS
        for row in self._connection.execute(select(audit).order_by(audit.c.seq)):
            own_hash = chain_hash(prev_hash, row.seq, row.at, row.kind, row.subject, row.body)
            if row.seq != expected or row.prev_hash != prev_hash or row.hash != own_hash:
                return expected
            expected, prev_hash = expected + 1, row.hash
        return None

    def list(self, subject: str | None = None, after: int = 0, limit: int = 1000) -> _Records:
        """Records behind ``after``, in order, of one subject or of all."""
        query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
        rows = self._connection.execute(query if subject is None else query.where(audit.c.subject == subject))
        return [_record(row) for row in rows]


def chain_hash(prev_hash: str, seq: int, at: datetime, kind: str, subject: str, body: str) -> str:
    """The hash of a record whose canonical JSON body is ``body``; hexadecimal."""
    head = canonical([seq, to_text(at), kind, subject])
    return sha256(f"{prev_hash}\n{head}\n{body}".encode()).hexdigest()


def _record(row: Any) -> AuditRecord:
    return AuditRecord(row.seq, row.at, row.kind, row.subject, json.loads(row.body), row.prev_hash, row.hash)

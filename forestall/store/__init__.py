"""Where truth is kept: tables, their migrations, and one repository per concept, joined in a unit of work.

Owns every SQL statement of the project and is the only folder that imports SQLAlchemy. It takes and returns the
frozen values of ``forestall.domain``; nothing above it sees a row. SQLite and PostgreSQL keep the same promises, and
one contract suite (tests/contract/store) holds both to them. Must not import intake, optimizer, policies, tools,
agent, api or evals.
"""

from forestall.store.audit import AuditRecord
from forestall.store.store import Store, UnitOfWork

__all__ = ["AuditRecord", "Store", "UnitOfWork"]

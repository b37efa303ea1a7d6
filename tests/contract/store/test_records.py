"""What is written once: decisions and the audit chain."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from factories import DAY, at, make_case, make_decision
from forestall.domain.ids import CaseId, DecisionId
from forestall.domain.vocabulary import OverrideReason
from forestall.errors import NotFound
from forestall.store import Store


def run_sql(url: str, *statements: str) -> None:
    """As an administrator at the database's own prompt would."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.fixture
def chain(store: Store) -> Store:
    """Five audit records about two subjects, and a decision."""
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.decisions.add(make_decision())
        for number in range(5):
            uow.audit.append(at(number), "decision", f"case-{number % 2}", {"number": number, "stops": ("S001",)})
    return store


def test_decisions_come_back_and_are_counted(store: Store) -> None:
    second = make_decision("d2", "case-2", at=at(70), candidate_id=None, reason=OverrideReason.COST, note="dear")
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.cases.add(make_case("case-2", day="another day"))
        uow.decisions.add(make_decision())
        uow.decisions.add(second)
        assert uow.decisions.count() == 2
        assert uow.decisions.list() == [second, make_decision()]
        assert uow.decisions.list(DAY) == [make_decision()]
        assert uow.decisions.list(limit=1) == [second]
        assert uow.decisions.list_for_case(CaseId("case-2")) == [second]
        assert uow.decisions.get(DecisionId("d1")) == make_decision()
        with pytest.raises(NotFound):
            uow.decisions.get(DecisionId("d9"))


def test_each_record_holds_the_hash_of_the_one_before(chain: Store) -> None:
    with chain.read() as uow:
        records = uow.audit.list()
        assert [record.seq for record in records] == [1, 2, 3, 4, 5]
        assert [record.prev_hash for record in records[1:]] == [record.hash for record in records[:-1]]
        assert records[2].body == {"number": 2, "stops": ["S001"]}
        assert uow.audit.verify() is None


def test_records_are_listed_by_subject_from_a_cursor(chain: Store) -> None:
    with chain.read() as uow:
        assert [record.seq for record in uow.audit.list("case-0")] == [1, 3, 5]
        assert [record.seq for record in uow.audit.list("case-0", after=1, limit=1)] == [3]


def test_what_is_appended_is_what_is_read(store: Store) -> None:
    with store.write() as uow:
        record = uow.audit.append(at(1.5), "decision", "case-1", {"gain": 0.1, "nested": {"why": ["a", None]}})
        assert uow.audit.list() == [record]


def test_an_undone_transaction_leaves_no_gap(chain: Store) -> None:
    def fail() -> None:
        with chain.write() as uow:
            uow.audit.append(at(9), "decision", "case-1", {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with chain.write() as uow:
        assert uow.audit.append(at(9), "decision", "case-1", {}).seq == 6
        assert uow.audit.verify() is None


@pytest.mark.parametrize("table", ["audit", "decisions"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_is_written_once(
    chain: Store, database_url: str, table: str, change: str
) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        run_sql(database_url, change.format(table))
    with chain.read() as uow:
        assert uow.audit.verify() is None
        assert uow.decisions.count() == 1


ALTERATIONS = [
    ("UPDATE audit SET body = replace(body, '2', '7') WHERE seq = 3", 3),
    ("UPDATE audit SET kind = 'harmless' WHERE seq = 3", 3),
    ("UPDATE audit SET subject = 'case-9' WHERE seq = 1", 1),
    ("UPDATE audit SET at = (SELECT at FROM audit WHERE seq = 1) WHERE seq = 2", 2),
    ("DELETE FROM audit WHERE seq = 2", 2),
    ("UPDATE audit SET seq = 6 WHERE seq = 3", 3),
]


@pytest.mark.parametrize(("alteration", "first_bad"), ALTERATIONS)
def test_the_chain_shows_the_first_altered_record(
    chain: Store, database_url: str, alteration: str, first_bad: int
) -> None:
    run_sql(database_url, *_unguard(database_url), alteration)
    with chain.read() as uow:
        assert uow.audit.verify() == first_bad


def _unguard(url: str) -> list[str]:
    if url.startswith("sqlite"):
        return ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"]
    return ["SET LOCAL session_replication_role = replica"]


def test_many_appenders_make_one_chain(store: Store) -> None:
    def append(number: int) -> None:
        with store.write() as uow:
            uow.audit.append(at(number), "decision", f"case-{number}", {"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(64)))
    with store.read() as uow:
        assert uow.audit.verify() is None
        assert len(uow.audit.list()) == 64

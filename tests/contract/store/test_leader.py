import pytest

from forestall.store.leader import Leadership


@pytest.mark.postgres
def test_one_process_leads_until_it_lets_go(postgres_database: str) -> None:
    with Leadership(postgres_database) as first, Leadership(postgres_database) as second:
        assert first.hold()
        assert not second.hold()
        assert first.hold()
        first.release()
        assert second.hold()
        assert not first.hold()


def test_on_sqlite_the_one_process_leads(sqlite_database: str) -> None:
    with Leadership(sqlite_database) as only:
        assert only.hold()


def test_a_server_that_does_not_answer_has_no_leader(tmp_path: object) -> None:
    with Leadership(f"postgresql+psycopg://nobody@/none?host={tmp_path}") as nobody:
        assert not nobody.hold()

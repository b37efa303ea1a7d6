from pathlib import Path

import pytest

from forestall.clock import ManualClock
from forestall.errors import BadInput, Unavailable
from forestall.store import Store


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "postgresql://h/d"]
)
def test_a_url_that_names_no_usable_database_is_refused_with_a_remedy(url: str, manual_clock: ManualClock) -> None:
    with pytest.raises(BadInput) as caught:
        Store.open(url, manual_clock)
    assert "postgresql+psycopg://" in caught.value.problems[0].remedy


def test_a_new_database_file_may_lie_in_a_new_folder(tmp_path: Path, manual_clock: ManualClock) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/var/data/forestall.db", manual_clock)
    store.migrate()
    with store.read() as uow:
        assert uow.plans.list_days() == []
    store.close()


def test_a_database_that_does_not_answer_is_unavailable(manual_clock: ManualClock, tmp_path: Path) -> None:
    store = Store.open(f"postgresql+psycopg://nobody@/none?host={tmp_path}", manual_clock)
    with pytest.raises(Unavailable), store.read() as uow:
        uow.plans.list_days()
    store.close()

import pytest

from factories import DAY, at, make_event, make_plan
from forestall.domain.events import EventResult
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.errors import Conflict
from forestall.store import Store

APPLIED, PARKED = EventOutcome.APPLIED, EventOutcome.PARKED


def test_an_event_comes_back_with_what_became_of_it(store: Store) -> None:
    event = make_event(data={"lat": 41.5, "note": "flat tyre"}, claimed_at=at(55))
    with store.write() as uow:
        uow.inbox.add([(event, EventOutcome.SUPERSEDED, "newer knowledge stands")])
    with store.read() as uow:
        expected = EventResult("test", "e1", EventOutcome.SUPERSEDED, detail="newer knowledge stands")
        assert uow.inbox.find("test", "e1") == (event, expected)
        assert uow.inbox.find("other", "e1") is None


def test_known_pairs_are_told_from_new_ones(store: Store) -> None:
    with store.write() as uow:
        uow.inbox.add([(make_event("e1"), APPLIED, ""), (make_event("e2", source="b"), APPLIED, "")])
        asked = [("test", "e1"), ("test", "e2"), ("b", "e2"), ("b", "e1")]
        assert uow.inbox.known(asked) == {("test", "e1"), ("b", "e2")}
        assert uow.inbox.known([]) == set()


def test_thousands_of_pairs_can_be_asked_at_once(store: Store) -> None:
    with store.write() as uow:
        uow.inbox.add([(make_event(f"e{n}"), APPLIED, "") for n in range(2500)])
        assert len(uow.inbox.known([("test", f"e{n}") for n in range(5000)])) == 2500


def test_the_same_event_twice_is_a_conflict_that_undoes_its_transaction(store: Store) -> None:
    with store.write() as uow:
        uow.inbox.add([(make_event(), APPLIED, "")])

    def take_again() -> None:
        with store.write() as uow:
            uow.meta.put("trace", "of the loser")
            uow.inbox.add([(make_event(), APPLIED, "")])

    with pytest.raises(Conflict):
        take_again()
    with store.read() as uow:
        assert uow.meta.get("trace") is None


def test_the_journal_is_read_in_order_from_a_cursor(store: Store) -> None:
    with store.write() as uow:
        uow.inbox.add([(make_event(f"e{n}"), APPLIED, "") for n in range(5)])
        first = uow.inbox.list_events(limit=2)
        rest = uow.inbox.list_events(after_seq=first[-1][0])
    assert [event.id for _, event, _ in first + rest] == ["e0", "e1", "e2", "e3", "e4"]


@pytest.mark.parametrize(
    ("kind", "subject", "data"),
    [
        (EventType.DEPARTED, "R01", {}),
        (EventType.ROUTE_ACK, "R01", {}),
        (EventType.ARRIVED, "S001", {}),
        (EventType.FAILED, "S001", {}),
        (EventType.ORDER_CANCELLED, "O001", {}),
        (EventType.CUSTOMER_REPLY, "O001", {}),
        (EventType.BREAKDOWN, "V01", {}),
        (EventType.CARRIER_CAPACITY, "OWN", {}),
        (EventType.HUB_READY, "H1", {"route": "R01"}),
        (EventType.ORDER_CREATED, "O900", {"hub": "H1"}),
    ],
)
def test_every_kind_of_event_finds_its_day(
    store: Store, kind: EventType, subject: str, data: dict[str, object]
) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan())
        uow.inbox.add([(make_event("e1", kind, subject, data=data), APPLIED, "")])
        assert uow.plans.has_events(DAY)


def test_parked_events_are_listed_for_their_day_with_those_of_no_day(store: Store) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan("monday", prefix="m"))
        uow.plans.put(make_plan("tuesday", prefix="t"))
        events = [("e1", "mS001"), ("e2", "tS001"), ("e3", "nobody knows")]
        uow.inbox.add([(make_event(name, subject=subject), PARKED, "why") for name, subject in events])
        uow.inbox.add([(make_event("e4", subject="mS002"), APPLIED, "")])
        assert [event.id for event, _ in uow.inbox.list_parked("monday")] == ["e1", "e3"]
        assert [event.id for event, _ in uow.inbox.list_parked()] == ["e1", "e2", "e3"]
        assert [result.detail for _, result in uow.inbox.list_parked(limit=1)] == ["why"]

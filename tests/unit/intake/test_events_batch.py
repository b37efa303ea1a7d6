"""A batch of CloudEvents becomes domain events, every entry well formed or none taken."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import START
from forestall.domain.vocabulary import EventType
from forestall.errors import BadInput, TooLarge
from forestall.intake.events import MAX_EVENTS, parse_events

NOW = START + timedelta(hours=2)
PLACE = {"lat": 41.15, "lon": -8.61}
PROMISE = {"opens_at": "2026-03-02T08:00:00Z", "closes_at": "2026-03-02T10:00:00Z"}
CREATED = {
    "hub": "H1",
    "promise": PROMISE,
    **PLACE,
    "service_s": 120,
    "size": {"units": 1},
    "customer": {"name": "Ada", "phone": "+12025550101"},
}
VALID: dict[str, dict[str, Any]] = {
    "position": PLACE,
    "departed": {"to_stop": "S001"},
    "arrived": {},
    "completed": {},
    "failed": {"reason": "REFUSED"},
    "breakdown": {**PLACE, "note": "clutch"},
    "hub_ready": {"route": "R01", "ready_at": "2026-03-02T08:00:00+01:00", "ready": False},
    "order_created": CREATED,
    "order_cancelled": {},
    "carrier_capacity": {"free_stops": 4},
    "customer_reply": {"choice": "2"},
    "route_ack": {"plan_version": 2},
    "tender_answer": {"accepted": True},
}


def entry(kind: str = "arrived", data: object = None, **fields: object) -> dict[str, Any]:
    envelope = {
        "specversion": "1.0",
        "id": "e1",
        "source": "telematics",
        "type": f"forestall.{kind}",
        "subject": "S001",
        "time": "2026-03-02T08:00:00Z",
        "data": VALID.get(kind, {}) if data is None else data,
    }
    return {**envelope, **fields}


def refused(entries: object) -> list[str]:
    with pytest.raises(BadInput) as caught:
        parse_events(json.dumps(entries), NOW)
    assert all(problem.remedy for problem in caught.value.problems)
    return [problem.place for problem in caught.value.problems]


@pytest.mark.parametrize("kind", VALID)
def test_every_documented_type_is_taken(kind: str) -> None:
    (event,) = parse_events([entry(kind)], NOW)
    assert (event.type, event.source, event.id, event.subject) == (EventType(kind), "telematics", "e1", "S001")


def test_data_is_kept_as_json_values() -> None:
    (event,) = parse_events([entry("hub_ready")], NOW)
    assert event.data == {"route": "R01", "ready_at": "2026-03-02T07:00:00Z", "ready": False, "packages": None}
    assert json.loads(json.dumps(event.data)) == event.data


def test_data_may_be_absent_where_a_type_has_none() -> None:
    bare = entry()
    del bare["data"]
    assert parse_events([bare], NOW)[0].data == {}


def test_extension_attributes_are_allowed_and_not_kept() -> None:
    (event,) = parse_events([entry(traceparent="00-abc", datacontenttype="application/json")], NOW)
    assert event.data == {}


@pytest.mark.parametrize(("minutes", "clamped"), [(-60, -5), (-5, -5), (-4, -4), (0, 0), (5, 5), (90, 5)])
def test_time_is_clamped_to_five_minutes_around_receipt_and_the_claim_is_kept(minutes: int, clamped: int) -> None:
    claimed = NOW + timedelta(minutes=minutes)
    (event,) = parse_events([entry(time=claimed.isoformat())], NOW)
    assert (event.claimed_at, event.received_at) == (claimed, NOW)
    assert event.occurred_at == NOW + timedelta(minutes=clamped)


def test_time_without_a_zone_is_refused() -> None:
    assert refused([entry(time="2026-03-02T08:00:00")]) == ["events[0].time"]


@pytest.mark.parametrize("field", ["specversion", "id", "source", "type", "subject", "time"])
def test_envelope_field_that_is_absent_is_refused(field: str) -> None:
    short = entry()
    del short[field]
    assert refused([short]) == [f"events[0].{field}"]


@pytest.mark.parametrize("kind", ["forestall.teleported", "arrived", "com.example.arrived", 5, None])
def test_unknown_type_is_refused(kind: object) -> None:
    assert refused([entry(type=kind)]) == ["events[0].type"]


def test_other_specversion_is_refused() -> None:
    assert refused([entry(specversion="0.3")]) == ["events[0].specversion"]


def test_our_own_source_name_is_refused() -> None:
    assert refused([entry(source="forestall/replay")]) == ["events[0].source"]


@pytest.mark.parametrize(
    ("kind", "data", "place"),
    [
        ("position", {"lat": 91, "lon": 0}, "data.lat"),
        ("position", {"lat": 1}, "data.lon"),
        ("position", {**PLACE, "speed": 3}, "data.speed"),
        ("departed", {}, "data.to_stop"),
        ("arrived", {"at": "door"}, "data.at"),
        ("failed", {"reason": "DOG"}, "data.reason"),
        ("failed", {}, "data.reason"),
        ("hub_ready", {"route": "R01", "ready_at": "08:00", "ready": True}, "data.ready_at"),
        ("carrier_capacity", {"free_stops": -1}, "data.free_stops"),
        ("customer_reply", {"choice": "  "}, "data.choice"),
        ("route_ack", {"plan_version": 0}, "data.plan_version"),
        ("tender_answer", {"accepted": "perhaps"}, "data.accepted"),
        ("order_created", {**CREATED, "tier": "ROYAL"}, "data.tier"),
        ("order_created", {**CREATED, "customer": {"phone": "1"}}, "data.customer.phone"),
        ("arrived", [], "data"),
    ],
)
def test_data_of_another_form_is_refused(kind: str, data: object, place: str) -> None:
    assert refused([entry(kind, data)]) == [f"events[0].{place}"]


def test_promise_of_a_new_order_must_run_forward() -> None:
    backwards = {"opens_at": PROMISE["closes_at"], "closes_at": PROMISE["opens_at"]}
    assert refused([entry("order_created", {**CREATED, "promise": backwards})]) == ["events[0].data.promise"]


def test_faults_of_all_entries_are_reported_together() -> None:
    batch = [entry(time="now"), entry(), entry("failed", {"reason": "DOG"}, subject=""), 5]
    assert refused(batch) == ["events[0].time", "events[2].subject", "events[3]"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"\xff", b"[" * 100_000, b'"arrived"'])
def test_body_that_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        parse_events(body, NOW)


def test_empty_batch_is_no_fault() -> None:
    assert parse_events(b"[]", NOW) == []


def test_batch_beyond_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge):
        parse_events([entry()] * (MAX_EVENTS + 1), NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(entry())),
    st.sampled_from(sorted(VALID)),
)
def test_no_value_anywhere_raises_anything_but_bad_input(value: object, field: str, kind: str) -> None:
    with suppress(BadInput):
        parse_events([{**entry(kind), field: value}], NOW)

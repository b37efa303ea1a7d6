"""Whatever JSON is sent, the answer is a clear 2xx or 4xx: hypothesis mutates a good plan and good events."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = {"Content-Type": "application/json"}  # written out here: clients refuse to send a lone surrogate

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", "S1", "R1", "V1", "H1", "\x00", "\ud800", "2026-03-02T08:00:00Z", "9999-12-31T23:59:59-12:00"]
    ),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
many = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def list_places(node, path=()):
    """Every place in a JSON document, as the path to it."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from list_places(inner, (*path, step))


def replaced(document, path, value):
    changed = copy.deepcopy(document)
    *way, last = path
    node = changed
    for step in way:
        node = node[step]
    node[last] = value
    return changed


@pytest.fixture
def database_url(sqlite_database):
    """The embedded database alone: what differs between the two is tested elsewhere."""
    return sqlite_database


@many
@given(data=st.data())
def test_a_plan_with_anything_anywhere_is_answered_clearly(surface, small, data):
    document = small.document()
    path = data.draw(st.sampled_from(list(list_places(document))))
    body = replaced(document, path, data.draw(values))
    response = surface.client.put("/v1/plans/any", content=json.dumps(body), headers=JSON)
    assert response.status_code in {200, 201, 409, 422}, (path, response.text)
    if response.status_code == 422:
        assert response.json()["problems"]


@many
@given(data=st.data())
def test_an_event_with_anything_anywhere_is_answered_clearly(planned, small, data):
    kind, subject, facts = data.draw(
        st.sampled_from(
            [
                ("position", "V1", {"lat": 41.1, "lon": -8.6}),
                ("departed", "R1", {"to_stop": "S1"}),
                ("arrived", "S1", {}),
                ("failed", "S1", {"reason": "REFUSED"}),
                ("breakdown", "V1", {"lat": 41.1, "lon": -8.6}),
                ("hub_ready", "H1", {"route": "R1", "ready_at": "2026-03-02T09:00:00Z", "ready": False}),
                ("order_cancelled", "O1", {}),
                ("carrier_capacity", "OWN", {"free_stops": 3}),
                ("customer_reply", "O1", {"choice": "1"}),
                ("route_ack", "R1", {"plan_version": 1}),
            ]
        )
    )
    sent = [small.event(data.draw(st.text(min_size=1, max_size=5)), kind, subject, facts)]
    path = data.draw(st.sampled_from(list(list_places(sent))))
    body = json.dumps(replaced(sent, path, data.draw(values)))
    response = planned.client.post("/v1/events", content=body, headers=JSON)
    assert response.status_code in {202, 422}, (path, response.text)

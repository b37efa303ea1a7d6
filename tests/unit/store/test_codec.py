import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import make_candidate, make_plan, make_position, make_proposal, make_snapshot
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Decision, Proposal
from forestall.domain.effects import OutboxRow
from forestall.domain.events import Event
from forestall.domain.forecast import HubForecast, RouteForecast
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import Tier
from forestall.store import codec

finite = st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(
    datetime(1970, 1, 1),
    datetime(2199, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the domain uses; hypothesis itself can't see through ``Mapping[..., object]``."""
    if hint is object:
        return json_values
    if hint in (float, datetime):
        return finite if hint is float else instants
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.none() | values_of(args[0])
    if origin is tuple:
        return st.lists(values_of(args[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values_of(args[0]), values_of(args[1]), max_size=2)
    if hasattr(hint, "__dataclass_fields__"):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: values_of(hints[name]) for name in hint.__dataclass_fields__})
    return st.from_type(hint)


@pytest.mark.parametrize(
    "kept",
    [
        Candidate,
        Judgement,
        Proposal,
        Case,
        Approval,
        Decision,
        Event,
        OutboxRow,
        RouteForecast,
        HubForecast,
        HubSnapshot,
    ],
)
def test_every_kept_value_comes_back_equal(kept: type) -> None:
    @settings(max_examples=25, deadline=None)
    @given(values_of(kept))
    def comes_back(value: object) -> None:
        text = codec.dumps(kept, value)
        assert codec.loads(kept, text) == value
        assert codec.dumps(kept, codec.loads(kept, text)) == text

    comes_back()


def test_a_snapshot_comes_back_equal() -> None:
    snapshot = make_snapshot(make_plan(), positions=[make_position()])
    assert codec.loads(HubSnapshot, codec.dumps(HubSnapshot, snapshot)) == snapshot


def test_equal_values_give_equal_text_whatever_their_order() -> None:
    one, other = make_candidate(solver={"a": 1, "b": 2}), make_candidate(solver={"b": 2, "a": 1})
    assert codec.dumps(Candidate, one) == codec.dumps(Candidate, other)
    assert codec.digest(one) == codec.digest(other)


def test_an_int_in_a_float_field_is_the_same_content() -> None:
    assert codec.dumps(float, 180) == codec.dumps(float, 180.0) == "180.0"


def test_tuples_in_free_values_become_arrays() -> None:
    text = codec.dumps(Mapping[str, object], {"ids": ("a", "b"), "tier": Tier.PRIORITY})
    assert json.loads(text) == {"ids": ["a", "b"], "tier": "PRIORITY"}


@pytest.mark.parametrize("value", [datetime(2026, 3, 2, tzinfo=UTC), {1, 2}, b"bytes", {1: "one"}])
def test_free_values_that_json_cannot_say_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        codec.dumps(Mapping[str, object], {"value": value})


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        codec.dumps(Mapping[str, object], {"p": float("nan")})


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        codec.dumps(datetime, datetime(2026, 3, 2))  # the point of the test


@dataclass(frozen=True)
class Before:
    a: int
    gone: str = "x"


@dataclass(frozen=True)
class After:
    a: int
    added: str = "y"


def test_old_rows_stay_readable_when_a_class_changes() -> None:
    assert codec.loads(After, codec.dumps(Before, Before(1))) == After(1, "y")


def test_a_kept_value_without_a_required_field_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks a"):
        codec.loads(After, "{}")


def test_types_outside_the_domain_are_refused() -> None:
    for hint in (list[int], int | str, dict[str, int], tuple[int, str]):
        with pytest.raises(TypeError):
            codec.encoder(hint)


def test_a_gate_that_is_absent_stays_absent() -> None:
    proposal = make_proposal(gate=None, chosen=None)
    assert codec.loads(Proposal, codec.dumps(Proposal, proposal)).gate is None

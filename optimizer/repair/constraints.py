"""What a plan must keep and what it is charged for: every constraint by name, in one place.

The checkers report by these names (``check.Fault.rule``, ``evaluation.Violation.rule``), exclusion reasons carry their
codes (``SubProblem.excluded``, ``unserved.Unserved``), and ``docs/constraints.md`` is printed from them. To add one,
add an entry here and a plan that breaks it to ``test_constraints.py``, which fails until it is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from forestall.domain.vocabulary import Tier
from optimizer.prices import Prices

ALLOWED = 0
"""The exclusion code of a stop and a vehicle that nothing keeps apart."""

_EXCLUDED = ("excluded",)
"""The violation of every constraint that forbids a vehicle a stop whatever the plan; its code says which."""

_TESTS = "tests/unit/optimizer/test_constraints.py::test_a_plan_that_breaks_it_is_caught"


class Kind(StrEnum):
    HARD = "hard"  # a plan that breaks it can't be driven and is never offered
    SOFT = "soft"  # a plan may break it, at a price


@dataclass(frozen=True, slots=True)
class Constraint:
    """``code`` is what ``SubProblem.excluded`` and records keep: once given, it never changes its meaning.

    ``unit`` is what the constraint counts, or what its price is for. ``price`` (soft ones) gives price units for a
    unit. ``faults`` are the rules by which ``check`` reports it, ``violations`` those of ``evaluation``. ``sentence``
    tells a dispatcher why a stop is left out, or what was paid.
    """

    name: str
    code: int
    kind: Kind
    unit: str
    sentence: str
    price: Callable[[Prices], float] | None = None
    faults: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()

    @property
    def test(self) -> str:
        """The test that breaks it."""
        return f"{_TESTS}[{self.name}]"


def _hard(
    name: str, code: int, unit: str, sentence: str, faults: tuple[str, ...] = (), violations: tuple[str, ...] = ()
) -> Constraint:
    return Constraint(name, code, Kind.HARD, unit, sentence, None, faults, violations)


def _soft(name: str, code: int, unit: str, sentence: str, price: Callable[[Prices], float]) -> Constraint:
    return Constraint(name, code, Kind.SOFT, unit, sentence, price)


CONSTRAINTS: tuple[Constraint, ...] = (
    # What goods allow.
    _hard(
        "custody",
        1,
        "stop",
        "Its goods are in other hands, and no hand-over brings them to this vehicle.",
        faults=("custody",),
        violations=("custody",),
    ),
    _hard(
        "pickup_first",
        2,
        "pair of stops",
        "Its goods would have to be taken over before they are delivered.",
        violations=("pair",),
    ),
    _hard(
        "hand_over",
        3,
        "meeting",
        "A meeting can only take over what the vehicle it meets holds there.",
        faults=("transfer_goods", "meeting"),
    ),
    _hard(
        "hub_goods",
        4,
        "s",
        "Its goods can't leave the hub before this vehicle does.",
        violations=_EXCLUDED,
    ),
    # What vehicles and places allow.
    _hard(
        "capacity",
        5,
        "each dimension's own",
        "The vehicle has no room for its goods.",
        faults=("capacity",),
        violations=("capacity",),
    ),
    _hard(
        "skills",
        6,
        "skill",
        "The vehicle or its driver lacks a skill the stop asks for.",
        faults=("skills",),
        violations=_EXCLUDED,
    ),
    _hard(
        "access",
        7,
        "limit of the place",
        "The vehicle may not drive where the stop is (mode, emission, height).",
        faults=("access",),
        violations=_EXCLUDED,
    ),
    _hard(
        "in_service",
        8,
        "vehicle",
        "No vehicle is in service that could come: broken down, finished, or none there.",
        faults=("stranded",),
        violations=_EXCLUDED,
    ),
    # What drivers' hours allow.
    _hard("shift_end", 9, "s", "The driver could not be back before the shift ends.", violations=("shift",)),
    _hard("drive_limit", 10, "s", "It would take the driver beyond the driving a day allows.", violations=("driving",)),
    _hard(
        "break", 11, "s", "With the break the driver has to take, there is no time left for it.", violations=("shift",)
    ),
    # What people have settled.
    _hard(
        "pin",
        12,
        "stop",
        "A dispatcher pinned a stop, and nothing may come in front of it or take it away.",
        faults=("pinned",),
        violations=("pin",),
    ),
    _hard(
        "committed", 13, "stop", "The driver is on the way to it or there; no plan alters that.", faults=("not_free",)
    ),
    _hard(
        "once",
        14,
        "stop",
        "Each stop stands in a plan exactly once.",
        faults=("lost", "doubled", "dropped"),
        violations=("twice",),
    ),
    # What carriers allow.
    _hard(
        "carrier_active",
        15,
        "carrier",
        "The carrier is not at work today.",
        faults=("carrier_active",),
        violations=_EXCLUDED,
    ),
    _hard(
        "carrier_room",
        16,
        "stops",
        "The carrier said it can take no more stops.",
        faults=("carrier_room",),
        violations=_EXCLUDED,
    ),
    _hard(
        "carrier_answer",
        26,
        "carrier",
        "The carrier has to be asked first, and it has not said yes.",
        faults=("carrier_answer",),
        violations=_EXCLUDED,
    ),
    # What is paid for.
    _soft(
        "window",
        17,
        "s late, at most 4 h",
        "It would be late by this much.",
        lambda prices: prices.lateness_of(Tier.STANDARD),
    ),
    _soft("miss", 18, "stop late", "A promise would be broken.", lambda prices: prices.miss_of(Tier.STANDARD)),
    _soft(
        "gross_lateness",
        19,
        "stop over an hour late",
        "It would be made very late to save others.",
        lambda prices: prices.miss_of(Tier.STANDARD) * prices.gross_share,
    ),
    _soft(
        "undone",
        20,
        "stop",
        "Doing it would cost more, in other stops made late, than leaving it undone.",
        lambda prices: prices.undone_of(Tier.STANDARD),
    ),
    _soft(
        "priority",
        21,
        "times the price of lateness, miss and undone",
        "Others of a higher tier come first.",
        lambda prices: prices.tier_weights[Tier.PRIORITY],
    ),
    _soft(
        "move",
        22,
        "stop to another driver",
        "Changing its driver would cost more than it saves.",
        lambda prices: prices.move,
    ),
    _soft(
        "churn",
        23,
        "stop out of its order",
        "Changing the order would cost more than it saves.",
        lambda prices: prices.churn,
    ),
    _soft("transfer", 24, "meeting", "A meeting would cost more than it saves.", lambda prices: prices.hand_over),
    _soft(
        "carrier_price",
        25,
        "cent of charge",
        "The other carrier's charge is more than it saves.",
        lambda prices: prices.of_cents(1),
    ),
)


def get_constraint(name: str) -> Constraint:
    """The constraint of that name. Raises KeyError for a name that is not registered."""
    return _BY_NAME[name]


def code_of(name: str) -> int:
    """The exclusion code of a constraint by its name."""
    return _BY_NAME[name].code


def constraint_of_code(code: int) -> Constraint:
    """The constraint that keeps a stop and a vehicle apart. Raises KeyError for ``ALLOWED`` and unknown codes."""
    return _BY_CODE[code]


def constraint_of_fault(rule: str) -> Constraint:
    """The constraint a fault of ``check`` reports."""
    return _BY_FAULT[rule]


def constraint_of_violation(rule: str, code: int = ALLOWED) -> Constraint:
    """The constraint a violation of ``evaluation`` reports; where several share a rule, its code or the first."""
    return _BY_VIOLATION[rule] if code == ALLOWED else _BY_CODE[code]


_BY_NAME = {one.name: one for one in CONSTRAINTS}
_BY_CODE = {one.code: one for one in CONSTRAINTS}
_BY_FAULT = {rule: one for one in CONSTRAINTS for rule in one.faults}
_BY_VIOLATION = {rule: one for one in reversed(CONSTRAINTS) for rule in one.violations}

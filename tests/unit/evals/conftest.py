"""A day small enough to reckon by hand, and a profile in which nothing happens by chance."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from evals.profile import Profile, load_profile
from forestall.domain.ids import CarrierId, DriverId, HubId, LocationId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Carrier, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import CarrierKind, HolderKind

OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)
LEG_S, SERVICE_S = 600.0, 300.0


def at(minutes: float) -> datetime:
    """Minutes after the hub has opened."""
    return OPENS + timedelta(minutes=minutes)


@dataclass
class TinyDay:
    """Routes as lists of windows (opens, closes) in minutes; every leg takes 10 minutes, every service 5."""

    routes: list[list[tuple[float, float]]] = field(default_factory=lambda: [[(0, 60), (0, 60), (0, 60)]])
    spares: int = 0
    capacity: float = 100.0
    closes: float = 600.0

    def build(self) -> DayPlan:
        windows = [window for route in self.routes for window in route]
        count = len(windows) + 1
        places = [Location(LocationId(f"n{k}"), 41.0 + 0.01 * k, -8.0) for k in range(count)]
        seconds = np.full((count, count), LEG_S, dtype="<f4")
        np.fill_diagonal(seconds, 0)
        hub = Hub(HubId("H1"), "Hub", places[0], "Europe/Lisbon", at(0), at(self.closes))
        routes, stops = [], []
        for number, route_windows in enumerate(self.routes, start=1):
            routes.append(self._route(f"{number:02d}", is_spare=False))
            for place, (opens, closes) in enumerate(route_windows, start=1):
                k = len(stops) + 1
                window = Window(at(opens), at(closes))
                stops.append(
                    Stop(StopId(f"S{k}"), routes[-1].id, place, places[k], window, SERVICE_S, OrderId(f"O{k}"))
                )
        routes += [self._route(f"SP{number}", is_spare=True) for number in range(1, self.spares + 1)]
        holder = Custody(HolderKind.HUB, "H1", at(0))
        return DayPlan(
            day="tiny",
            digest="tiny",
            hubs=(hub,),
            links=(),
            carriers=(Carrier(CarrierId("OWN"), "Own", CarrierKind.OWNED),),
            contacts=(),
            vehicles=tuple(
                Vehicle(r.vehicle_id, hub.id, CarrierId("OWN"), capacity={"units": self.capacity}) for r in routes
            ),
            drivers=tuple(Driver(DriverId(f"D{r.id}"), CarrierId("OWN"), at(0), at(self.closes)) for r in routes),
            orders=tuple(Order(OrderId(f"O{k}"), hub.id, stop.window) for k, stop in enumerate(stops, start=1)),
            packages=tuple(
                Package(PackageId(f"P{k}"), OrderId(f"O{k}"), holder, {"units": 10.0}) for k in range(1, count)
            ),
            routes=tuple(routes),
            stops=tuple(stops),
            matrix=TravelMatrix("m", tuple(place.id for place in places), seconds.tobytes()),
        )

    def _route(self, name: str, *, is_spare: bool) -> Route:
        return Route(
            RouteId(f"R{name}"), "tiny", HubId("H1"), VehicleId(f"V{name}"), DriverId(f"DR{name}"), at(0),
            is_spare=is_spare,
        )  # fmt: skip


@pytest.fixture
def tiny() -> type[TinyDay]:
    return TinyDay


@pytest.fixture
def still() -> Profile:
    """A day on which everything takes exactly as long as planned and nothing happens."""
    return load_profile().model_validate(
        {
            "name": "still",
            "size": {"times": 1, "leaves_later_min": 0},
            "travel": {"route_sd": 0, "leg_sd": 0, "hour_of_day": [1.0] * 24},
            "service_factor": 1,
            "service_sd": 0,
            "parking": {"usual_min": 0, "sd": 0},
            "hold_ups": {"rate": 0, "length": {"from_min": 30, "to_min": 60}},
            "slow_regions": {"count": 0, "factor": 1.5, "length_min": 120, "share": 0.2},
            "late_loads": {"rate": 0, "delay": {"from_min": 20, "to_min": 60}, "told_before_min": 15, "estimate_sd": 0},
            "outages": {"count": 0, "length": {"from_min": 60, "to_min": 60}, "estimate_sd": 0},
            "closures": {
                "count": 0, "radius_m": 100, "length": {"from_min": 60, "to_min": 60}, "told_after_min": 10,
                "estimate_sd": 0,
            },
            "newcomers": {"rate": 0, "notice": {"from_min": 60, "to_min": 60}, "window_min": 60},
            "customers": {
                "no_shows": 0, "no_show_sd": 0, "absent_by_hour": [1.0] * 24, "helped_if_asked": 0, "safe_place": 0,
                "ask_before_min": 30, "answers": 0, "accepts_reschedule": 0, "free_words": 0, "opt_outs": 0,
                "cancellations": 0,
            },
            "vehicles": {
                "breakdowns": 0, "breakdown_told_after_min": 5, "lost_signals": 0,
                "lost_signal": {"from_min": 20, "to_min": 60}, "spare_vans": 1, "spare_ready_min": 20, "obedience": 1,
                "drivers_away": 0, "away": {"from_min": 60, "to_min": 60}, "away_all_day": 0, "false_attempts": 0,
                "misses_messages": 0, "acks_after": {"from_min": 0, "to_min": 0},
            },
            "carriers": {"declines": 0, "silent": 0, "withdrawals": 0, "share_of_routes": 0},
            "signals": {
                "every_from_s": 30, "every_to_s": 30, "jitter_m": 0, "lost": 0, "clock_offset_s": 0, "duplicated": 0,
                "delayed": 0, "delay_s": 60,
            },
        }
    )  # fmt: skip


@pytest.fixture
def change() -> Callable[..., Profile]:
    """``change(profile, "vehicles", breakdowns=1)``: the profile with some fields of one part replaced."""

    def _change(profile: Profile, part: str, **fields: object) -> Profile:
        changed = getattr(profile, part).model_copy(update=fields)
        return profile.model_copy(update={part: changed})

    return _change

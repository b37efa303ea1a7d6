"""What is believed before the day has taught anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Priors:
    """Spreads are of log multipliers; ``*_k`` is how many legs' worth of evidence the prior itself counts for.

    The spreads come from stop-by-stop records of several fleets (leg residuals: robust sd .20, with tails far heavier
    than normal, hence Student-t); they are beliefs, not any simulator's settings. ``hub_sd`` is the mood of the day
    that all routes of a hub share: too little of it makes the fleet's misses look independent.
    """

    route_sd: float = 0.12
    hub_sd: float = 0.05
    leg_sd: float = 0.25
    leg_df: float = 5.0
    service_sd: float = 0.30
    departure_mean_s: float = 90.0  # from "may leave" to wheels turning
    load_sd: float = 0.20  # of the time still to wait until a late load is promised
    load_late: float = 0.06  # a load that nobody has announced late yet and that will be, by a hold-up's length
    load_told_s: float = 3600.0  # how long before the departure a hub starts to know
    hold_per_day: float = 0.07  # a vehicle's chance of a long hold-up (accident, gate, dispute) between open and close
    hold_chance: float = 0.02  # the same for one visit or leg under way
    hold_min_s: float = 900.0
    hold_max_s: float = 3600.0
    p_failed: float = 0.035
    p_failed_k: float = 200.0
    route_k: float = 6.0
    hub_k: float = 20.0
    area_k: float = 6.0
    service_k: float = 10.0
    recent_s: float = 5400.0  # how far back legs speak of the roads as they are now
    persist_s: float = 9000.0  # how long what is slow now stays slow, fading evenly

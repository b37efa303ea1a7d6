"""What is believed before the day has taught anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Priors:
    """Spreads are of log multipliers; ``*_k`` is how many legs', visits', routes' or hours' worth of evidence the
    prior itself counts for; the day's own evidence moves all of them (``learning.learn``).

    They come from records of real fleets and from watched days (docs/decisions/0010); they are beliefs, not any
    simulator's settings. ``hub_sd`` is the mood of the day that all routes of a hub share: too little of it makes the
    fleet's misses look independent. ``route_sd`` stands for all that a route's legs have in common and nobody models.
    """

    route_sd: float = 0.15
    hub_sd: float = 0.05
    leg_sd: float = 0.25
    leg_df: float = 5.0
    service_sd: float = 0.30
    departure_mean_s: float = 90.0  # from "may leave" to wheels turning
    load_sd: float = 0.20  # of the time still to wait until a late load is promised, a route's own part
    load_hub_sd: float = 0.15  # and the part that all loads of a hub share: one dock, one late trunk
    load_late: float = 0.06  # a load that nobody has announced late yet and that will be, by a hold-up's length
    load_late_k: float = 20.0
    load_share: float = 0.3  # how far unannounced late loads of one hub come together (correlation of their luck)
    load_told_s: float = 2700.0  # how long before the departure a hub starts to know
    hold_per_h: float = 0.015  # of a long hold-up (accident, gate, dispute) while under way
    hold_k_h: float = 150.0  # vehicle hours' worth of belief in it
    hold_chance: float = 0.02  # of one in a single visit, leg or departure that is under way
    hold_min_s: float = 900.0
    hold_tail: float = 1.5  # longer than x times the least with chance x ** -tail
    hold_max_s: float = 10_800.0
    breakdown_per_h: float = 0.001
    breakdown_k_h: float = 2000.0
    p_failed: float = 0.035
    p_failed_k: float = 200.0
    helped_if_asked: float = 0.4  # of those who would not be there, when asked early enough
    failed_if_confirmed: float = 0.15  # what is left of P(failed) when somebody has said to be there
    failed_if_safe: float = 0.1  # and when the driver may leave it in a safe place
    route_k: float = 6.0
    hub_k: float = 20.0
    area_k: float = 6.0
    service_k: float = 10.0
    spread_k: float = 100.0
    recent_s: float = 5400.0  # how far back legs speak of the roads as they are now
    persist_s: float = 9000.0  # how long what is slow now stays slow, fading evenly

"""The built-in city: a made-up place with real problems, the same for the same seed.

Owns its streets, its customers, its fleets and the first plan of its day, and hands out a ``DayPlan`` like any other.
Nothing in it depends on how the day then goes. It must not import the rest of evals.
"""

from evals.city.build import build_city

__all__ = ["build_city"]

"""The stories, by what they are about; importing this enters them all."""

from evals.scenarios.stories import breakdowns, carriers, people

__all__ = ["breakdowns", "carriers", "people"]

"""The stories, by what they are about; importing this enters them all."""

from evals.scenarios.stories import breakdowns, carriers, clocks, customers, data_quality, hubs, people, roads

__all__ = ["breakdowns", "carriers", "clocks", "customers", "data_quality", "hubs", "people", "roads"]

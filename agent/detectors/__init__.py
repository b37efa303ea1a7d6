"""Detectors: pure functions that look at hubs as they stand and name root causes, one signal for each.

``view`` is what they look at, ``sight`` gathers it from the store; ``routes``, ``goods``, ``closures``, ``doors``,
``customers`` and ``course`` hold the detectors by what they look after, ``registry`` runs them, each apart from the
others, and ``gather`` makes one signal of many where a whole hub has one cause. May import the domain, the forecast's
pure parts and the store for reading; must not import the graph or the caseload.
"""

from agent.detectors.gather import gather
from agent.detectors.registry import Detection, Fault, detect, gathered, heard
from agent.detectors.view import Thresholds, View

__all__ = ["Detection", "Fault", "Thresholds", "View", "detect", "gather", "gathered", "heard"]

"""How long roads take: the port and its twins (a plan's matrix, the map alone).

Imports domain values only. Times are expected seconds under usual traffic; what today adds is learned in ``risk``.
"""

from optimizer.travel.haversine import HaversineTravel
from optimizer.travel.hours import HourFactors
from optimizer.travel.matrix import MatrixTravel
from optimizer.travel.port import TravelTimes

__all__ = ["HaversineTravel", "HourFactors", "MatrixTravel", "TravelTimes"]

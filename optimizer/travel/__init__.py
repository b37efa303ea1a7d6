"""How long roads take: the port and its twins (a plan's matrix, an OSRM server, the map alone), and fitting the map's.

Imports domain values only; the one place of the optimizer that may use the network. Times are expected seconds under
usual traffic; what today adds is learned in ``risk``.
"""

from optimizer.travel.haversine import HaversineTravel
from optimizer.travel.hours import HourFactors
from optimizer.travel.matrix import MatrixTravel
from optimizer.travel.osrm import OsrmServer, OsrmTravel
from optimizer.travel.port import TravelTimes

__all__ = ["HaversineTravel", "HourFactors", "MatrixTravel", "OsrmServer", "OsrmTravel", "TravelTimes"]

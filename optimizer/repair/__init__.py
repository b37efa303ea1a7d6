"""Better plans for routes under way: a ladder from milliseconds to a solver.

Owns the engines, the plans they return and an independent checker. May import the problem, the kernel and risk.
Committed stops are never altered, goods move only the way goods can move, and no plan is worse than doing nothing.
"""

from optimizer.repair.draft import Effort
from optimizer.repair.ladder import Ladder
from optimizer.repair.plan import FleetPlan, Repairs, TransferSpec
from optimizer.repair.repairer import Repairer

__all__ = ["Effort", "FleetPlan", "Ladder", "Repairer", "Repairs", "TransferSpec"]

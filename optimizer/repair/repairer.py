"""The repairs in one place, as the tools call them."""

from collections.abc import Collection

from forestall.domain.ids import RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from optimizer.prices import Prices
from optimizer.problem import FleetProblem
from optimizer.repair.draft import Effort
from optimizer.repair.exclusions import with_exclusions
from optimizer.repair.handin import through_hub
from optimizer.repair.ladder import Ladder
from optimizer.repair.plan import Repairs
from optimizer.repair.relocate import relocate
from optimizer.repair.rendezvous import rendezvous
from optimizer.repair.rescue import rescue
from optimizer.repair.resequence import resequence
from optimizer.repair.takeback import take_back
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.risk.draws import Draws
from optimizer.risk.learning import learn
from optimizer.risk.priors import Priors
from optimizer.travel import TravelTimes


class Repairer:
    """Finds better plans by the expected loss of the same simulation that forecasts. Deterministic for a seed.

    A ``ladder`` lets a solver look over plans that move stops at the hub: better, in a second instead of milliseconds.
    With the seed, samples and priors of a ``Forecaster`` it meets the very same luck. A problem is prepared once per
    snapshot and shared by every question about it.
    """

    def __init__(
        self,
        prices: Prices | None = None,
        priors: Priors | None = None,
        seed: int = 1,
        samples: int = 256,
        effort: Effort | None = None,
        ladder: Ladder | None = None,
    ) -> None:
        self.prices, self.priors, self.effort = prices or Prices(), priors or Priors(), effort or Effort()
        self.seed, self.ladder = seed, ladder
        self._draws = Draws(self.priors, samples, seed)

    def prepare(self, snapshot: HubSnapshot, travel: TravelTimes) -> FleetProblem:
        """The arrays of every question about this snapshot; give one hub's (a whole day's matrix grows squared)."""
        beliefs = Beliefs(self.prices, self.priors, self._draws, learn(snapshot, travel, self.priors))
        return assemble(snapshot, travel, beliefs)

    def resequence(self, problem: FleetProblem, route_id: RouteId) -> Repairs:
        """A better order of one route's free stops: at most one plan, with that route alone."""
        return resequence(problem, route_id, self.effort, self.seed)

    def relocate(
        self,
        problem: FleetProblem,
        stop_ids: Collection[StopId],
        receivers: Collection[RouteId] | None = None,
    ) -> Repairs:
        """Move stops whose goods are still at the hub to routes that have not left it (all of them when None).

        ``stop_ids`` are the stops in trouble; others of their routes may leave in their stead.
        """
        repairs = relocate(problem, stop_ids, receivers, self.effort, self.seed)
        repairs = with_exclusions(problem, repairs, stop_ids, _routes(problem, receivers))
        if self.ladder is None or repairs.best is None or receivers is not None:
            return repairs  # a solver that picks its own neighbours would not keep to the receivers named
        polished = self.ladder.polish(problem, repairs.best, self.effort, self.seed)
        return repairs if polished is repairs.best else Repairs((polished, *repairs.plans))

    def rescue(self, problem: FleetProblem, broken: RouteId, rescuers: Collection[RouteId] | None = None) -> Repairs:
        """Take over a broken vehicle's goods by one or two others: up to four plans, best first.

        ``rescuers`` None lets the hub's spares and the nearest routes with room, skills and shift try.
        """
        repairs = rescue(problem, broken, rescuers, self.effort, self.seed)
        stop_ids = [problem.stop_ids[stop] for stop in problem.sequences[problem.route_index[broken]]]
        return with_exclusions(problem, repairs, stop_ids, _routes(problem, rescuers))

    def rendezvous(self, problem: FleetProblem, giver: RouteId, takers: Collection[RouteId] | None = None) -> Repairs:
        """Let another vehicle meet a late one at its committed stop and take goods over: up to two plans."""
        return rendezvous(problem, giver, takers, self.effort, self.seed)

    def through_hub(self, problem: FleetProblem, giver: RouteId, takers: Collection[RouteId] | None = None) -> Repairs:
        """Let a late vehicle bring goods back to its hub for one that leaves later: up to two plans."""
        return through_hub(problem, giver, takers, self.effort, self.seed)

    def take_back(self, problem: FleetProblem, route_id: RouteId) -> Repairs:
        """Give stops whose goods another vehicle kept, as their hand-over failed, back to that vehicle."""
        return take_back(problem, route_id, self.effort, self.seed)


def _routes(problem: FleetProblem, named: Collection[RouteId] | None) -> list[int]:
    """The routes that were asked, by index: all when None."""
    return [r for r, route_id in enumerate(problem.route_ids) if named is None or route_id in named]

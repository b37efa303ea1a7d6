"""How likely each promise is to be missed, as of a snapshot, if nobody intervenes; and what a candidate would change.

Owns the priors, what today's finished legs teach, the random draws and the forecast. May import travel, the kernel and
the problem; never repair. Reads a snapshot's past only: nothing here knows what will happen.
"""

from optimizer.risk.forecast import Forecaster
from optimizer.risk.priors import Priors

__all__ = ["Forecaster", "Priors"]

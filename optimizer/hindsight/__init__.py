"""Plans held against what then really happened: the day as it was driven, and any plan of it driven once more.

Owns the reading of realised travel, visits, hold-ups and departures from a finished day (``realised``), the replay of
a plan under them (``replay``), and the comparison of two plans (``comparison``). May import risk, travel and the
kernel; never repair. Nothing here is drawn.
"""

from optimizer.hindsight.comparison import CALLED_OFF, Comparison, Tally, compare
from optimizer.hindsight.realised import Realised, look_back
from optimizer.hindsight.replay import Replayed, replay

__all__ = ["CALLED_OFF", "Comparison", "Realised", "Replayed", "Tally", "compare", "look_back", "replay"]

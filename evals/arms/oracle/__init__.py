"""The oracle: what could have been made of the day by somebody who knows its truth from each disruption on.

At the moment of each disruption (``known``) it takes the day as it then stands (``picture``), searches for better
sequences with the true times of the rest of the day (``search``), has the day itself played to its end with them
(``rehearsal``), and sends them to the drivers (``orders``) if that breaks fewer promises. It knows no disruption before
it happens, and has the custody rules of everybody else: goods stay with their van, or are fetched where it broke down;
what has not left the hub is free.
"""

from evals.arms.oracle.playing import play_oracle

__all__ = ["play_oracle"]

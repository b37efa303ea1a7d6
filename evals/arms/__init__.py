"""The arms: what is compared on the same day and seed.

``play`` plays a day under one arm. The two arms of an operations room without the service (``reactive``, ``greedy``)
know the plan and what the field reports, and nothing else: what they are made of must not import the truth, the world
or the vehicles. The ``oracle`` reads the truth, and says of what from when on.
"""

from evals.arms.playing import Arm, play

__all__ = ["Arm", "play"]

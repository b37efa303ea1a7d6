"""The kernel of Forestall: the domain model, the store, intake, and the wiring.

Owns what every other folder speaks in (``domain``), where truth is kept (``store``), how the outside world's
data becomes ours (``intake``), settings, clock and errors, and the one place that wires all of it (``bootstrap``).
Only ``bootstrap`` and ``cli`` may import the folders above (agent, api, tools, evals); nothing else here does.
"""

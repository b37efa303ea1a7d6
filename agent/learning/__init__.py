"""How the risk model learns: outcomes label scores, challengers contend, and a forecast that drifts loses its autonomy.

Owns the labels, the examples made of them, training and promotion, the drift watch and the report. Uses the store, and
the optimizer for models and figures; it knows nothing of cases, tools or graphs, and the rest of the agent asks it two
things only: which forecaster is in force, and which hubs drift (``Forecasting``).
"""

"""``forestall bench risk``: the learned layer on real records of other fleets, beside the two baselines.

Owns how each data set is read, what was known at each scoring moment, and how it is scored: trained on the older days,
judged on the newer. The models, calibrations and metrics are the service's own (``optimizer.risk.learned``).
"""

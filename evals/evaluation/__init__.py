"""``forestall eval``: many days, seeds and arms played, compared pair by pair, and told with how sure one can be.

Owns the log of runs, the intervals, the summary, the report and the comparison with the last release. It sees what was
played through ``evals.metrics`` alone, and imports nothing of the service.
"""

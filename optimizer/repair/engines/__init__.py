"""The ladder's own engines, compiled: a plan in milliseconds (FIRST) and a better one in about a second (SECOND).

May import the sub-problem and its evaluator. Every answer has passed through ``evaluate``; the evaluator knows nothing
of what is in here. A solve runs without the interpreter lock, so it may run in a thread of a live service.
"""

from optimizer.repair.engines.rungs import Answer, Rung, SearchBudget, solve

__all__ = ["Answer", "Rung", "SearchBudget", "solve"]

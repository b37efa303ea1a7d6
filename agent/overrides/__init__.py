"""Learning from overrides: what people decided otherwise, held against what was proposed once the day is known.

Owns which decisions count as overrides (``which``), their scores both ways (``scoring``), the report with its
intervals (``report``) and the rules it suggests (``suggestions``). A suggestion is a text for a person to take over:
nothing here changes a policy, and nothing here speaks of one worker.
"""

"""The agent: turns forecasts into cases, and cases into decisions people can see through and overrule.

Owns detection and grouping (``detectors``, ``caseload``), the LangGraph run of one case (``graph``, ``steps``), the
planner that ranks, approvals, the scheduled sweep, the relay of the outbox, and the service facade. Uses tools,
optimizer, policies and the store; must not import the API or evals.
"""

"""What people do about cases: each act is asked of policy, guarded by the revision seen, and on the audit record.

Owns the acts (``care``, ``edits``, ``undoing``, ``pins``, ``confirming``), whose hand did them (``hand``), and the
tiers a question climbs while nobody answers (``escalation``). Used by the service facade; an act that has to wait for
the tick is a row first (decision 3). Must not import the API.
"""

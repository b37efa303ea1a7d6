"""Policy: what the agent may do by itself, what waits, what is forbidden, and who may answer.

Owns the Cedar files (guardrails, autonomy, access, schema), the operations' own examples, and the gate that asks
them. Pure: it takes a question and returns a verdict; it must not import the store, intake, settings or the agent.
"""

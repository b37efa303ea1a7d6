"""The five tools: pure proposers of candidates, and the channels their effects leave by.

A tool takes a ``Situation`` and returns an ``Offer``: feasible candidates, or why it has none. It changes nothing;
committing writes outbox rows, and the relay hands those to a channel (``channels``). May use the optimizer's pure
parts and the domain; must not import the agent, the API or evals.
"""

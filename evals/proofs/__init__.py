"""Proofs of what must never happen, on real databases with real processes and threads.

Owns a day on which any number of cases wait at once, and the three proofs on it: a killed process loses and doubles
nothing, an accepted veto is obeyed, and the kill switch stops everything. It may use the service's parts as bootstrap
wires them; nothing of the service imports it.
"""

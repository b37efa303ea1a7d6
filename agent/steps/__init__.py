"""The steps of a case's graph, in the order they run: consider, decide, carry out. Each is one transaction at most."""

"""Planners order candidates that are already feasible. Owns ranking alone; a planner never makes a candidate."""

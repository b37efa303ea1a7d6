"""The simulated day: a world that plays a plan in virtual time, the arms compared in it, and what came of each.

Owns the disruption profiles, the day's truth, the world of drivers, hubs and customers, the built-in city, the
metrics and the demo. The service under test is reached through its HTTP interface alone, and its effects are read
as drivers and customers would read them; only ``link`` builds a service, through ``forestall.bootstrap``. Nothing
here imports the store, the agent or SQLAlchemy, and nothing below this folder imports it.
"""

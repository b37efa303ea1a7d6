"""`forestall bench repair`: repair engines side by side on seeded disruptions of real and classic days.

Owns the days (VRPLIB files with a plan in whole seconds), the disruptions, the freezing of what is done or committed,
the peers (other people's solvers), the oracle (the best of the pool), the hand-over checker and the table. Engines are
asked for sequences alone; every score is ``optimizer.repair.evaluation``'s. May import the intake's file readers and
the optimizer; nothing imports it but its command.
"""

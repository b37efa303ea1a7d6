"""Forecasting and repairing routes: travel times, risk and plans. Pure: values in, values out.

Owns what a plan costs (prices), how long roads take (travel), how likely each promise is to be missed (risk) and
better plans (repair). Imports ``forestall.domain`` and ``forestall.errors`` alone of ours: no store, no clock, no
settings, and no network outside ``travel``. Everything random is seeded by (seed, entity id), so equal inputs give
equal outputs.

Units: seconds since the problem's epoch, metres, WGS 84 degrees; prices are in the worth of one second of driving.
"""

"""The database's history, one script a step, run by ``Store.migrate``.

A released script is never edited: the next change is the next script. Scripts name plain column types and no module
of ours, so that they go on meaning what they meant. Must not be imported by anything but Alembic.
"""

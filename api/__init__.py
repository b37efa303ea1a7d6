"""The HTTP surface: JSON under ``/v1`` and plain server-rendered pages for a dispatcher.

Owns how a request becomes a call and how an answer or an error is shown; decides nothing itself. Endpoints are plain
functions run in a thread pool, and one request is one transaction whose edge (here, or the intake and the service it
calls) commits. Must not import SQLAlchemy, ``evals``, ``forestall.bootstrap`` or ``forestall.cli``: the service is
handed in, wired.
"""

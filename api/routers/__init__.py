"""One module per group of addresses: ingest, dispatch, audit and the pages.

A router reads the request, makes one call, and shapes the answer. It must not import SQLAlchemy, nor another router.
"""

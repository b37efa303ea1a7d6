"""The pages a dispatcher sees: what they show (view values), how (templates), and how it looks (one style sheet).

Server-rendered and complete without JavaScript; the full console is a later piece of work. A view is a pure reading of
the unit of work. Must not import SQLAlchemy, nor decide anything: answers go through the service.
"""

"""Named situations with the database state they must end in, each a short story.

``day`` makes the small days they happen on, ``scene`` is one running service with its field and its people, ``state``
reads what the database holds at the end, ``expectation`` says what it should, ``story`` joins the three under a name.
The stories themselves stand in ``stories`` by what they are about; ``suite`` runs them as a ``pydantic-evals`` dataset
and ``command`` is ``forestall eval-scenarios``. May use whatever evals may; nothing outside evals may import it.
"""

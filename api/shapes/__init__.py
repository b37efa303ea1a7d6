"""The shapes of answers, for the OpenAPI document and for whoever reads it.

Owns pydantic models only: no behaviour, no reading of the store. Units and conventions: times are ISO 8601 in UTC;
durations are seconds (``_s``); money is integer cents; probabilities run 0..1; ids are opaque strings. Must not import
anything of ours but ``forestall.domain``.
"""

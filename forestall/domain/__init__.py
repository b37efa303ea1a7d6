"""The domain model: frozen values and the pure rules that relate them.

Owns the vocabulary of docs/glossary.md. Imports nothing of ours and no third-party package, so every other folder
may depend on it. Times are aware UTC datetimes; durations are seconds (``_s``); money is integer cents.
"""

"""Python's cycle collector, set for a process that builds hundreds of thousands of small values that hold no cycles."""

import gc

_YOUNG = 100_000  # new objects between two looks at the youngest; the usual 700 look thousands of times in one picture


def collect_less() -> None:
    """Call once when everything is loaded: what is there by now is not looked at again, the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)

"""Memory, set for a process that builds hundreds of thousands of small values that hold no cycles, and large arrays."""

import ctypes
import gc
import sys

_YOUNG = 100_000  # new objects between two looks at the youngest; the usual 700 look thousands of times in one picture
# The numbers of malloc.h, and what of memory is large and how much of it is kept.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE_BYTES, _KEPT_BYTES = 32 << 20, 256 << 20


def collect_less() -> None:
    """Call once when everything is loaded: what is there by now is not looked at again, the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)


def keep_memory() -> None:
    """Call once at the start: what large arrays leave is kept for the next ones. A sweep makes and drops arrays of
    megabytes by the hundred, and to fault their pages in anew takes a tenth of its time. Under glibc only."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # other C libraries have no such call
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)

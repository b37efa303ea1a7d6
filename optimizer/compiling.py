"""How inner loops are compiled: to machine code at the first call, kept on disk, without the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile at the first call, and keep the result on disk. The compiled code runs without the interpreter lock."""
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy")(function))


def borrowing(function: _Function) -> _Function:
    """``compiled`` without counting references: for functions that neither make an array nor return one.

    Handing over a tuple of many arrays counts each of them up and down, atomically: for a tuple of forty that takes
    ten times as long as driving to a stop in 64 samples. Whoever calls holds the arrays meanwhile. A function that
    makes an array is refused by the compiler; one that returns an array would be a fault that nothing refuses.
    """
    untyped: Any = njit  # whose own annotations leave this option out
    return cast(_Function, untyped(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))

"""Memory that large arrays leave stays with the process."""

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource
import numpy as np
from forestall.collector import keep_memory
keep_memory()
for _ in range(5):
    [np.ones(500_000) for _ in range(20)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    [np.ones(500_000) for _ in range(20)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_arrays_that_come_and_go_fault_no_pages_in_anew() -> None:
    """50 times 80 MB are about a million pages of 4 KB."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout) < 20_000

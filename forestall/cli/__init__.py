"""The command line: ``forestall …``.

Owns how a command is read and how its outcome is shown; the work is done by the service, the intake and evals, which
are imported by the command that needs them so that ``--help`` answers at once. Nothing may import this package.
"""

import os
import sys

from forestall.cli.output import complain
from forestall.errors import ForestallError


def main() -> None:
    """The entry point. Exit codes: 0 done, 1 it failed, 2 the input or the usage was wrong."""
    from forestall.cli.commands import make_app

    try:
        make_app()(prog_name="forestall")
    except ForestallError as error:
        sys.exit(complain(error))
    except BrokenPipeError:
        # The reader (head, less) has gone: not a fault, but Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

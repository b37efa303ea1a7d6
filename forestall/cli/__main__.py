"""``python -m forestall.cli`` is ``forestall``."""

from forestall.cli import main

main()

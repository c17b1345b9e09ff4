"""``python -m autograder`` is the command ``autograder``."""

import sys

from .cli import main

if __name__ == "__main__":  # worker processes import this file, too
    sys.exit(main())

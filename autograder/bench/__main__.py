"""``python -m autograder.bench [PART…]``."""

import os
import sys

if __name__ == "__main__":  # worker processes import this file, too
    # One thread for all; NumPy's libraries read this when they are loaded.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    from .bench import main

    main(sys.argv[1:])

"""Starts bots on paper, one a line of input, each a process of its own that waits to be killed.

The first line of output says that everything is imported; then each start prints its process
id. Forking from here spares each of them the second that imports take.
"""

import os
import sys
from pathlib import Path

from tests.modes.samples import run_for


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            path, checkpoint_s = line.split()
            run_for(Path(path), duration_s=60.0, checkpoint_s=float(checkpoint_s))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main()

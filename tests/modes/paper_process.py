"""A bot on paper as a process: it says `trading`, and ends as the command line would.

    python -m tests.modes.paper_process SESSION SECONDS [full]

full: the disk takes no file larger than a few hundred kilobytes.
"""

import resource
import signal
import sys
from pathlib import Path

from bot.errors import BotError
from tests.modes.samples import run_for

FILE_BYTES_MAX = 400_000


def main() -> int:
    session, seconds, *wrong = sys.argv[1:]
    if "full" in wrong:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
    try:
        result = run_for(Path(session), duration_s=float(seconds), control=True)
    except BotError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    print(*result.warnings, sep="\n")
    return result.exit_code


if __name__ == "__main__":
    raise SystemExit(main())

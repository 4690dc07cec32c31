"""The command line: plain verbs, data on stdout, talk on stderr, exit codes that mean something.

Nothing heavy is imported before a verb needs it.
"""

from bot.cli.entry import main

__all__ = ["main"]

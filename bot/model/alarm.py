"""How far a cascade of liquidations has gone, as those must know who let orders go."""

import enum


class Alarm(enum.IntEnum):
    """What is not allowed any more, stricter with every step.

    CAUTION: nothing passive against the move, half the size. DEFEND: quotes are taken back, and
    what is held may only become less. HALT: the same, for half an hour at least.
    """

    NORMAL = 0
    CAUTION = 1
    DEFEND = 2
    HALT = 3

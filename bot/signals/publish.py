"""Kernels that publish scores and remember what each strategy has seen of them.

Triggers hang on the main slot of a signal and are pulled once it is computed, not at every
publication: the code of a trigger stands in one place of the loop instead of in sixty.
"""

from bot.book.arrays import f8, i8, void
from bot.kernel import kernel
from bot.kernel.places import VECTOR
from bot.signals.arrays import SIGNALS, SIGNALS_LAYOUT, WOKEN, Signals
from bot.signals.slots import HIGH, LOW, SEEN, SEEN_KNOWN, STRATEGY, TRIGGER_SLOT, WAKE
from bot.tape.rows import Int64s

signals_at = SIGNALS_LAYOUT.view


@kernel(void(SIGNALS, i8))
def pull_triggers(signals: Signals, slot: int) -> None:
    """Wake the strategies for whom a slot has changed enough since they looked."""
    known = signals.known[slot]
    value = signals.value[slot]
    for k in range(signals.trigger_first[slot], signals.trigger_first[slot + 1]):
        trigger = signals.trigger[k]
        woken = (trigger[SEEN_KNOWN] != 0.0) != (known != 0)
        if not woken and known != 0:
            seen = trigger[SEEN]
            inside = trigger[LOW] <= value <= trigger[HIGH]
            was_inside = trigger[LOW] <= seen <= trigger[HIGH]
            woken = inside != was_inside or abs(value - seen) >= trigger[WAKE]
        if woken:
            signals.clock[WOKEN] |= 1 << int(trigger[STRATEGY])


@kernel(void(SIGNALS, i8, f8))
def publish(signals: Signals, slot: int, value: float) -> None:
    """Publish a score."""
    if value - value != 0.0:
        # Neither NaN nor infinity ever leaves a signal: what cannot be computed is not known.
        signals.known[slot] = 0
    else:
        signals.value[slot] = value
        signals.known[slot] = 1


@kernel(void(SIGNALS, i8))
def withdraw(signals: Signals, slot: int) -> None:
    """Publish that a score is not known."""
    signals.known[slot] = 0


@kernel(void(SIGNALS, i8))
def look(signals: Signals, strategies: int) -> None:
    """The strategies of these bits have seen all their slots, and are not woken any more."""
    for k in range(signals.trigger.shape[0]):
        trigger = signals.trigger[k]
        if (strategies >> int(trigger[STRATEGY])) & 1:
            slot = int(trigger[TRIGGER_SLOT])
            trigger[SEEN] = signals.value[slot]
            trigger[SEEN_KNOWN] = float(signals.known[slot])
    signals.clock[WOKEN] &= ~strategies


@kernel(void(VECTOR, i8))
def pull_triggers_at(places: Int64s, slot: int) -> None:
    """`pull_triggers` over the signals at the beginning of a vector of places."""
    pull_triggers(signals_at(places, 0), slot)


@kernel(void(VECTOR, i8))
def look_at(places: Int64s, strategies: int) -> None:
    """`look` over the signals at the beginning of a vector of places."""
    look(signals_at(places, 0), strategies)

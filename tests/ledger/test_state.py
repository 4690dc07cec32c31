"""A ledger that is written down and read back is the same ledger."""

import msgspec
from hypothesis import given

from bot.ledger.ledger import Ledger, LedgerState
from tests.ledger.market import ALICE, INSTRUMENTS, LINEAR, NOWHERE, fill
from tests.ledger.test_attribution import Run, histories, last_look, new_ledger

encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def written(ledger):
    return encoder.encode(ledger.state())


@given(histories, histories, last_look)
def test_a_ledger_goes_on_after_a_restart_as_though_nothing_had_been(before, after, last):
    played = Run(new_ledger())
    for step in before:
        played.step(step)

    image = written(played.ledger)
    restored = Ledger.restore(INSTRUMENTS, msgspec.json.decode(image, type=LedgerState))
    assert written(restored) == image

    again = Run(restored)
    again.prices = played.prices
    for step in [*after, last]:
        applied_once(step, played, again)
    assert written(again.ledger) == written(played.ledger)
    assert again.ledger.attribution(again.prices) == played.ledger.attribution(played.prices)


def applied_once(step, played, again):
    """Let both ledgers take the very same events, ids and all."""
    events = Recorder(played.ledger)
    played.ledger, real = events, played.ledger
    played.step(step)
    played.ledger = real
    for arguments in events.seen:
        again.ledger.apply(*arguments)


class Recorder:
    """Passes events on to a ledger and keeps them."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.seen = []

    def apply(self, *arguments):
        self.seen.append(arguments)
        return self.ledger.apply(*arguments)


@given(histories)
def test_a_state_that_was_taken_is_not_touched_by_later_events(history):
    played = Run(new_ledger())
    for step in history:
        played.step(step)
    state = played.ledger.state()
    image = encoder.encode(state)

    restored = Ledger.restore(INSTRUMENTS, state)
    run = Run(restored)
    for step in history:
        run.step(step)
        played.step(step)

    assert encoder.encode(state) == image


def test_a_duplicate_is_still_one_after_a_restart():
    ledger = new_ledger()
    event = fill(LINEAR, "1", "60000", "3")
    ledger.apply(event, ALICE, NOWHERE, None)

    restored = Ledger.restore(INSTRUMENTS, ledger.state())

    assert restored.apply(event, ALICE, NOWHERE, None) == ()
    assert restored.state() == ledger.state()

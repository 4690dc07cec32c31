"""Passive orders at the touch on a schedule, here and in hftbacktest, over the same recording."""

import json
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from bot.model.command import Side
from bot.model.units import AccountId, Currency
from bot.recording.exporters.hftbacktest import export_hftbacktest
from bot.recording.reader import Recording
from bot.tape.cut import join
from bot.tape.rows import LEVEL, SNAPSHOT, Block
from bot.venues.simulated import queue
from bot.venues.simulated.fees import FeeSchedule
from bot.venues.simulated.latency import Constant
from bot.venues.simulated.listing import Listing
from bot.venues.simulated.margin import Tier
from bot.venues.simulated.queue import QueueRule
from bot.venues.simulated.reports import Change, OrderReport
from bot.venues.simulated.requests import CancelOrder, PlaceOrder
from bot.venues.simulated.venue import SimulatedVenue
from tests.recordings import tapes

LATENCY_NS: Final = 10_000_000
LIVES_NS: Final = 20_000_000_000
EVERY_NS: Final = 500_000_000
ACCOUNT: Final = AccountId("here")
SCRIPT: Final = Path(__file__).parent.parent / "benchmarks" / "hftbacktest_fills.py"
RULES: Final[Mapping[str, QueueRule]] = {
    "risk_averse": QueueRule(queue.RISK_AVERSE, 3, whole=True),
    "power": QueueRule(queue.POWER, 3, whole=True),
    "power_of_all": QueueRule(queue.POWER_OF_ALL, 2, whole=True),
    "power_of_front": QueueRule(queue.POWER_OF_FRONT, 3, whole=True),
    "log": QueueRule(queue.LOG, 3, whole=True),
    "log_of_all": QueueRule(queue.LOG_OF_ALL, 3, whole=True),
}


class Schedule(Struct, frozen=True):
    """An order a row: when it is sent, side, ticks, lots, and when its cancel is sent."""

    sent: npt.NDArray[np.int64]
    side: npt.NDArray[np.int64]
    price: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    cancel: npt.NDArray[np.int64]


def block_of(recording: Recording) -> Block:
    """The recorded BTC perpetual in one piece."""
    (source,) = recording.sources([tapes.BTC])
    return join(list(source.blocks()))


def schedule(block: Block) -> Schedule:
    """A bid at the best bid and an ask at the best ask every half second, as they were heard.

    Times are off every millisecond, so that no order meets a row of its own nanosecond.
    """
    first = int(block.ts_recv[block.start]) + 20_000_000_000
    last = block.last_ns - LIVES_NS - 1_000_000_000
    times = range(first // 1_000_000 * 1_000_000 + 137, last, EVERY_NS)
    rows: list[tuple[int, int, int, int, int]] = []
    sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
    m = block.start
    for k, at_ns in enumerate(times):
        while block.ts_recv[m] <= at_ns:
            if block.flags[m] & SNAPSHOT:
                sides = {1: {}, -1: {}}
            for r in range(int(block.first[m]), int(block.first[m + 1])):
                if block.kind[r] == LEVEL:
                    levels, price = sides[int(block.side[r])], int(block.price[r])
                    levels.pop(price, None)
                    if block.size[r]:
                        levels[price] = int(block.size[r])
            m += 1
        lots = (1, 20, 400)[k % 3]
        rows.append((at_ns, 1, max(sides[1]), lots, at_ns + LIVES_NS))
        rows.append((at_ns + 1, -1, min(sides[-1]), lots, at_ns + LIVES_NS + 1))
    return Schedule(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def alone(recording: Recording, block: Block, plan: Schedule, rule: QueueRule) -> list[int]:
    """The same as `ours` for orders none of which meets another of us on its side.

    Ours share a trade between them, as they would at a venue; hftbacktest gives all of it to
    each. So the orders go in several passes, and in none do two stand at once.
    """
    found = [0] * len(plan.sent)
    passes = -(-(LIVES_NS + LATENCY_NS) // EVERY_NS) + 1
    for which in range(passes):
        chosen = [k for k in range(len(found)) if k // 2 % passes == which]
        part = Schedule(*(getattr(plan, name)[chosen] for name in plan.__struct_fields__))
        for k, filled_ns in zip(chosen, ours(recording, block, part, rule), strict=True):
            found[k] = filled_ns
    return found


def ours(recording: Recording, block: Block, plan: Schedule, rule: QueueRule) -> list[int]:
    """The venue's time at which each order had filled whole; 0: not, -1: rejected."""
    instrument = recording.instruments[tapes.BTC]
    fees = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"))
    there = SimulatedVenue(
        block.instruments,
        (1 << 16,),
        {tapes.BTC: Listing(instrument, fees, (Tier(Decimal(0), Decimal("0.004")),))},
        {ACCOUNT: {Currency("USDT"): Decimal(10**12)}},
        Constant(LATENCY_NS, LATENCY_NS),
        # The whole tape is fed ahead: every row stands where it happened.
        lateness_ns=60_000_000_000,
        queue=rule,
    )
    there.feed(block)
    there.finish()
    found = [0] * len(plan.sent)
    todo = sorted(
        [(int(at), 0, k) for k, at in enumerate(plan.sent)]
        + [(int(at), 1, k) for k, at in enumerate(plan.cancel)]
    )
    for at_ns, cancels, k in todo:
        if cancels:
            there.send(CancelOrder(account=ACCOUNT, instrument=tapes.BTC, client_id=str(k)), at_ns)
        else:
            there.send(
                PlaceOrder(
                    account=ACCOUNT,
                    client_id=str(k),
                    instrument=tapes.BTC,
                    side=Side(int(plan.side[k])),
                    size=int(plan.size[k]),
                    price=int(plan.price[k]),
                    post_only=True,
                ),
                at_ns,
            )
    there.advance(block.last_ns + 60_000_000_000)
    for said in there.take_said():
        if isinstance(said, OrderReport):
            k = int(said.request.client_id)
            if said.change is Change.REJECTED:
                found[k] = -1
            elif said.change is Change.TRADE and said.leaves == 0:
                found[k] = said.at_ns
    return found


def theirs(
    interpreter: str, recording: Recording, plan: Schedule, name: str, folder: Path
) -> list[int]:
    """The same of hftbacktest."""
    events, rows = folder / "btc.npz", folder / "schedule.npz"
    if not events.exists():
        (source,) = recording.sources([tapes.BTC])
        export_hftbacktest(source, events)
    np.savez(rows, **{field: getattr(plan, field) for field in plan.__struct_fields__})
    done = subprocess.run(
        [interpreter, str(SCRIPT), str(events), str(rows), name, str(RULES[name].power), "whole"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["placed"] == len(plan.sent)
    filled: list[int] = told["filled"]
    return filled

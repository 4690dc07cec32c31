"""From the bytes of a depth frame to an approved command, in process, in CPU time.

Run: BOT_RECORDINGS=FOLDER python -m tests.benchmarks.bench_live
All recorded frames in their order; those of about fifty changes count. Two strategies look
at every one; one of them turns its position often, and only frames that end in an order count.
What the order then becomes (sent, filled) is told to the engine outside the measured time.
"""

import time
from decimal import Decimal
from pathlib import Path
from statistics import median

from bot.engine.engine import Engine
from bot.feeds.binance.decoder import BinanceDecoder
from bot.model.command import Approved
from bot.model.event import Fill, IntentDurable, OrderSent, Transfer
from bot.modes import setup
from bot.tape.builder import BlockBuilder
from tests.benchmarks.bench_decoder import CHANGES
from tests.conftest import recordings_folder
from tests.feeds.binance.captures import CAPTURES
from tests.recordings import tapes
from tests.recordings.configs import config

GATE_US, GOAL_US = 25.0, 15.0
ORDERS_MIN = 200


def answer(engine: Engine, approved: Approved, now: int) -> None:
    """The venue fills an order whole, at its price."""
    proposal = approved.proposal
    common = {"ts_venue": now, "account": proposal.account, "order_id": approved.order_id}
    engine.step(IntentDurable(ts_recv=now, **common))
    engine.step(OrderSent(ts_recv=now, **common))
    fill = Fill(
        ts_recv=now,
        trade_id=approved.order_id,
        instrument=proposal.instrument,
        side=proposal.side,
        size=proposal.size,
        price=proposal.price,
        fee=Decimal(0),
        fee_currency="USDT",
        maker=False,
        **common,
    )
    for another in engine.step(fill).approved:
        answer(engine, another, now)


def main() -> None:
    """Print where the time of a frame goes."""
    linear = CAPTURES[0]
    frames = linear.frames(recordings_folder())
    instrument = linear.instrument(frames)
    clock_ns = 1_300_000_000  # The recorder's clock ran behind.
    strategies = {
        "turn": {"use": str(Path(__file__).parent / "turn.py"), "instrument": tapes.BTC},
        "hedge": {"use": "delta_hedge", "perp": tapes.BTC, "inventory": 1.0, "band": 5.0},
    }
    made = setup.of(config(strategies, ["binanceusdm"]), [instrument], "t1")
    engine = Engine(made.settings)
    builder = BlockBuilder((instrument.id,), 1 << 14)
    decoder = BinanceDecoder(instrument, builder, [])
    now = frames[0][0] + clock_ns
    money = Transfer(
        ts_recv=now,
        ts_venue=now,
        account="binanceusdm",
        currency="USDT",
        amount=Decimal(10**7),
        reference="deposit",
    )
    engine.step(money)
    decoded, stepped, changes = [], [], []
    for received, frame in frames:
        now = received + clock_ns
        began = time.process_time_ns()
        decoder.decode(now, frame)
        if not builder.messages:
            continue
        block = builder.take()
        between = time.process_time_ns()
        outcome = engine.step(block)
        ended = time.process_time_ns()
        count = frame.count(b'["')
        if outcome.approved and b"@depth" in frame and CHANGES - 15 <= count <= CHANGES + 15:
            decoded.append((between - began) / 1000)
            stepped.append((ended - between) / 1000)
            changes.append(count)
        while True:
            for approved in outcome.approved:
                answer(engine, approved, now + 1)
            block = block.part(block.start + outcome.consumed, block.stop)
            if not block.messages:
                break
            outcome = engine.step(block)
    assert len(changes) >= ORDERS_MIN, len(changes)
    whole = [first + second for first, second in zip(decoded, stepped, strict=True)]
    print(
        f"frame of {median(changes):g} changes to approved order: {median(whole):.1f} us "
        f"(bytes to block {median(decoded):.1f}, step {median(stepped):.1f}), "
        f"gate {GATE_US:g}, goal {GOAL_US:g}; {len(changes):,} orders"
    )


if __name__ == "__main__":
    main()

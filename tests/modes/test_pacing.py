import asyncio

from bot.model.event import FundingRate, OperatorCommand
from bot.model.units import InstrumentId
from bot.modes.pacing import BEHIND_S, TOGETHER, Paced
from bot.modes.sources import Quiet
from bot.tape.builder import BlockBuilder
from bot.tape.rows import BUY, Block

NAME = InstrumentId("sim:BTC/USDT")
MS = 1_000_000
SECOND = 1_000 * MS


class Wall:
    """A clock that goes on by itself as long as somebody looks at it."""

    def __init__(self, step_ns: int) -> None:
        self.now = 0
        self.step_ns = step_ns

    def __call__(self) -> int:
        self.now += self.step_ns
        return self.now


def trades(*times: int) -> Block:
    builder = BlockBuilder((NAME,))
    for at in times:
        builder.trade(at, at, BUY, 100, 1)
    return builder.take()


def rate(at: int) -> FundingRate:
    return FundingRate(
        ts_recv=at, ts_venue=at, instrument=NAME, rate=0, settles_ns=at, settled=False
    )


def paced(items, speed=1.0, step_ns=50 * MS) -> Paced:
    return Paced(iter(items), start_ns=0, speed=speed, clock=Wall(step_ns))


async def heard(market: Paced, count: int) -> list[object]:
    return [await market.next(None) for _ in range(count)]


def command(now: int) -> OperatorCommand:
    return OperatorCommand(ts_recv=now, ts_venue=now, verb="pause", who="me", why="")


async def test_items_come_in_their_order_until_the_end():
    items = [trades(10 * MS, 20 * MS), rate(30 * MS), trades(60 * MS)]
    market = paced(items, step_ns=200 * MS)

    said = [one for one in await heard(market, 4) if not isinstance(one, Quiet)]

    assert [type(one) for one in said] == [Block, FundingRate, Block, type(None)]


async def test_a_block_is_released_only_as_far_as_time_has_come():
    market = paced([trades(10 * MS, 20 * MS, 90 * MS)], step_ns=40 * MS)

    first, quiet, second = await heard(market, 3)

    assert first.messages == 2
    assert quiet == Quiet(40 * MS + 1)
    assert isinstance(second, Quiet)


async def test_time_runs_faster_than_the_wall_clock_by_the_speed():
    market = paced([trades(3600 * SECOND)], speed=100.0, step_ns=50 * MS)

    quiets = await heard(market, 4)

    assert [one.until_ns - 1 for one in quiets] == [k * 5 * SECOND for k in (1, 2, 3, 4)]


async def test_a_machine_that_cannot_keep_up_slows_the_market_down():
    market = paced([trades(3600 * SECOND)], step_ns=20 * SECOND)

    quiets = await heard(market, 2)

    assert quiets[1].until_ns - quiets[0].until_ns == int(BEHIND_S * SECOND)


async def test_an_event_from_outside_enters_at_the_present_and_wakes_the_market_at_once():
    market = paced([trades(3600 * SECOND)])
    await market.next(None)
    loop = asyncio.get_running_loop()
    began = loop.time()
    loop.call_later(0.001, market.enter, command)

    async with asyncio.timeout(1):
        while not isinstance(said := await market.next(None), OperatorCommand):
            pass

    assert said.ts_recv == market.now_ns
    assert loop.time() - began < 0.2


async def test_an_event_from_outside_never_stands_before_what_was_released():
    market = paced([trades(10 * MS, 20 * MS), trades(30 * MS)], step_ns=200 * MS)
    await heard(market, 1)

    market.enter(command)
    entered = await market.next(None)
    after = await market.next(None)

    assert entered.ts_recv == 20 * MS
    assert after.first_ns == 30 * MS


async def test_after_the_end_nothing_comes():
    market = paced([trades(10 * MS)], step_ns=200 * MS)

    market.end()

    assert await market.next(None) is None


async def test_a_market_that_never_sleeps_lets_others_have_their_turn():
    """A signal or a command is heard between two items, though none of them is waited for."""
    market = paced([rate(k) for k in range(1_000)], speed=1e9)
    await heard(market, 2)  # it sleeps before the second
    asyncio.get_running_loop().call_soon(market.end)

    said = await heard(market, 4 * TOGETHER)

    assert said[-1] is None
    assert sum(one is not None for one in said) < 2 * TOGETHER

"""Readings against the whole history at once, for gauges whose memory is of several kinds."""

import math

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bot.model.command import Side
from bot.model.event import FeedLost, InstrumentChanged, OpenInterest
from bot.signals.basis.dislocation import VenueDislocation
from bot.signals.funding_rates.skew import FundingSkew
from bot.signals.liquidations.cascade import Cascade
from bot.signals.liquidations.cascade_score import cascade_score
from bot.signals.open_interest.leverage import LeverageRatio
from bot.signals.open_interest.quadrant import Quadrants, quadrant
from bot.signals.plain.motion import Motion
from tests.signals.gauges.bench import (
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TERMS,
    A,
    B,
    C,
    Look,
    Step,
    feed,
    forced,
    funding,
    histories,
    interest,
    log_bps,
    made,
    outputs,
)
from tests.signals.gauges.every import ANY
from tests.signals.gauges.test_every_gauge import concerning, time_of
from tests.signals.oracle import robust_z

near = pytest.approx
walks = st.lists(st.floats(-30.0, 30.0), min_size=1, max_size=120)


def about(x: float | None, **more: float):
    return None if x is None else near(x, **more)


def plain(step: Step) -> bool:
    """Whether it says one thing: changes, losses and units have tests of their own."""
    if isinstance(step, OpenInterest):
        return step.amount < 1_000
    return not isinstance(step, FeedLost | InstrumentChanged)


@given(walks, st.sampled_from([5, 20, 60]))
def test_motion_is_of_the_prices_of_a_minute_ago_and_of_whole_minutes(moves, every):
    motion, prices = Motion(), {}
    for k, price in enumerate(np.cumsum(moves).tolist()):
        t = T0 + k * every * SECOND
        motion.look(t, price)
        prices[t] = price
    now = max(prices)

    before = prices.get(now - MINUTE)
    moved = None if before is None else math.expm1((prices[now] - before) / 1e4)
    assert motion.moved(now) == about(moved, rel=1e-9, abs=1e-12)
    # The first price of each minute closes the one before.
    closes = [prices[t] for t in sorted(prices) if t % MINUTE == 0]
    returns = np.diff(closes) / 1e4
    variance = None
    for r in returns:
        variance = r * r if variance is None else 0.94 * variance + 0.06 * r * r
    assert motion.variance == about(variance, rel=1e-9, abs=1e-18)
    assert motion.sigma() is None or len(returns) > 60


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.floats(-20, 20))] * 3), max_size=60))
def test_dislocation(looks):
    gauge = VenueDislocation(A, (A, B, C), (ANY,) * 3, wake=1.0).gauge(TERMS)
    names = [str(name) for name in (A, B, C)]
    away = []
    for k, look in enumerate(looks):
        feed(gauge, Look(T0 + 5 * k * MINUTE, dict(zip(names, look, strict=True))))
        there = [x for x in look if x is not None]
        own = look[0]
        away.append(own - float(np.median(there)) if own is not None and len(there) > 1 else None)
    if not looks:
        return

    said = outputs(gauge, T0 + 5 * (len(looks) - 1) * MINUTE)

    assert said["value"] == about(away[-1], abs=1e-9)
    past = [x for x in away[:-1] if x is not None]
    wanted = None if away[-1] is None or len(past) < 672 else robust_z(away[-1], past, 2_016)
    assert said["z"] == wanted


@given(histories(("price",), steps_max=80))
def test_quadrants(steps):
    watch = Quadrants((A,), ANY, age_s_max=900.0, wake=1.0)
    steps = [step for step in concerning(watch, steps) if plain(step)]
    if not steps:
        return
    gauge = made(watch, *steps)
    now = time_of(steps[-1])
    amounts, prices = {}, {}
    for step in steps:
        if isinstance(step, OpenInterest) and step.amount > 0:
            amounts[step.ts_recv] = float(step.amount)
        elif isinstance(step, Look) and step.scores["price"] is not None:
            prices[step.t] = step.scores["price"]

    def stood(series: dict[int, float], t: int, step: int, oldest: int) -> float | None:
        # Of one step of the clock the last is remembered, at its own time.
        kept = {at // step: (at, x) for at, x in sorted(series.items())}
        before = [(at, x) for at, x in kept.values() if at <= t]
        return before[-1][1] if before and t - before[-1][0] <= oldest else None

    for name, span in (("value", 15 * MINUTE), ("slow", 4 * HOUR)):
        oldest = 900 * SECOND + span // 5
        ends = [stood(amounts, t, MINUTE, oldest) for t in (now - span, now)]
        moves = [stood(prices, t, 10 * SECOND, oldest) for t in (now - span, now)]
        wanted = None
        if None not in ends and None not in moves:
            returned = math.expm1((moves[1] - moves[0]) / 1e4)
            wanted = float(quadrant(ends[1] / ends[0] - 1, returned, 0.001))
        assert outputs(gauge, now)[name] == wanted


@given(
    st.lists(
        st.tuples(
            st.sampled_from([(A, 8), (B, 4), (C, 1)]),
            st.integers(-50, 50),
            st.sampled_from([1, 2, 5, 100]),
        ),
        min_size=5,
        max_size=40,
    )
)
def test_skew(words):
    gauge = FundingSkew(A, (A, B, C), wake=1.0).gauge(TERMS)
    now, last = T0, {}
    for (name, hours), tenths, seconds in words:
        now += seconds * SECOND
        rate, ahead = tenths / 1e5, T0 + 100 * HOUR
        feed(gauge, funding(now, f"{rate:.6f}", ahead, interval=hours * HOUR, name=name))
        last[name] = (now, rate / hours)
    fresh = {name: r for name, (t, r) in last.items() if now - t <= 120 * SECOND}
    event(f"{len(fresh)} venues fresh")

    said = outputs(gauge, now)

    if len(fresh) < 2:
        assert said["spread"] is None
        return
    rates = np.array(list(fresh.values()))
    median = float(np.median(rates))
    sigma = max(1.4826 * float(np.median(np.abs(rates - median))), 1e-6)
    assert said["spread"] == near(float(np.ptp(rates)) * 8_760, abs=1e-9)
    assert said["value"] == about((fresh[A] - median) * 8_760 if A in fresh else None, abs=1e-9)
    scored = A in fresh and len(fresh) == 3
    assert said["z"] == about((fresh[A] - median) / sigma if scored else None, abs=1e-6)
    assert gauge.read(now).quality == near(len(fresh) / 3)


@given(st.lists(st.floats(1.0, 100.0), min_size=1, max_size=40))
def test_leverage(against):
    gauge = LeverageRatio((A,), ANY, ANY, wake=1.0).gauge(TERMS)
    gauge.window.obs_min = 5
    ratios = []
    for k, x in enumerate(against):
        t = T0 + k * HOUR
        look = Look(t, {"price": log_bps(2.0), "against": x})
        feed(gauge, interest(t, 10), look)
        ratios.append(20.0 / x)

    said = outputs(gauge, T0 + (len(against) - 1) * HOUR)

    assert said["value"] == near(ratios[-1])
    past = ratios[:-1]
    below = sum(r < ratios[-1] for r in past) + 0.5 * sum(r == ratios[-1] for r in past)
    assert said["rank"] == (None if len(past) < 5 else near(below / len(past), abs=0.02))


@given(
    st.lists(
        st.tuples(st.floats(-40.0, 40.0), st.floats(1e6, 5e7), st.floats(1e6, 5e7)),
        min_size=70,
        max_size=110,
    ),
    st.lists(st.tuples(st.integers(0, 109), st.floats(0.1, 30.0)), max_size=20),
)
def test_cascade(looks, orders):
    """Looks once a minute; open interest never grew, so that there is no map."""
    gauge = Cascade(A, ANY, ANY, ANY, 0.005, True, wake=1.0).gauge(TERMS)
    price, prices, worths = log_bps(60_000.0), [], []
    for k, (moved, bid, ask) in enumerate(looks):
        t = T0 + k * MINUTE
        for _, amount in [order for order in orders if order[0] == k]:
            worths.append((t - SECOND, 60_000.0 * float(str(amount))))
            # Orders alike at one time would be one that is told twice.
            said_at = t - SECOND + len(worths)
            feed(gauge, forced(t - SECOND, Side.BUY, 60_000.0, amount, said=said_at))
        price += moved
        prices.append(price)
        feed(gauge, Look(t, {"price": price, "depth_bid": bid, "depth_ask": ask}))
    now = T0 + (len(looks) - 1) * MINUTE

    returns = np.diff(prices) / 1e4
    variance = returns[0] ** 2
    for r in returns[1:-1]:
        variance = 0.94 * variance + 0.06 * r * r
    moved = math.expm1(returns[-1])
    side = 1 if moved <= 0 else 2
    depths = [look[side] for look in looks]
    drawdown = None
    if len(depths) > 60:
        drawdown = min(1.0, max(0.0, 1 - depths[-1] / float(np.median(depths[:-1]))))
    minutes: dict[int, float] = {}
    for t, x in worths:
        minutes[t // MINUTE] = minutes.get(t // MINUTE, 0.0) + x
    past = [x for minute, x in minutes.items() if minute < now // MINUTE]
    wanted = cascade_score(
        moved=moved,
        sigma=math.sqrt(variance) if len(returns) > 60 and variance > 0 else None,
        at_risk=None,
        depth=depths[-1],
        drawdown=drawdown,
        liquidated=sum(x for t, x in worths if now - t < MINUTE) if worths else None,
        usual=float(np.median(past)) if past else None,
    )
    said = outputs(gauge, now)
    assert said["value"] == about(wanted.score, abs=1e-6)
    assert said["shock"] == about(wanted.shock, abs=1e-6)
    assert said["liquidity"] == about(wanted.liquidity, abs=1e-9)
    assert said["flow"] == about(wanted.flow, abs=1e-9)

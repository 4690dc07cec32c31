"""The runs over the evening of 2024-08-08 that several tests look at."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bot.modes import replay, setup
from bot.modes.replay import Result
from bot.recording.reader import Recording
from bot.tape.merge import Source
from tests.recordings import tapes
from tests.recordings.configs import config
from tests.recordings.heads import Head

HEDGE: dict[str, Any] = {
    "use": "delta_hedge",
    "perp": tapes.BTC,
    "inventory": 1.0,
    "band": 0.01,
    "gamma": 0.05,
    "gamma_price": 61_700.0,
}
TAKER: dict[str, Any] = {
    "use": "imbalance_taker",
    "instrument": tapes.ETH,
    "size": 2.0,
    "flow_min": 2.0,
    "imbalance_min": 0.3,
    "spread_bps_max": 1.0,
    "hold_s": 2.0,
    "stop_bps": 5.0,
    "pause_s": 1.0,
}
ARBITRAGE: dict[str, Any] = {
    "use": "funding_arbitrage",
    "spot": tapes.BTC_SPOT,
    "perp": tapes.BTC,
    "size": 5.0,
    "max_unhedged": 2.0,
    "hold_hours": 8.0,
    # Far below what pays: the point is to enter and leave often. One settlement at the rate
    # in force earns 0.1 bps against 30 bps of taker fees and what 5 BTC slip.
    "enter_bps": -31.0,
    "exit_bps": -31.2,
}


def evening_setup(recording: Recording, **changes: Any) -> setup.Setup:
    """All three strategies over the six books; a short naked time makes some baskets unwind."""
    terms: dict[str, Any] = {"naked_ms_max": 100, **changes}
    strategies = {"hedge": HEDGE, "taker": TAKER, "arbitrage": ARBITRAGE}
    strategies = {name: {**one, **terms.pop(name, {})} for name, one in strategies.items()}
    return setup.of(config(strategies, **terms), recording.instruments.values(), "t1")


def run(
    recording: Recording,
    *,
    rows: int | None = None,
    head: int | None = None,
    backwards: bool = False,
    **changes: Any,
) -> Result:
    """A replay of the evening; head: only the first rows of each source."""
    sources: Sequence[Source] = recording.sources()
    if head is not None:
        sources = [Head(source, head) for source in recording.sources()]
    if backwards:
        sources = sources[::-1]
    return replay.run(evening_setup(recording, **changes), sources, rows=rows)


@cache
def whole(folder: Path) -> Result:
    """The whole evening once, for all tests that look at it."""
    settled = folder / "settled"
    return run(Recording.open([folder / "2024", settled / "BTC", settled / "ETH"]))

"""Option tickers as events: a second each, nothing lost, and broken columns refused by name."""

import numpy as np
import pytest
from msgspec.structs import replace

from bot.model.event import OptionTickers, decode, encode
from bot.model.units import InstrumentId
from bot.tape.tickers import COLUMNS, TickerBuilder, Tickers, tickers_of, told

SECOND = 1_000_000_000
NAMES = tuple(InstrumentId(f"v:BTC/USD:BTC-261225-{k}-C") for k in (300, 100, 200))


def some() -> Tickers:
    builder = TickerBuilder(NAMES)
    builder.add(SECOND - 5, SECOND - 9, 2, bid=7, mark=0.5)
    builder.add(SECOND + 1, SECOND, 0, ask=9, ask_size=3, mark_iv=0.6, underlying=60_000.0)
    builder.add(SECOND + 2, SECOND + 1, 2, bid=8, ask=9, open_interest=4.0)
    builder.add(5 * SECOND, 5 * SECOND - 1, 1, bid=1, flags=4)
    return builder.take()


def rows(tickers: Tickers) -> list[dict[str, object]]:
    found = []
    for r in range(tickers.start, tickers.stop):
        row = {name: getattr(tickers, name)[r].item() for name in COLUMNS}
        row["instrument"] = tickers.instruments[tickers.instrument[r]]
        found.append({name: None if value != value else value for name, value in row.items()})
    return found


def test_each_second_is_an_event_and_nothing_is_lost() -> None:
    events = list(told(some()))

    read = [row for event in events for row in rows(tickers_of(decode(encode(event))))]  # type: ignore[arg-type]

    assert [event.ts_recv for event in events] == [SECOND - 5, SECOND + 2, 5 * SECOND]
    assert [event.ts_venue for event in events] == [SECOND - 9, SECOND + 1, 5 * SECOND - 1]
    assert {event.instrument for event in events} == {min(NAMES)}
    assert [len(event.options) for event in events] == [1, 2, 1]
    assert read == rows(some())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"bid": b"123"}, "no whole column bid"),
        ({"bid": b""}, "columns of .*'bid': 0"),
        ({"flags": None}, "no whole column flags"),
        ({"bid": np.array([-1, 2], "<i8").tobytes()}, "row 0 bid: got -1, expected a number >= 0"),
        ({"instrument": np.array([0, 2], "<i4").tobytes()}, "row 1 instrument: got 2"),
        ({"mark": np.array([np.inf, 0], "<f8").tobytes()}, "row 0 mark: got inf"),
    ],
)
def test_columns_that_cannot_be_are_refused_by_name(columns, said) -> None:
    event: OptionTickers = list(told(some()))[1]
    changed = {
        name: content
        for name, content in {**event.columns, **columns}.items()
        if content is not None
    }

    with pytest.raises(ValueError, match=said):
        tickers_of(replace(event, columns=changed))

"""What venues say of options, onto the tape of a chain: units, what is unsaid, and damage."""

import json
import math
from decimal import Decimal

import pytest

from bot.errors import DataError
from bot.feeds.deribit import instruments as deribit_listing
from bot.feeds.deribit.decoder import DeribitDecoder
from bot.feeds.okx import instruments as okx_listing
from bot.feeds.okx.decoder import OkxDecoder, symbols_of
from bot.model.event import FundingRate, OpenInterest, OptionTickers
from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.signals.options.black76 import greeks
from bot.tape.rows import ASK, BID, MARK, SCALAR, TOUCH
from bot.tape.tickers import ESTIMATED, UNQUOTED, tickers_of
from tests.feeds.deribit import frames as deribit
from tests.feeds.okx import frames as okx
from tests.feeds.tape import MS, NOW, NOW_MS, Tape
from tests.recording.runs import messages

NAME = "BTC-26DEC25-90000-C"
LINEAR = Instrument(
    id="deribit:BTC/USDC:USDC-251226-90000-P",
    kind=Kind.OPTION,
    base="BTC",
    quote="USDC",
    settle="USDC",
    grid=PriceGrid(Decimal(5)),
    lot=Decimal("0.01"),
    expiry_ns=1_766_736_000_000_000_000,
    strike=Decimal(90000),
    call=False,
)
OKX = Instrument(
    id="okx:BTC/USD:BTC-251226-90000-C",
    kind=Kind.OPTION,
    base="BTC",
    quote="BTC",
    settle="BTC",
    grid=PriceGrid(Decimal("0.0001")),
    lot=Decimal(1),
    contract_size=Decimal("0.01"),
    expiry_ns=1_766_736_000_000_000_000,
    strike=Decimal(90000),
    call=True,
)
SYMBOL = "BTC-USD-251226-90000-C"


def told(made):
    """The tickers of a decoder, each as a plain dictionary, NaN as None."""
    rows = []
    for event in made.events:
        assert isinstance(event, OptionTickers)
        assert event.instrument == event.options[0]
        block = tickers_of(event)
        assert block.rows == 1
        row = {
            name: getattr(block, name)[0].item()
            for name in block.__struct_fields__
            if name not in ("instruments", "instrument", "start", "stop")
        }
        rows.append({name: None if value != value else value for name, value in row.items()})
    return rows


def quoted(**more):
    ticker = {
        "best_bid_price": 0.002,
        "best_bid_amount": 4714.0,
        "best_ask_price": 0.0025,
        "best_ask_amount": 873.0,
        "mark_price": 0.001972,
        "mark_iv": 120.74,
        "underlying_price": 92003.61,
        "open_interest": 12685.0,
    }
    return deribit.ticker(NAME, **{**ticker, **more})


# --- Deribit ---------------------------------------------------------------------------


def test_deribit_says_everything_at_once_in_coin_and_percent():
    made = deribit.tape(deribit.OPTION).take(
        quoted(bid_iv=115.6, greeks={"delta": 0.03}, brand_new={"field": [1]})
    )

    assert told(made) == [
        {
            "ts_recv": NOW,
            "ts_venue": (NOW_MS - 2) * MS,
            "flags": 0,
            "bid": 20,
            "ask": 25,
            "bid_size": 47140,  # lots of 0.1 coins
            "ask_size": 8730,
            "mark": 0.001972,
            "mark_iv": 1.2074,  # the very fraction: no float between the percent and it
            "underlying": 92003.61,
            "open_interest": 12685.0,
        }
    ]
    assert made.counters.tickers == 1
    # The mark is on the tape of prices too: positions are valued at it.
    assert [rows for _, _, rows in made.messages()] == [[(SCALAR, MARK, 197200, 0)]]


@pytest.mark.parametrize("nothing", [0.0, None])
def test_a_side_without_a_price_is_empty_and_its_size_is_unknown(nothing):
    (row,) = told(
        deribit.tape(deribit.OPTION).take(
            quoted(best_bid_price=nothing, best_bid_amount=0.0, mark_iv=0.0, underlying_price=None)
        )
    )

    assert (row["bid"], row["bid_size"], row["ask"], row["flags"]) == (0, 0, 25, 0)
    assert (row["mark_iv"], row["underlying"]) == (None, None)


def test_a_mark_of_nothing_is_worth_less_than_it_shows():
    (row,) = told(deribit.tape(deribit.OPTION).take(quoted(mark_price=0.0, open_interest=0.0)))

    assert (row["mark"], row["open_interest"]) == (0.0, 0.0)


def test_a_price_between_two_ticks_leaves_the_quote_as_it_stood():
    made = deribit.tape(deribit.OPTION).take(quoted(best_bid_price=0.00205))

    (row,) = told(made)
    assert row["flags"] == UNQUOTED
    assert (row["bid"], row["ask"], row["mark_iv"]) == (0, 0, 1.2074)
    assert made.counters.odd_prices == 1


def test_a_venue_ahead_of_our_clock_is_taken_at_the_time_of_receipt():
    made = deribit.tape(deribit.OPTION).take(quoted(), ts_recv=(NOW_MS - 5) * MS)

    (row,) = told(made)
    assert (row["ts_venue"], row["ts_recv"]) == ((NOW_MS - 5) * MS, (NOW_MS - 5) * MS)
    assert row["flags"] == ESTIMATED
    assert made.counters.ahead > 0


def test_an_option_that_is_closed_is_quoted_by_nobody():
    made = deribit.tape(deribit.OPTION).take(quoted(state="closed", best_bid_price=0.0))

    assert told(made) == []
    assert made.counters.unknown == {"ticker, closed": 1}


def test_a_linear_option_is_priced_in_its_stablecoin():
    made = Tape(DeribitDecoder, LINEAR)

    made.take(
        deribit.ticker(
            "BTC_USDC-26DEC25-90000-P",
            best_bid_price=1205.0,
            best_bid_amount=0.5,
            best_ask_price=1210.0,
            best_ask_amount=1.0,
            mark_price=1207.31,
            mark_iv=41.5,
        )
    )

    (row,) = told(made)
    assert (row["bid"], row["ask"], row["bid_size"]) == (241, 242, 50)
    assert (row["mark"], row["mark_iv"]) == (1207.31, 0.415)


def test_an_options_ticker_is_no_funding_and_no_open_interest_of_its_own():
    made = deribit.tape(deribit.OPTION).take(quoted(current_funding=0.0))

    assert not any(isinstance(event, FundingRate | OpenInterest) for event in made.events)


@pytest.mark.parametrize("name", ["mark_price", "mark_iv", "underlying_price", "open_interest"])
def test_a_negative_figure_is_damage(name):
    with pytest.raises(DataError):
        deribit.tape(deribit.OPTION).take(quoted(**{name: -1.0}))


def test_every_recorded_ticker_is_told_as_it_was_sent(recordings):
    listed = {}
    for symbol, frame in messages(recordings, "DERIBIT"):
        del symbol
        sent = json.loads(frame)
        if not sent.get("params", {}).get("channel", "").startswith("ticker"):
            continue
        data = sent["params"]["data"]
        name = data["instrument_name"]
        if name not in listed:
            option = next(
                one
                for body in _answers(recordings)
                for symbol, one in deribit_listing.instruments(body).items()
                if symbol == name
            )
            listed[name] = Tape(DeribitDecoder, option), option
        made, option = listed[name]
        made.events.clear()
        made.take(frame, ts_recv=data["timestamp"] * MS + MS)
        (row,) = told(made)
        assert row["bid"] * option.grid.tick == Decimal(str(data["best_bid_price"]))
        assert row["ask"] * option.grid.tick == Decimal(str(data["best_ask_price"]))
        assert row["open_interest"] == data["open_interest"]
        assert row["mark_iv"] == pytest.approx(data["mark_iv"] / 100, rel=1e-15)
        # The venue's own delta, from its volatility and its forward: units and clock are right.
        years = (option.expiry_ns - row["ts_venue"]) / (365 * 86_400e9)
        ours = greeks(
            option.call, row["underlying"], float(option.strike), years, row["mark_iv"]
        ).delta[0]
        assert ours == pytest.approx(data["greeks"]["delta"], abs=2e-3)
    assert len(listed) == 10


def _answers(recordings):
    from tests.recording.runs import answers

    return [body for _, body in answers(recordings, "DERIBIT")]


# --- OKX -------------------------------------------------------------------------------


def summary(symbol=SYMBOL, **more):
    given = {
        "instId": symbol,
        "uly": "BTC-USD",
        "markVol": "0.53",
        "bidVol": "0.52",
        "askVol": "",
        "fwdPx": "92150.5",
        "delta": "0.5234",
        "deltaBS": "0.5312",
        "ts": str(NOW_MS - 4),
    }
    return {**given, **more}


def family(*items):
    return {"arg": {"channel": "opt-summary", "instFamily": "BTC-USD"}, "data": list(items)}


def ticker(**more):
    given = {"instId": SYMBOL, "bidPx": "0.0405", "bidSz": "12", "askPx": "0.041", "askSz": "7"}
    return okx.frame("tickers", {**given, "ts": str(NOW_MS - 1), **more}, inst=SYMBOL)


def test_okx_says_it_in_pieces_and_volatility_as_a_fraction():
    made = okx.tape(OKX).take(
        family(summary("BTC-USD-251226-80000-P"), summary()),
        ticker(),
        okx.frame("mark-price", {"instId": SYMBOL, "markPx": "0.0408", "ts": "1"}, inst=SYMBOL),
        okx.frame("open-interest", {"instId": SYMBOL, "oi": "150", "ts": "1"}, inst=SYMBOL),
    )

    vol, quote, mark, interest = told(made)
    assert (vol["flags"], vol["mark_iv"], vol["underlying"]) == (UNQUOTED, 0.53, 92150.5)
    assert vol["ts_venue"] == (NOW_MS - 4) * MS
    assert (quote["flags"], quote["bid"], quote["ask"]) == (0, 405, 410)
    assert (quote["bid_size"], quote["ask_size"], quote["mark"]) == (12, 7, None)
    assert (mark["flags"] & UNQUOTED, mark["mark"], mark["mark_iv"]) == (UNQUOTED, 0.0408, None)
    # In contracts of a hundredth of a coin; the chain knows what one is.
    assert interest["open_interest"] == 150.0
    assert [rows for _, _, rows in made.messages()] == [
        [(TOUCH, BID, 405, 12), (TOUCH, ASK, 410, 7)],
        [(SCALAR, MARK, 4_080_000, 0)],
    ]
    assert made.counters.foreign == 0
    assert not any(isinstance(event, OpenInterest) for event in made.events)


@pytest.mark.parametrize("unsaid", ["", "NaN", "null", "None", "0"])
def test_what_is_not_said_is_unknown_and_never_zero(unsaid):
    (row,) = told(okx.tape(OKX).take(family(summary(markVol=unsaid))))

    assert (row["mark_iv"], row["underlying"]) == (None, 92150.5)


def test_a_summary_that_says_nothing_is_no_ticker():
    made = okx.tape(OKX).take(family({"instId": SYMBOL, "markVol": "", "fwdPx": "", "ts": "1"}))

    assert made.events == []


def test_numbers_with_an_exponent_are_read():
    (row,) = told(okx.tape(OKX).take(family(summary(markVol="5.3e-1"))))

    assert row["mark_iv"] == 0.53


def test_a_number_that_is_none_is_refused():
    with pytest.raises(DataError, match="mark_iv"):
        okx.tape(OKX).take(family(summary(markVol="a lot")))


def test_a_message_of_a_family_names_its_instruments_in_its_items():
    frame = json.dumps(family(summary(), summary("BTC-USD-251226-80000-P"))).encode()

    assert symbols_of(frame) == ("BTC-USD-251226-80000-P", SYMBOL)


def test_documented_summaries_and_answers_are_of_one_shape(recordings):
    folder = recordings / "api-fixtures/okx"
    listed = okx_listing.instruments((folder / "http_get_instruments_option.json").read_bytes())
    rows = json.loads((folder / "http_get_option_summary.json").read_bytes())["data"]
    streamed = json.loads((folder / "ws_opt_summary.json").read_bytes())
    name = rows[0]["instId"]
    assert listed[name].contract_size == Decimal("0.01")

    made = Tape(OkxDecoder, listed[name]).take(family(*rows))

    (row,) = told(made)
    assert (row["mark_iv"], row["underlying"]) == (0.455, 97000.0)
    assert {one["instId"].split("-")[-1] for one in streamed} == {"C", "P"}
    for one in streamed:  # `deltaBs` and all that: fields that nobody here reads
        option = okx.tape(_named(one["instId"])).take(family(one))
        assert told(option)[0]["mark_iv"] == float(one["markVol"])


def _named(symbol):
    _, _, day, strike, right = symbol.split("-")
    return Instrument(
        id=f"okx:BTC/USD:BTC-{day}-{strike}-{right}",
        kind=Kind.OPTION,
        base="BTC",
        quote="BTC",
        settle="BTC",
        grid=PriceGrid(Decimal("0.0001")),
        lot=Decimal(1),
        contract_size=Decimal("0.01"),
        expiry_ns=1,
        strike=Decimal(strike),
        call=right == "C",
    )


def test_plain_and_premium_adjusted_delta_differ_by_the_premium():
    """OKX's `deltaBS` and `delta`: of ours the first is `delta`, the second `net_delta`."""
    forward, strike, years, iv = 92150.5, 92000.0, 0.05, 0.53

    ours = greeks(True, forward, strike, years, iv)

    premium = ours.value[0] / forward
    assert ours.delta[0] - ours.net_delta[0] == pytest.approx(premium, rel=1e-9)
    assert math.copysign(1.0, ours.net_delta[0]) == 1.0

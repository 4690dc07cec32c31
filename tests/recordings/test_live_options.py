"""From raw lines of option channels to signals: import, tape, chain, and what S40 to S46 say."""

import gzip
import json
import math
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import numpy as np
import pytest

from bot import Currency, Strategy, View
from bot.feeds.venues import VENUES
from bot.model.event import OptionTickers
from bot.recording.importers.run import import_run
from bot.recording.reader import Recording
from bot.recording.stamps import STAMPS
from bot.signals.base import Watch
from bot.signals.depth import DepthValue
from bot.signals.options.black76 import greeks
from bot.signals.options.gamma import (
    GammaExposureAbsolute,
    GammaExposureNaive,
    GammaSqueeze,
)
from bot.signals.options.off_smile import OffSmile
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.volatility import AtForwardVolatility, Butterfly, RiskReversal
from bot.tape.tickers import tickers_of
from bot.testing import run
from tests.recording.runs import files

START = datetime(2025, 12, 1, 9, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
FORWARD = 90_000.0
CHAIN = "okx:BTC/USD:BTC"
STRIKES = range(70_000, 115_000, 5_000)
EXPIRIES = (START + timedelta(days=20, hours=-1), START + timedelta(days=60, hours=-1))


class Looks(Strategy):
    """Looks at whatever moves."""

    looks: dict[str, Watch]
    seen: ClassVar[list[View]] = []
    values: ClassVar[dict[str, float | None]] = {}

    def watches(self):
        return self.looks

    def decide(self, view: View):
        for name in self.looks:
            if view[name] is not None:
                self.values[name] = view[name]
        if len(view.chain(Currency("BTC")).ids):
            self.seen.append(view.chain(Currency("BTC")))


def looked(recording, looks):
    Looks.seen.clear()
    Looks.values.clear()
    run(Looks(looks=looks), recording)
    return dict(Looks.values), Looks.seen[-1]


def volatility(strike):
    """A smile that leans: puts are dearer."""
    k = math.log(strike / FORWARD)
    return 0.5 - 0.2 * k + 0.3 * k * k


def symbol(expiry, strike, right):
    return f"BTC-USD-{expiry:%y%m%d}-{strike}-{right}"


def listing():
    told = {"instType": "OPTION", "uly": "BTC-USD", "settleCcy": "BTC", "ctType": "", "ctVal": "1"}
    told |= {"ctMult": "0.01", "ctValCcy": "BTC", "tickSz": "0.0001", "lotSz": "1", "minSz": "1"}
    return [
        told
        | {
            "instId": symbol(expiry, strike, right),
            "state": "live",
            "expTime": str(int(expiry.timestamp() * 1000)),
            "stk": str(strike),
            "optType": right,
        }
        for expiry in EXPIRIES
        for strike in STRIKES
        for right in "CP"
    ] + [
        {
            "instId": "BTC-USD-SWAP",
            "instType": "SWAP",
            "uly": "BTC-USD",
            "settleCcy": "BTC",
            "ctType": "inverse",
            "ctVal": "100",
            "ctMult": "1",
            "ctValCcy": "USD",
            "tickSz": "0.1",
            "lotSz": "1",
            "minSz": "1",
            "state": "live",
        }
    ]


def frames(at_ms):
    """A look at the whole chain, as OKX tells it: a family's summary, and channels of each."""
    summary, single = [], []
    for expiry in EXPIRIES:
        years = (expiry.timestamp() * 1000 - at_ms) / (365 * 86_400_000)
        for strike in STRIKES:
            for right in "CP":
                name = symbol(expiry, strike, right)
                iv = volatility(strike)
                worth = greeks(right == "C", FORWARD, float(strike), years, iv).value[0] / FORWARD
                ticks = worth / 0.0001
                bid, ask = math.floor(ticks), math.floor(ticks) + 1
                stamp = {"instId": name, "ts": str(at_ms)}
                summary.append(stamp | {"markVol": f"{iv:.6f}", "fwdPx": f"{FORWARD}"})
                quote = {"bidPx": f"{bid * 0.0001:.4f}" if bid else "", "bidSz": "9"}
                quote |= {"askPx": f"{ask * 0.0001:.4f}", "askSz": "9"}
                for channel, said in (
                    ("tickers", quote),
                    ("mark-price", {"markPx": f"{worth:.8f}"}),
                    ("open-interest", {"oi": "300" if right == "C" else "100"}),
                ):
                    arg = {"channel": channel, "instId": name}
                    single.append({"arg": arg, "data": [stamp | said]})
    head = {"arg": {"channel": "opt-summary", "instFamily": "BTC-USD"}, "data": summary}
    return [head, *single]


@pytest.fixture(scope="module")
def okx(tmp_path_factory):
    """A made-up run of OKX's channels over four seconds, imported as cryptofeed wrote them."""
    folder = tmp_path_factory.mktemp("okx")
    answer = json.dumps({"code": "0", "data": listing()})
    lines = [f"https://www.okx.com/api -> {START_MS / 1000:.4f}: {answer}"]
    answers = folder / "OKX.0.gz"
    answers.write_bytes(gzip.compress("\n".join(lines).encode()))
    lines = []
    for second in range(4):
        at_ms = START_MS + 1000 * second
        book = {"instId": "BTC-USD-SWAP", "ts": str(at_ms)}
        levels = {
            "bids": [[f"{FORWARD - 0.1 - step * 100:.1f}", "10", "0", "1"] for step in range(20)],
            "asks": [[f"{FORWARD + step * 100:.1f}", "10", "0", "1"] for step in range(20)],
        }
        arg = {"channel": "books", "instId": "BTC-USD-SWAP"}
        told = [{"arg": arg, "action": "snapshot", "data": [book | levels]}, *frames(at_ms)]
        lines += [
            f"{(at_ms + 20 + i) / 1000:.4f}: {json.dumps(frame)}" for i, frame in enumerate(told)
        ]
    messages = folder / "OKX.ws.1.0.gz"
    messages.write_bytes(gzip.compress("\n".join(lines).encode()))
    out = tmp_path_factory.mktemp("recording")
    done = import_run([answers, messages], out, VENUES["okx"], STAMPS["okx"])
    return done, Recording.open(out)


def test_a_chain_is_filed_together_a_second_an_event(okx):
    done, recording = okx
    options = [name for name in recording.instruments if "-" in name]

    told = [
        (source.instrument.id, event)
        for source in recording.sources()
        for event in source.events()
        if isinstance(event, OptionTickers)
    ]

    assert len(options) == 2 * 9 * 2
    assert {name for name, _ in told} == {min(options)}
    assert len(told) == 4
    # Nothing of the four channels of 36 options is lost on the way.
    assert sum(tickers_of(event).rows for _, event in told) == 4 * 4 * 36
    assert all(tally.decoded["foreign"] == 0 for tally in done.instruments.values())


def test_signals_of_a_chain_have_values_and_the_right_ones(okx):
    _, recording = okx
    depth = {
        "depth_above": DepthValue(
            wake=0.0, instrument="okx:BTC/USD:BTC", within_bps=(100.0,), side="asks"
        ),
        "depth_below": DepthValue(
            wake=0.0, instrument="okx:BTC/USD:BTC", within_bps=(100.0,), side="bids"
        ),
    }
    looks = {
        "at_forward": AtForwardVolatility(chain=CHAIN, wake=0.0, optional=True),
        "skew": RiskReversal(chain=CHAIN, wake=0.0, optional=True),
        "wings": Butterfly(chain=CHAIN, wake=0.0, optional=True),
        "off": OffSmile(
            chain=CHAIN, option="okx:BTC/USD:BTC-251221-90000-C", wake=0.0, optional=True
        ),
        "interest": OptionInterestSkew(chain=CHAIN, wake=0.0, optional=True),
        "gamma": GammaExposureAbsolute(chain=CHAIN, wake=0.0, optional=True),
        "naive": GammaExposureNaive(chain=CHAIN, wake=0.0, optional=True),
        "squeeze": GammaSqueeze(
            chain=CHAIN, instrument="okx:BTC/USD:BTC", wake=0.0, optional=True, **depth
        ),
    }

    values, chain = looked(recording, looks)

    # S41, S42: the smile that the quotes were made of, within the width of a quote.
    assert values["at_forward"] == pytest.approx(50.0, abs=0.3)
    assert -6.0 < values["skew"] < -2.0
    assert values["wings"] > 0.0
    assert abs(values["off"]) < 1.0
    # S44: 300 against 100 contracts at every strike.
    assert values["interest"] == pytest.approx(0.5)
    # S45: of contracts of a hundredth of a coin, not of coins.
    expected = 0.0
    for expiry in EXPIRIES:
        years = (expiry.timestamp() * 1000 - START_MS - 4000) / (365 * 86_400_000)
        for strike in STRIKES:
            found = greeks(True, FORWARD, float(strike), years, volatility(strike))
            expected += found.gamma[0] * 0.01 * 400 * FORWARD**2 * 0.01
    assert values["gamma"] == pytest.approx(expected, rel=1e-3)
    assert values["naive"] == pytest.approx(expected / 2, rel=1e-3)
    # S40: the premium-adjusted delta of a contract is less than the plain one by its premium.
    known = np.isfinite(chain.net_delta) & np.isfinite(chain.mark)
    assert known.sum() == 36
    assert chain.delta[known] - chain.net_delta[known] == pytest.approx(
        0.01 * chain.mark[known] / FORWARD, abs=2e-6
    )
    # S46 waits for an hour of prices: what cannot be known yet is not said.
    assert "squeeze" not in values


def test_a_recorded_run_of_deribit_becomes_a_chain_with_its_exposure(recordings, tmp_path):
    import_run(files(recordings, "DERIBIT"), tmp_path, VENUES["deribit"], STAMPS["deribit"])
    recording = Recording.open(tmp_path)
    name = "deribit:BTC/USD:BTC"
    looks = {
        "interest": OptionInterestSkew(chain=name, wake=0.0, optional=True),
        "gamma": GammaExposureAbsolute(chain=name, wake=0.0, optional=True),
    }

    values, chain = looked(recording, looks)

    assert len(chain.ids) == 7
    assert np.isfinite(chain.delta).all()
    held = chain.open_interest
    calls, puts = held[chain.call].sum(), held[~chain.call].sum()
    assert values["interest"] == pytest.approx((calls - puts) / (calls + puts))
    exposure = (chain.gamma * held * chain.forward**2 * 0.01).sum()
    assert values["gamma"] == pytest.approx(exposure)

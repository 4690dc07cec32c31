"""What a chain of options costs: ms of CPU to take its tickers, to compute it, to score it.

Run: python -m tests.benchmarks.bench_options [FILE ...], FILE a recorded Deribit chain. Counts are
asserted before times are printed. The figure wanted: 50 ms for 1,500 options with all greeks,
volatilities of mid, bid and ask, a smile of every expiry and gamma exposure with its zero levels.
"""

import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median

import numpy as np

from bot.model.instrument import Instrument, Kind, PriceGrid
from bot.model.units import Currency, InstrumentId
from bot.recording.importers.deribit_chains import read_chains
from bot.signals.options.black76 import NS_A_YEAR, greeks
from bot.signals.options.chain import Chain
from bot.signals.options.chain_book import ChainBook
from bot.signals.options.gamma import (
    GammaExposureAbsolute,
    GammaExposureFlow,
    GammaExposureNaive,
)
from bot.signals.options.positioning import OptionInterestSkew
from bot.signals.options.smile import mispricing
from bot.signals.options.svi import Svi
from bot.signals.options.volatility import AtForwardVolatility, Butterfly, RiskReversal
from bot.tape.tickers import TickerBuilder, Tickers, chain_of

ROUNDS = 15
CHAIN = "deribit:BTC/USD:BTC"
T0 = 1_769_932_800_000_000_000
DAY = 86_400_000_000_000
SECOND = 1_000_000_000
EXPIRY_DAYS = (1, 2, 3, 7, 14, 28, 56, 91, 182, 273, 364, 546, 700, 910, 1_000)
STRIKES = 50
OPTIONS = 2 * STRIKES * len(EXPIRY_DAYS)
FORWARD = 60_000.0
WANTED_MS = 50.0


def made_up() -> tuple[list[Instrument], Tickers]:
    """1,500 options of 15 expiries, all quoted on a smile on both sides."""
    options: list[Instrument] = []
    for days in EXPIRY_DAYS:
        width = 0.6 * math.sqrt(days / 365)
        for k in np.linspace(-2.2, 2.2, STRIKES):
            strike = round(FORWARD * math.exp(width * k), 2)
            for side in "CP":
                options.append(
                    Instrument(
                        id=InstrumentId(f"{CHAIN}-{days:06}-{strike}-{side}"),
                        kind=Kind.OPTION,
                        base=Currency("BTC"),
                        quote=Currency("BTC"),
                        settle=Currency("BTC"),
                        grid=PriceGrid(Decimal("0.00001")),
                        lot=Decimal("0.1"),
                        expiry_ns=T0 + days * DAY,
                        strike=Decimal(str(strike)),
                        call=side == "C",
                    )
                )
    builder = TickerBuilder(tuple(one.id for one in options), len(options))
    for i, one in enumerate(options):
        assert one.expiry_ns is not None
        years = (one.expiry_ns - T0) / NS_A_YEAR
        root = math.sqrt(years)
        smile = Svi(0.12 * years, 0.12 * root, -0.25, 0.02 * root, 0.5 * root)
        strike = float(one.strike or 0)
        iv = float(smile.volatility(math.log(strike / FORWARD), years))
        value = float(greeks(one.call, FORWARD, strike, years, iv).value[0]) / FORWARD
        ticks = value / 1e-5
        builder.add(
            T0,
            T0,
            i,
            bid=int(ticks * 0.98),
            ask=math.ceil(ticks * 1.02) + 1,
            mark=value,
            mark_iv=iv,
            underlying=FORWARD,
            open_interest=float(100 + i % 37),
        )
    return options, builder.take()


def cpu_ms(work: Callable[[], object]) -> list[float]:
    """ms of CPU of each round, after one that nobody counts."""
    work()
    costs = []
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        work()
        costs.append((time.process_time_ns() - start) / 1e6)
    return costs


def score(chain: Chain) -> None:
    """Every gauge of a chain takes it and is read."""
    watches = (
        GammaExposureAbsolute(chain=CHAIN, wake=1.0),
        GammaExposureNaive(chain=CHAIN, wake=1.0),
        GammaExposureFlow(chain=CHAIN, wake=1.0),
        OptionInterestSkew(chain=CHAIN, weight="delta", wake=1.0),
        AtForwardVolatility(chain=CHAIN, wake=1.0),
        RiskReversal(chain=CHAIN, wake=1.0),
        Butterfly(chain=CHAIN, days=90.0, wake=1.0),
    )
    for watch in watches:
        gauge = watch.gauge(None)  # type: ignore[arg-type]
        gauge.take_chain(chain)
        gauge.read(chain.at_ns)


def off_smile(chain: Chain) -> int:
    """Every expiry's quotes against the smile of the others; how many were compared."""
    compared = 0
    for each in chain.series:
        rows = np.arange(each.first, each.stop)
        rows = rows[chain.call[rows] == (chain.strike[rows] >= (each.forward or 0.0))]
        rows = rows[chain.quality[rows] > 0]
        k = np.log(chain.strike[rows] / (each.forward or 1.0))
        found = mispricing(k, chain.iv[rows], chain.bid_iv[rows], chain.ask_iv[rows], each.years)
        compared += 0 if found is None else int(np.isfinite(found.edge).sum())
    return compared


def report(title: str, books: Sequence[ChainBook], tickers: Tickers, smiles: int) -> float:
    """Print a chain's costs; the ms of computing it and its gamma exposure."""
    for book in books:
        book.take(tickers)
    at = tickers.last_ns + 1
    chains = [book.compute(at) for book in books]
    options = sum(len(chain.ids) for chain in chains)
    found = sum(series.smile is not None for chain in chains for series in chain.series)
    assert options == tickers.rows
    assert found >= smiles
    assert all(np.isfinite(chain.gamma).all() for chain in chains)
    assert all(np.isfinite(chain.delta).all() for chain in chains)
    solved = sum(int(np.isfinite(chain.iv).sum()) for chain in chains)

    def whole() -> None:
        for book in books:
            chain = book.compute(at)
            watch = GammaExposureNaive(chain=book.name, wake=1.0)
            gauge = watch.gauge(None)  # type: ignore[arg-type]
            gauge.take_chain(chain)
            assert gauge.read(at).outputs["value"] is not None

    print(f"{title}: {options:,} options, {found} smiles, {solved:,} mids solved")
    lines = {
        "take tickers": lambda: [book.take(tickers) for book in books],
        "compute the chain": lambda: [book.compute(at) for book in books],
        "chain and gamma exposure": whole,
        "seven scores of it": lambda: [score(chain) for chain in chains],
    }
    costs = {name: cpu_ms(work) for name, work in lines.items()}
    for name, each in costs.items():
        print(f"  {name:26} {min(each):7.2f} ms (median {median(each):.2f})")
    start = time.process_time_ns()
    compared = sum(off_smile(chain) for chain in chains)
    took = (time.process_time_ns() - start) / 1e6
    print(f"  {compared:,} quotes against the smile of the others, on demand: {took:.0f} ms")
    return median(costs["chain and gamma exposure"])


def main() -> None:
    """Print every figure."""
    options, tickers = made_up()
    assert len(options) == OPTIONS
    took = report("made up", [ChainBook(options)], tickers, len(EXPIRY_DAYS))
    assert took <= WANTED_MS, f"{took:.1f} ms, wanted {WANTED_MS:.0f}"
    for name in sys.argv[1:]:
        found = read_chains([Path(name)])
        coins: dict[str, list[Instrument]] = defaultdict(list)
        for one in found.instruments:
            coins[chain_of(one.id)].append(one)
        report(Path(name).name, [ChainBook(each) for each in coins.values()], found.tickers, 8)


if __name__ == "__main__":
    main()

"""What a simulated market costs: rows and messages a second of CPU, and memory that does not grow.

Run: python -m tests.benchmarks.bench_market
The market is `venues` at the pace at which its facts are fitted, 50 slots a second; then as one
tape through the merge, options included. Counts are asserted before times are printed.
"""

import resource
import time
from statistics import median

from bot.feeds.simulated.coins import BITCOIN, ETHER
from bot.feeds.simulated.market import SimulatedMarket
from bot.feeds.simulated.presets import VENUES, several_chains, several_contracts
from bot.feeds.simulated.settings import MarketSettings
from bot.tape.merge import merge
from bot.tape.rows import Block

START_NS = 1_767_225_600 * 10**9
SECONDS = 300
ROUNDS = 5
ROWS_A_SECOND_WANTED = 5e6


def settings(duration_s: int | None) -> MarketSettings:
    """Twelve books and two chains."""
    return MarketSettings(
        seed=1,
        start_ns=START_NS,
        duration_s=duration_s,
        venues=VENUES,
        contracts=several_contracts(START_NS, 15),
        chains=several_chains(START_NS, (BITCOIN, ETHER)),
    )


def kernel() -> tuple[int, int, float]:
    """Rows and messages of all books, and CPU seconds."""
    rows = messages = 0
    start = time.process_time()
    for source in SimulatedMarket(settings(SECONDS)).sources():
        for block in source.blocks():
            rows += block.rows
            messages += block.messages
    return rows, messages, time.process_time() - start


def merged() -> tuple[int, int, float]:
    """Rows and events of one tape, and CPU seconds."""
    rows = events = 0
    start = time.process_time()
    for item in merge(SimulatedMarket(settings(SECONDS)).sources()):
        if isinstance(item, Block):
            rows += item.rows
        else:
            events += 1
    return rows, events, time.process_time() - start


def growth_mb() -> float:
    """How much larger the process is after an hour of an endless market than after ten minutes."""
    items = merge(SimulatedMarket(settings(None)).sources())
    sizes = []
    for until_s in (600, 3_600):
        for item in items:
            at_ns = item.first_ns if isinstance(item, Block) else item.ts_recv
            if at_ns > START_NS + until_s * 10**9:
                break
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return sizes[1] - sizes[0]


def main() -> None:
    """Measure and print."""
    kernel()  # compiled by now
    books = [kernel() for _ in range(ROUNDS)]
    tapes = [merged() for _ in range(ROUNDS)]
    assert len({(rows, messages) for rows, messages, _ in books}) == 1
    assert len({(rows, events) for rows, events, _ in tapes}) == 1
    assert books[0][0] == tapes[0][0]
    rows, messages, _ = books[0]
    alone, together = (median(cpu for *_, cpu in found) for found in (books, tapes))
    print(f"{SECONDS} s of 12 books: {rows:,} rows, {messages:,} messages, {tapes[0][1]:,} events")
    print(f"books alone   {rows / alone / 1e6:6.2f} M rows/s")
    print(
        f"as one tape   {rows / together / 1e6:6.2f} M rows/s, {SECONDS / together:,.0f} times real"
    )
    print(f"memory grows by {growth_mb():.1f} MB in 50 minutes of an endless market")
    verdict = "reached" if rows / alone >= ROWS_A_SECOND_WANTED else "missed"
    print(f"wanted: {ROWS_A_SECOND_WANTED / 1e6:.0f} M rows/s of books alone, {verdict}")


if __name__ == "__main__":
    main()

"""What was last heard of each option of a chain, and what follows from it once a second.

Tickers only write columns; nothing is computed until a whole second of the tape has passed since
the first of them, and then from the columns alone, as they stood before that second. So it does
not matter how a tape is cut, and a book that is put back goes on as if it had never stopped.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from bot.model.instrument import Instrument, Kind
from bot.model.units import NS_PER_SECOND, InstrumentId
from bot.signals.options.chain import Chain
from bot.signals.options.computing import Fixed, computed
from bot.signals.options.heard import DUE_NS, FLOW_HALF_NS, FLOW_NS, UNHEARD, Heard, unheard
from bot.signals.options.settlement import AVERAGING_NS
from bot.tape.rows import Int32s
from bot.tape.tickers import UNQUOTED, Float64s, Tickers, chain_of

QUOTE_AGE_NS_MAX: Final = 60 * NS_PER_SECOND


class ChainBook:
    """The options of one chain: one underlying at one venue, settled in one coin.

    heard: its whole memory, as arrays to be saved and put back.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        averaging_ns: int = AVERAGING_NS,
        quote_age_ns_max: int = QUOTE_AGE_NS_MAX,
    ) -> None:
        """Start with nothing heard; ValueError when these are not options of one chain.

        averaging_ns: how long before the expiry the delivery price begins to be averaged.
        """
        options = sorted(instruments, key=_place)
        names = sorted({chain_of(one.id) for one in options})
        if len(names) != 1 or any(one.kind is not Kind.OPTION for one in options):
            raise ValueError(f"chain: got {', '.join(names) or 'nothing'}, expected one of options")
        self.name = names[0]
        self.underlying = options[0].base
        self.fixed = Fixed.of(options, averaging_ns, quote_age_ns_max)
        self.heard = unheard(len(options), len(self.fixed.starts))
        self._row = {name: row for row, name in enumerate(self.fixed.ids)}
        self._mapped: tuple[tuple[InstrumentId, ...], Int32s] = ((), np.empty(0, np.int32))

    @property
    def due_ns(self) -> int | None:
        """When it wants to be computed; None while there is nothing new."""
        due = int(self.heard.clock[DUE_NS])
        return None if due == UNHEARD else due

    def advance(self, tickers: Tickers) -> list[Chain]:
        """Take tickers in; the chain as it stood at each whole second that they passed."""
        found = []
        while tickers.rows:
            due = self.due_ns
            if due is not None and tickers.first_ns >= due:
                found.append(self.compute(due))
                due = None
            if due is None:
                due = (tickers.first_ns // NS_PER_SECOND + 1) * NS_PER_SECOND
            cut = tickers.before(due)
            self.take(tickers.part(tickers.start, cut))
            tickers = tickers.part(cut, tickers.stop)
        return found

    def pass_time(self, now_ns: int) -> Chain | None:
        """The chain when it is due by now, as a heartbeat asks; None when it is not."""
        due = self.due_ns
        return None if due is None or now_ns < due else self.compute(due)

    def take(self, tickers: Tickers) -> None:
        """Take tickers in, the last word of each option counting; those of others are left out."""
        where = slice(tickers.start, tickers.stop)
        row = self._rows_of(tickers.instruments)[tickers.instrument[where]]
        ours = row >= 0
        if not ours.any():
            return
        row, recv = row[ours], tickers.ts_recv[where][ours]
        heard = self.heard
        if heard.clock[DUE_NS] == UNHEARD:
            heard.clock[DUE_NS] = (int(recv[0]) // NS_PER_SECOND + 1) * NS_PER_SECOND
        quoted = (tickers.flags[where][ours] & UNQUOTED) == 0
        # Where an index occurs twice, numpy lets the last value stand.
        heard.bid[row[quoted]] = tickers.bid[where][ours][quoted]
        heard.ask[row[quoted]] = tickers.ask[where][ours][quoted]
        heard.quote_ns[row[quoted]] = recv[quoted]
        for column, times, news in (
            (heard.mark, heard.mark_ns, tickers.mark),
            (heard.mark_iv, heard.mark_iv_ns, tickers.mark_iv),
            (heard.underlying, heard.underlying_ns, tickers.underlying),
            (heard.open_interest, heard.interest_ns, tickers.open_interest),
        ):
            values = news[where][ours]
            said_so = np.isfinite(values)
            column[row[said_so]] = values[said_so]
            times[row[said_so]] = recv[said_so]
        prices = tickers.underlying[where][ours]
        said_so = np.isfinite(prices) & (prices > 0.0)
        series = self.fixed.series[row[said_so]]
        heard.forward[series] = prices[said_so]
        heard.forward_ns[series] = recv[said_so]

    def take_trade(self, instrument: InstrumentId, ts_recv: int, contracts: float) -> None:
        """Take in a trade of one of its options: contracts, + when the taker bought."""
        row, heard = self._row[instrument], self.heard
        if heard.clock[FLOW_NS] == UNHEARD:
            heard.clock[FLOW_NS] = ts_recv
        heard.flow[row] = self._flow_at(ts_recv)[row] + contracts
        heard.flow_ns[row] = ts_recv
        if heard.clock[DUE_NS] == UNHEARD:
            heard.clock[DUE_NS] = (ts_recv // NS_PER_SECOND + 1) * NS_PER_SECOND

    def compute(self, at_ns: int) -> Chain:
        """The chain at this moment from what was heard; nothing is due afterwards."""
        self.heard.clock[DUE_NS] = UNHEARD
        return computed(self.fixed, self.heard, self._flow_at(at_ns), at_ns)

    def put_back(self, heard: Heard) -> None:
        """Stand where another book of the same options stood; ValueError when it had others."""
        for name, ours, theirs in zip(Heard._fields, self.heard, heard, strict=True):
            if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
                raise ValueError(f"chain {self.name} {name}: expected as many options as before")
        for ours, theirs in zip(self.heard, heard, strict=True):
            ours[...] = theirs

    def _flow_at(self, at_ns: int) -> Float64s:
        """Taker flow as it has faded by now; unknown until the first trade was heard."""
        heard = self.heard
        if heard.clock[FLOW_NS] == UNHEARD:
            return np.full(len(heard.flow), math.nan)
        past = np.maximum(at_ns - heard.flow_ns, 0) / FLOW_HALF_NS
        return np.asarray(heard.flow * np.exp2(-past))

    def _rows_of(self, instruments: tuple[InstrumentId, ...]) -> Int32s:
        """Our row of each instrument of a block, UNHEARD of others."""
        if instruments is not self._mapped[0]:
            rows = [self._row.get(name, UNHEARD) for name in instruments]
            self._mapped = instruments, np.array(rows, np.int32)
        return self._mapped[1]


def _place(option: Instrument) -> tuple[int, float, bool]:
    return option.expiry_ns or 0, float(option.strike or 0), not option.call

"""Funding as a report shows it: every settlement, what each leg came to, and the sums."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import accumulate
from typing import Final

from bot.model.event import FundingPaid
from bot.model.money import MONEY
from bot.model.units import AccountId, Currency, InstrumentId
from bot.modes.result import Result
from bot.modes.words import exact, moment
from bot.report.chart import Bar, Line, Panel, draw
from bot.report.figures import COLORS, amount_unit
from bot.report.tables import more, table

SHOWN: Final = 60

Leg = tuple[Currency, AccountId, InstrumentId]


def figure(result: Result) -> str | None:
    """What each settlement brought, and its sum for each leg; one axis for each currency."""
    legs = _legs(result.funding)
    panels = []
    for currency in sorted({currency for currency, _, _ in legs}):
        mine = {leg: paid for leg, paid in legs.items() if leg[0] == currency}
        bars, lines = [], []
        for place, (leg, paid) in enumerate(mine.items()):
            color = list(legs).index(leg) % COLORS + 1
            bars += [Bar(one.ts_recv, float(one.amount), color, place, _tip(one)) for one in paid]
            lines.append(_sum(result, leg, paid, color))
        panels += [
            Panel(title="Each settlement", unit=currency, height=96, bars=bars, zero=True),
            Panel(title="Sum of each leg", unit=currency, height=150, lines=lines, zero=True),
        ]
    if not panels:
        return None
    return draw("Funding", panels, result.first_ns, result.last_ns)


def sums(result: Result) -> str:
    """What the funding of each leg came to."""
    rows = []
    with localcontext(MONEY):
        for (currency, account, instrument), paid in _legs(result.funding).items():
            amount = sum((one.amount for one in paid), Decimal(0))
            said = f"{exact(amount, signed=True)} {currency}"
            rows.append((account, instrument, len(paid), said))
    return table(("account", "instrument", "settlements", "received in all"), rows, "ttnn")


def settlements(result: Result) -> str:
    """The first settlements, and how many more there are."""
    listed = {one.id: one for one in result.instruments}
    rows = []
    for event in result.funding[:SHOWN]:
        one = listed[event.instrument]
        held = one.amount(event.quantity)
        size = held if one.inverse else held * one.contract_size
        rows.append(
            (
                moment(event.settles_ns, places=0),
                event.account,
                event.instrument,
                f"{exact(size, signed=True)} {amount_unit(one)}",
                f"{exact(event.mark)} {one.quote}",
                f"{exact(event.rate * 10_000, signed=True)} bps",
                f"{exact(event.amount, signed=True)} {event.currency}",
            )
        )
    heads = ("settled, UTC", "account", "instrument", "held", "mark", "rate", "received")
    return table(heads, rows, "tttnnnn") + more(len(result.funding), SHOWN, "settlements")


def _legs(events: Sequence[FundingPaid]) -> dict[Leg, list[FundingPaid]]:
    legs: dict[Leg, list[FundingPaid]] = {}
    for event in events:
        legs.setdefault((event.currency, event.account, event.instrument), []).append(event)
    return dict(sorted(legs.items()))


def _sum(result: Result, leg: Leg, paid: Sequence[FundingPaid], color: int) -> Line:
    times = [result.first_ns, *(one.ts_recv for one in paid), result.last_ns]
    with localcontext(MONEY):
        totals = [float(total) for total in accumulate(one.amount for one in paid)]
    values = [0.0, *totals, totals[-1]]
    name = f"{leg[2]} at {leg[1]}"
    return Line(name=name, color=color, times=times, values=values, step=True)


def _tip(event: FundingPaid) -> str:
    return (
        f"{moment(event.settles_ns, places=0)} UTC {event.instrument}: "
        f"{exact(event.amount, signed=True)} {event.currency}, rate {exact(event.rate)}"
    )

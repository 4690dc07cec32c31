"""The figures of a report: from a result to a chart, or None where there is nothing to show."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from bot.model.instrument import Instrument
from bot.model.units import StrategyName
from bot.modes.result import Result
from bot.modes.series import Sample, Trade
from bot.modes.words import exact, moment, short, split_key
from bot.report.chart import Line, Mark, Numbers, Panel, draw

COLORS: Final = 6
SCORES_MAX: Final = 12
BUY: Final = 1
SELL: Final = 2


def equity(result: Result) -> str | None:
    """Equity, and how far it stands below its highest so far."""
    samples = settled(result.samples)
    times = [one.ts for one in samples]
    values = [_float(one.equity) for one in samples]
    if all(value is None for value in values):
        return None
    unit = result.reporting_currency
    below = Line(name="", color=2, times=times, values=drawdown(values), fill=True)
    panels = [
        Panel(
            title="Equity",
            unit=unit,
            height=210,
            lines=[Line(name="", color=1, times=times, values=values)],
        ),
        Panel(title="Drawdown", unit=unit, height=90, lines=[below], zero=True),
    ]
    return draw("Equity and drawdown", panels, times[0], result.last_ns)


def drawdown(values: Numbers) -> list[float | None]:
    """How far below the highest so far, as a negative number."""
    peak = float("-inf")
    below: list[float | None] = []
    for value in values:
        peak = peak if value is None else max(peak, value)
        below.append(None if value is None else value - peak)
    return below


def settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples without those that were taken while the first money came in."""
    began = samples[0].ts if samples else 0
    late = [one for one in samples if one.ts > began]
    return late or samples[-1:]


def positions(result: Result) -> str | None:
    """What each strategy held of each instrument, a panel each."""
    listed = {one.id: one for one in result.instruments}
    keys = sorted({key for one in result.samples for key in one.positions})
    times = [one.ts for one in result.samples]
    panels = []
    for k, key in enumerate(keys):
        strategy, name = split_key(key)
        held = [_amount(listed[name], one.positions.get(key, 0)) for one in result.samples]
        line = Line(name="", color=k % COLORS + 1, times=times, values=held, step=True, fill=True)
        title = f"{strategy} · {name}"
        panels.append(
            Panel(title=title, unit=amount_unit(listed[name]), height=74, lines=[line], zero=True)
        )
    if not panels:
        return None
    return draw("Positions", panels, result.first_ns, result.last_ns)


def scores(result: Result) -> list[tuple[StrategyName, str, int]]:
    """For each strategy its name, its scores with entries and exits on them, and how many are left.

    Scores that a gate stands before come first.
    """
    keys = sorted({key for one in result.samples for key in one.scores})
    times = [one.ts for one in result.samples]
    found = []
    for strategy in result.strategies:
        mine = [key for key in keys if split_key(key)[0] == strategy]
        mine.sort(key=lambda key: (key not in result.bounds, key))
        panels = [_score(result, key, times) for key in mine[:SCORES_MAX]]
        if panels:
            chart = draw(f"Scores of {strategy}", panels, result.first_ns, result.last_ns)
            found.append((strategy, chart, len(mine) - len(panels)))
    return found


def _score(result: Result, key: str, times: Sequence[int]) -> Panel:
    strategy, name = split_key(key)
    marks = []
    for turn in result.turns:
        value = turn.read.get(name)
        if turn.strategy != strategy or value is None:
            continue
        before = turn.before or 0.0
        up = turn.after > before
        tip = (
            f"{moment(turn.ts)} UTC: {name} {short(value)}, wants {short(turn.after)} "
            f"instead of {short(before)} of {turn.instrument}"
        )
        marks.append(Mark(turn.ts, value, up, BUY if up else SELL, not turn.enters, tip))
    values = [one.scores.get(key) for one in result.samples]
    return Panel(
        title=name,
        unit=_unit(result.units.get(key, "1")),
        height=104,
        lines=[Line(name="", color=0, times=times, values=values)],
        marks=marks,
        levels=[(bound, short(bound)) for bound in result.bounds.get(key, [])],
    )


def mids(result: Result) -> str | None:
    """The mid of every instrument that was traded, and each fill at its price."""
    listed = {one.id: one for one in result.instruments}
    times = [one.ts for one in result.samples]
    panels = []
    for name in sorted({trade.instrument for trade in result.trades}):
        one = listed[name]
        marks = [_fill(trade, one) for trade in result.trades if trade.instrument == name]
        values = [_float(sample.mids.get(name)) for sample in result.samples]
        line = Line(name="", color=0, times=times, values=values)
        unit = f"{one.quote} per {one.base}"
        panels.append(Panel(title=name, unit=unit, height=150, lines=[line], marks=marks))
    if not panels:
        return None
    return draw("Mids and fills", panels, result.first_ns, result.last_ns)


def _unit(unit: str) -> str:
    return "dimensionless" if unit == "1" else unit


def _fill(trade: Trade, instrument: Instrument) -> Mark:
    bought = trade.quantity > 0
    word = "bought" if bought else "sold"
    unit = amount_unit(instrument)
    amount = exact(abs(trade.quantity) * (1 if instrument.inverse else instrument.contract_size))
    role = "maker" if trade.maker else "taker"
    tip = (
        f"{moment(trade.ts)} UTC: {trade.strategy} {word} {amount} {unit} at "
        f"{exact(trade.price)} {instrument.quote}, {role}, {trade.reason}"
    )
    color = BUY if bought else SELL
    return Mark(trade.ts, float(trade.price), bought, color, trade.maker, tip)


def amount_unit(instrument: Instrument) -> str:
    """What an amount of an instrument counts: its coins, or contracts of an inverse one."""
    if not instrument.inverse:
        return instrument.base
    return f"contracts of {exact(instrument.contract_size)} {instrument.quote}"


def _amount(instrument: Instrument, lots: int) -> float:
    amount = instrument.amount(lots)
    return float(amount if instrument.inverse else amount * instrument.contract_size)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)

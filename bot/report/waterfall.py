"""The change of equity by its reasons: a drawing for the eye, and beside it the exact figures."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from html import escape
from typing import Final

from bot.model.money import MONEY
from bot.model.units import EXTERNAL, StrategyName
from bot.modes.result import Result
from bot.modes.words import exact, rounded
from bot.report.scale import Scale, bounds, ticks

REASONS: Final = {
    "price": "what was left unhedged, times the move of its reference",
    "basis": "hedged coins, times the change of leg against reference",
    "slippage": "mid when it was decided, against the price of the fill",
    "funding": "settlements received, less those paid",
    "fees": "paid to the venue",
}
WIDTH: Final = 420
HEIGHT: Final = 270
LEFT: Final = 62
TOP: Final = 14
BOTTOM: Final = 30


def waterfall(parts: Mapping[str, Decimal], unit: str) -> str:
    """Each part as a step from where the last one ended, and their sum."""
    names = list(REASONS)
    ends = [0.0]
    for name in names:
        ends.append(ends[-1] + float(parts[name]))
    low, high = bounds(ends, zero=True)
    up = Scale(low, high, HEIGHT - BOTTOM, TOP)
    slot = (WIDTH - LEFT) / (len(names) + 1)
    drawn = [_tick(up.at(value), label, value) for value, label in ticks(low, high)]
    for k, name in enumerate(names):
        color = 1 if parts[name] >= 0 else 2
        drawn.append(_step(k, slot, up.at(ends[k]), up.at(ends[k + 1]), color, name))
        x = LEFT + (k + 1) * slot
        y = up.at(ends[k + 1])
        drawn.append(
            f'<line class="zero" x1="{x - 0.18 * slot:.1f}" x2="{x + 0.18 * slot:.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
    drawn.append(_step(len(names), slot, up.at(0.0), up.at(ends[-1]), 0, "change"))
    label = f"Change of equity by its reasons, in {unit}"
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'{"".join(drawn)}<text class="unit" x="{LEFT - 8}" y="{HEIGHT - 12}" '
        f'text-anchor="end">{escape(unit)}</text></svg></figure>'
    )


def table(result: Result) -> str:
    """The parts, exact, and their sum held against the change of equity."""
    rows = [
        f'<tr><td>{name}<div class="soft">{meaning}</div></td>'
        f"{_cell(result.attribution[name])}</tr>"
        for name, meaning in REASONS.items()
    ]
    total = sum_of(result.attribution)
    rows.append(f'<tr class="sum"><td>sum of the parts</td>{_cell(total)}</tr>')
    rows.append(_check("change of equity", exact(result.equity_change, signed=True)))
    if result.equity_change is not None:
        with localcontext(MONEY):
            apart = result.equity_change - total
        rows.append(_check("difference", exact(apart)))
    return _table(["part", result.reporting_currency], rows)


def by_strategy(result: Result) -> str:
    """The parts of what each strategy did, exact; EXTERNAL is money that nobody traded."""
    owners = [name for name in (*result.strategies, EXTERNAL) if _earned(result, name)]
    if not owners:
        return ""
    rows = [
        f"<tr><td>{name}</td>{''.join(_cell(result.by_strategy[one][name]) for one in owners)}</tr>"
        for name in REASONS
    ]
    sums = "".join(_cell(sum_of(result.by_strategy[one])) for one in owners)
    rows.append(f'<tr class="sum"><td>sum</td>{sums}</tr>')
    return _table([result.reporting_currency, *owners], rows)


def sum_of(parts: Mapping[str, Decimal]) -> Decimal:
    """All parts that were earned or lost, exactly; money brought or taken is not among them."""
    with localcontext(MONEY):
        return sum((parts[name] for name in REASONS if name in parts), Decimal(0))


def _earned(result: Result, owner: StrategyName) -> bool:
    """Whether there is anything of it; nothing, too, while a price is unknown."""
    parts = result.by_strategy[owner]
    return any(parts.get(name) for name in REASONS)


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    first, *others = (escape(name) for name in heads)
    numbers = "".join(f'<th class="n">{name}</th>' for name in others)
    return (
        f'<div class="wide"><table><thead><tr><th>{first}</th>{numbers}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(value: Decimal | None) -> str:
    return f'<td class="n">{exact(value, signed=True)}</td>'


def _check(name: str, value: str) -> str:
    return f'<tr class="check"><td>{name}</td><td class="n">{value}</td></tr>'


def _tick(y: float, label: str, value: float) -> str:
    kind = "zero" if value == 0 else "grid"
    return (
        f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}">{label}</text>'
    )


def _step(k: int, slot: float, begin: float, end: float, color: int, name: str) -> str:
    x, width = LEFT + (k + 0.18) * slot, 0.64 * slot
    return (
        f'<rect class="bar c{color}" x="{x:.1f}" y="{min(begin, end):.1f}" width="{width:.1f}" '
        f'height="{max(abs(end - begin), 1.0):.1f}"/>'
        f'<text class="time" x="{x + width / 2:.1f}" y="{HEIGHT - 12}">{escape(name)}</text>'
    )


def tile(value: Decimal | None, places: int = 2) -> str:
    """An amount for the eye, coloured by its sign."""
    kind = "" if not value else "gain" if value > 0 else "loss"
    return f'<span class="{kind}">{rounded(value, places, signed=True)}</span>'

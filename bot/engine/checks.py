"""What no tape can say: refused with one clear message, before any of it is taken in."""

from decimal import Decimal
from typing import Final, get_args, get_type_hints

from bot.engine.state import State
from bot.errors import DataError
from bot.model.event import (
    AnyEvent,
    FundingTerms,
    InstrumentChanged,
    Liquidation,
    LiquidationVolume,
    LongShortRatio,
    OpenInterest,
    OpenInterestWorth,
    OptionTickers,
    TakerVolume,
)
from bot.model.units import InstrumentId
from bot.tape.rows import Block

UNREAD: Final = (
    OpenInterest,
    OpenInterestWorth,
    Liquidation,
    LiquidationVolume,
    LongShortRatio,
    TakerVolume,
    FundingTerms,
    OptionTickers,
)
"""Only signals read these, so they may concern what is not listed."""


def _amounts(kind: type[AnyEvent]) -> tuple[str, ...]:
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if Decimal in (hint, *get_args(hint)))


_KINDS: Final[tuple[type[AnyEvent], ...]] = get_args(AnyEvent)
# What to look at in an event, found once: most events are of orders and have no amounts.
_AMOUNTS: Final = {kind: _amounts(kind) for kind in _KINDS}
_LISTED: Final = {kind for kind in _KINDS if kind not in UNREAD and hasattr(kind, "instrument")}


def check_block(state: State, block: Block) -> None:
    """Refuse rows of other instruments than ours, or numbered otherwise."""
    if block.instruments != state.ids:
        raise DataError(
            f"rows at {block.first_ns} ns" if block.messages else "rows",
            f"instruments {', '.join(block.instruments)}",
            ", ".join(state.ids),
            "give the recordings of all the instruments that are configured, and no others",
        )


def check_event(state: State, event: AnyEvent) -> None:
    """Refuse what concerns an instrument that nobody lists, and numbers that are none."""
    kind = type(event)
    if kind in _LISTED:
        name = _instrument(event)
        if name not in state.terms.by_id:
            raise DataError(
                f"{kind.__name__} at {event.ts_recv} ns instrument",
                repr(name),
                f"one of {', '.join(state.ids)}",
                "list it in the configuration, or leave the event out",
            )
    for field in _AMOUNTS[kind]:
        value: Decimal | None = getattr(event, field)
        if value is not None and not value.is_finite():
            raise DataError(
                f"{kind.__name__} at {event.ts_recv} ns {field}",
                str(value),
                "a finite number",
                "leave the event out: what is unknown is not said",
            )


def _instrument(event: AnyEvent) -> InstrumentId:
    if isinstance(event, InstrumentChanged):
        return event.instrument.id
    name: InstrumentId = event.instrument  # type: ignore[union-attr]  # of those that have one
    return name

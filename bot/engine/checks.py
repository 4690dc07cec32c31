"""What no tape can say: refused with one clear message, before any of it is taken in."""

from decimal import Decimal
from typing import Final

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
    TakerVolume,
)
from bot.model.units import InstrumentId
from bot.tape.rows import Block

_UNREAD: Final = (
    OpenInterest,
    OpenInterestWorth,
    Liquidation,
    LiquidationVolume,
    LongShortRatio,
    TakerVolume,
    FundingTerms,
)
"""Nobody reads these yet, so they may concern what is not listed."""


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
    where = f"{type(event).__name__} at {event.ts_recv} ns"
    if not isinstance(event, _UNREAD):
        name = _instrument(event)
        if name is not None and name not in state.terms.by_id:
            raise DataError(
                f"{where} instrument",
                repr(name),
                f"one of {', '.join(state.ids)}",
                "list it in the configuration, or leave the event out",
            )
    for field in event.__struct_fields__:
        value = getattr(event, field)
        if isinstance(value, Decimal) and not value.is_finite():
            raise DataError(
                f"{where} {field}",
                str(value),
                "a finite number",
                "leave the event out: what is unknown is not said",
            )


def _instrument(event: AnyEvent) -> InstrumentId | None:
    if isinstance(event, InstrumentChanged):
        return event.instrument.id
    name: InstrumentId | None = getattr(event, "instrument", None)
    return name

"""A session on paper that trades much in little time, and what its journal says by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import field, structs

from bot import Base, BookImbalance, InstrumentId, Strategy, Struct, Target, Urgency, View
from bot.config.loading import load
from bot.engine.settings import Settings
from bot.feeds.simulated.market import SimulatedMarket
from bot.journal.manifest import Manifest
from bot.journal.port import Record, RecordKind
from bot.model.event import (
    Fill,
    IntentDurable,
    OrderAbsent,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderSent,
    OrderUnknown,
    SendAborted,
    decode,
)
from bot.model.units import StrategyName
from bot.modes.paper import market_settings, trade
from bot.modes.setup import Setup, of
from bot.modes.trading import Options, PaperResult

PERP = InstrumentId("sim:BTC/USDT:USDT")
SPEED = 300.0
NS = 1_000_000_000


class Churn(Strategy):
    """Turns from long to short and back: in turns patient, less so, and at once."""

    instrument: InstrumentId
    size: Base
    every_s: float = 4.0

    class Memory(Struct):
        asked: int = 0
        turns: int = 0
        turned_ns: int = 0

    def watches(self):
        return {"imbalance": BookImbalance(self.instrument, levels=5, wake=0.05)}

    def decide(self, view: View):
        memory = view.memory
        memory.asked += 1
        if view.now - memory.turned_ns >= self.every_s * NS:
            memory.turns += 1
            memory.turned_ns = view.now
        urgency = (Urgency.URGENT, Urgency.NORMAL, Urgency.PASSIVE)[memory.turns % 3]
        side = 1 if memory.turns % 2 else -1
        return Target(self.instrument, side * self.size, urgency)


def settings_with(settings: Settings, churn: Strategy | None = None) -> Settings:
    """The shipped strategies, and one that trades much in place of the one that is off."""
    added = (StrategyName("imbalance_taker"), churn or Churn(instrument=PERP, size=0.01))
    return structs.replace(settings, strategies=(*settings.strategies, added))


def market(speed: float = SPEED) -> tuple[Setup, SimulatedMarket, Manifest]:
    config = load(None, [(("simulated", "slots_per_second"), 4)])
    made = SimulatedMarket(market_settings(config))
    setup = of(config, made.instruments, "")
    setup = structs.replace(setup, settings=settings_with(setup.settings))
    terms = Manifest(config.text, config.instruments(made.instruments), "test", {}, 1)
    return setup, made, terms


def settings_of(terms: Manifest) -> Settings:
    """What a run of `run_for` had been told, for whoever verifies it."""
    return market()[0].settings


def options(**changed: Any) -> Options:
    chosen = {
        "speed": SPEED,
        "duration_s": 1.0,
        "policy": "keep",
        "control": False,
        "console": None,
        "checkpoint_s": 0.3,
    }
    return Options(**{**chosen, **changed})


def run_for(path: Path, setup: Setup | None = None, **changed: Any) -> PaperResult:
    chosen, made, terms = market()
    return trade(setup or chosen, made, path, terms, options(**changed))


# --- what a journal says, without the bot's own way of reading it --------------------------

MOVES = {
    IntentDurable: "intent",
    OrderSent: "sent",
    OrderUnknown: "unknown",
    OrderAccepted: "open",
}
OVER = (SendAborted, OrderRejected, OrderCanceled, OrderExpired, OrderAbsent)


class Told(Struct):
    """Positions in lots, live orders with their state, the last memories, ids ever used."""

    positions: dict[str, int] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    memories: dict[str, Any] = field(default_factory=dict)
    trades: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def take(self, record: Record) -> None:
        if record.kind is RecordKind.EVENT:
            self._event(decode(record.payload))
        elif record.kind is RecordKind.DECISION:
            asked = msgspec.json.decode(record.payload)
            if asked["memory"] is not None:
                self.memories[asked["strategy"]] = asked["memory"]
        elif record.kind is RecordKind.COMMAND:
            what, content = msgspec.json.decode(record.payload)
            if what == "place":
                self.orders.append(content["order_id"])
                self.live[content["order_id"]] = "new"
                self.sizes[content["order_id"]] = content["proposal"]["size"]

    def _event(self, event: Any) -> None:
        if isinstance(event, Fill):
            self.trades.append(event.trade_id)
            held = self.positions.get(event.instrument, 0) + event.size * event.side
            self.positions[event.instrument] = held
            filled = self.filled.get(event.order_id, 0) + event.size
            self.filled[event.order_id] = filled
            self.live[event.order_id] = "part"
            if filled == self.sizes[event.order_id]:
                del self.live[event.order_id]
        elif type(event) in MOVES and self.live.get(event.order_id) != "part":
            self.live[event.order_id] = MOVES[type(event)]
        elif isinstance(event, OVER):
            self.live.pop(event.order_id, None)


def told_by(records: Sequence[Record]) -> Told:
    told = Told()
    for record in records:
        told.take(record)
    return told

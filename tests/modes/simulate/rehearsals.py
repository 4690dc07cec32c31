"""Rehearsals that several tests look at, each made once."""

from functools import cache
from typing import TypeVar

import numpy as np
from msgspec import Struct, field

from bot.config.configuration import Config
from bot.model.event import AnyEvent, OrderEvent
from bot.model.units import InstrumentId
from bot.modes.simulate.card import Card
from bot.modes.simulate.catalogue import SCENARIOS
from bot.modes.simulate.run import configured, only, rehearse
from bot.modes.simulate.scenario import Scenario, named
from bot.tape.rows import TRADE, Block

STRATEGIES = ("funding_arbitrage", "delta_hedge")
SEEDS = (1, 2, 3)
DERIVATIVE = {
    "funding_arbitrage": InstrumentId("east:BTC/USDT:USDT"),
    "delta_hedge": InstrumentId("north:ETH/USDT:USDT"),
}
OTHER = {
    "funding_arbitrage": InstrumentId("north:BTC/USDT"),
    "delta_hedge": InstrumentId("north:ETH/USDT:USDT"),
}
Kind = TypeVar("Kind")


class Kept(Struct):
    """What entered a run: events in their order, and the prices of trades by instrument."""

    events: list[AnyEvent] = field(default_factory=list)
    prices: dict[InstrumentId, list[int]] = field(default_factory=dict)

    def append(self, seq: int, item: Block | AnyEvent) -> None:
        del seq
        if not isinstance(item, Block):
            self.events.append(item)
            return
        first = item.first[item.start : item.stop + 1]
        rows = slice(int(first[0]), int(first[-1]))
        traded = np.flatnonzero(item.kind[rows] == TRADE)
        of = np.repeat(item.instrument[item.start : item.stop], np.diff(first))
        for i, price in zip(of[traded].tolist(), item.price[rows][traded].tolist(), strict=True):
            self.prices.setdefault(item.instruments[i], []).append(price)


class Rehearsal(Struct):
    """A scorecard, and what entered."""

    card: Card
    kept: Kept

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.kept.events if isinstance(event, kind)]

    def orders(self) -> dict[str, list[OrderEvent]]:
        found: dict[str, list[OrderEvent]] = {}
        for event in self.kept.events:
            if isinstance(event, OrderEvent):
                found.setdefault(event.order_id, []).append(event)
        return found


def scenario(name: str) -> Scenario:
    found = named(SCENARIOS, name)
    assert found is not None
    return found


@cache
def config(strategy: str) -> Config:
    return only(configured(None, ()), strategy)


@cache
def rehearsed(name: str, strategy: str, seed: int) -> Rehearsal:
    kept = Kept()
    card = rehearse(config(strategy), scenario(name), seed, sink=kept)
    return Rehearsal(card, kept)

"""Trading on paper: a market that is made up, money that is too, and everything else for real."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from msgspec import structs
from rich.console import Console

from bot import __version__
from bot.config.configuration import Config
from bot.feeds.simulated.market import SimulatedMarket
from bot.journal import manifest
from bot.journal.manifest import Manifest
from bot.journal.session import Session
from bot.modes.clock import WALL
from bot.modes.made_up import market_settings
from bot.modes.places import new_session
from bot.modes.setup import Setup, of
from bot.modes.trading import Interrupted, Market, Options, PaperResult, Trading

SWITCH_S: Final = 0.0005
"""How soon another thread gets the interpreter: with the usual 5 ms, a busy loop kept the
journal's commits waiting for up to 4.7 s."""


def run(
    config: Config, *, session: Path | None, duration_s: float | None, screen: bool
) -> PaperResult:
    """Trade on paper as a configuration says; a session that is there is gone on with.

    session: None: a new one, where sessions are kept. duration_s: None: until it is stopped.
    """
    simulated = config.file.simulated
    assert simulated is not None, "a configuration for paper was checked to have a market"
    market = SimulatedMarket(market_settings(config))
    path = new_session(WALL()) if session is None else session
    terms = Manifest(
        config=config.text,
        instruments=config.instruments(market.instruments),
        code_version=__version__,
        plugins=config.plugins(),
        created_ns=WALL(),
    )
    options = Options(
        speed=float(simulated.speed),
        duration_s=duration_s,
        policy=config.file.shutdown.policy,
        control=config.file.control.enabled,
        console=Console(stderr=True) if screen else None,
    )
    return trade(of(config, market.instruments, ""), market, path, terms, options)


def trade(
    setup: Setup, market: Market, path: Path, terms: Manifest, options: Options
) -> PaperResult:
    """Run a session over a market.

    Raises AlreadyRunning, JournalError for a disk that is full or a session that is damaged,
    and KeyboardInterrupt when a person asked twice.
    """
    session = open_session(path, terms)
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        return asyncio.run(Trading(setup, market, session, options).run())
    except Interrupted:
        raise KeyboardInterrupt from None
    finally:
        sys.setswitchinterval(before)


def open_session(path: Path, terms: Manifest) -> Session:
    """Go on with the session at a path, or begin one there."""
    if not (path / manifest.FILE).exists():
        return Session.create(path, terms, clock=WALL)
    created_ns = manifest.read(path).created_ns
    return Session.open(path, clock=WALL, terms=structs.replace(terms, created_ns=created_ns))

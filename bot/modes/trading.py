"""One run of a session, from its recovery to its rest."""

import asyncio
import gc
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Final, Protocol

from msgspec import Struct, structs
from rich.console import Console

from bot.engine.allowance import CLOSING
from bot.engine.operator import STOPPING
from bot.engine.outcome import Outcome
from bot.engine.state import State
from bot.errors import BotError, StrategyFailed
from bot.journal.session import Session
from bot.model.event import AnyEvent, OperatorCommand
from bot.model.snapshot import Snapshot
from bot.modes import checkpoint
from bot.modes.clock import MONOTONIC
from bot.modes.continued import Continued
from bot.modes.control import socket_path
from bot.modes.driver import Driver
from bot.modes.listener import Listener, Operators
from bot.modes.pacing import Paced
from bot.modes.recovery import Recovered, epoch_digits, recover, save_opening
from bot.modes.result import Result, conclude
from bot.modes.resumption import resolutions, venue_after
from bot.modes.screen import show
from bot.modes.series import Series, sample
from bot.modes.setup import Setup, deposits, driver, priced
from bot.modes.snapshot import Exporter
from bot.modes.sources import time_of
from bot.modes.stopping import WHO, wind_down
from bot.modes.tasks import Tasks
from bot.modes.watched import WatchedJournal
from bot.tape.merge import Source, merge
from bot.tape.rows import Block

CHECKPOINT_S: Final = 15.0
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Options(Struct, frozen=True, kw_only=True):
    """How a run is run; none of it changes what it decides.

    speed: seconds of the market in one on the wall. duration_s: None: until it is stopped.
    policy: what happens to positions at the end, see `stopping`. console: where the screen is.
    """

    speed: float
    duration_s: float | None
    policy: str
    control: bool
    console: Console | None
    checkpoint_s: float = CHECKPOINT_S


class Market(Protocol):
    """A market that says the same each time it is read."""

    def sources(self) -> Sequence[Source]:
        """All of it, from its beginning."""
        ...

    def memo(self, now_ns: int) -> bytes | None:
        """Where it stood not long before a time; None when it cannot tell."""
        ...

    def after(self, memo: bytes) -> Sequence[Source]:
        """From where a memo says that it stood, each source with its whole book first."""
        ...


class PaperResult(Result, frozen=True, kw_only=True):
    """What came of a run on paper.

    snapshot: as it ended. warnings: what a person should know.
    exit_code: 0, or that of a strategy which failed.
    """

    session: str
    run: int
    snapshot: Snapshot
    warnings: list[str]
    exit_code: int


class Interrupted(Exception):
    """A person asked twice: end at once."""


class Trading:
    """One run; made for a session that is open, which it closes."""

    def __init__(self, setup: Setup, market: Market, session: Session, options: Options) -> None:
        """Take everything that it needs; nothing happens yet."""
        settings = structs.replace(setup.settings, epoch=epoch_digits(session.epoch))
        self._setup = structs.replace(setup, settings=settings)
        self._market = market
        self._session = session
        self._options = options
        self._stop = asyncio.Event()
        self._why = ""
        self._asked = False
        self._saving = asyncio.Lock()
        self._saved: int | None = None
        self._warnings: list[str] = []
        self._failures: dict[str, str] = {}

    async def run(self) -> PaperResult:
        """Recover, trade, come to rest."""
        try:
            async with Tasks() as tasks:
                result = await self._trade(tasks)
        except BaseException:
            # Whatever broke is being told; a broken disk need not tell it again.
            with suppress(BotError):
                await self._session.close()
            raise
        await self._session.close()
        return result

    async def _trade(self, tasks: Tasks) -> PaperResult:
        session, options = self._session, self._options
        journal = WatchedJournal(session.journal, tasks.fail)
        drive, paced, beginning = await self._prepare(journal)
        state = drive.engine.state
        operators = Operators(paced.enter, lambda: journal.append(()))
        exporter = Exporter(state, drive.recorder, str(session.path), session.epoch, MONOTONIC)
        series = Series(state)

        def watch(outcome: Outcome) -> None:
            series.watch(outcome)
            exporter.watch(outcome)
            operators.watch(outcome)
            self._notice(outcome)

        drive.observer = watch
        await drive.begin(beginning)
        before = sample(state).equity
        gc.freeze()  # What stands now stays; the collector need not look at it again.
        driving = tasks.spawn("driver", drive.run(paced), ends=True)
        tasks.spawn("checkpoints", self._keep_checkpoints(state, journal))
        tasks.spawn("end", self._end(state, operators, paced), ends=True)
        if options.control:
            names = tuple(state.names)
            listener = Listener(socket_path(session.path), operators, exporter.snapshot, names)
            tasks.spawn("control", listener.serve())
        if options.console is not None:
            tasks.spawn("screen", show(options.console, exporter.snapshot))
        with self._signals(tasks):
            await tasks.until(driving)
        await self._save(state, journal)
        result = conclude(
            "paper",
            self._setup,
            state,
            drive.recorder,
            series,
            before=before,
            first_ns=series.samples[0].ts if series.samples else state.now,
            unfunded=[str(one) for one in drive.venue.unfunded],
            unsettled=drive.venue.unsettled,
        )
        return PaperResult(
            **structs.asdict(result),
            session=str(session.path),
            run=session.epoch,
            snapshot=exporter.snapshot(),
            warnings=[*self._warnings, *self._failures.values()],
            exit_code=StrategyFailed.exit_code if self._failures else 0,
        )

    # --- the beginning ---------------------------------------------------------------------

    async def _prepare(self, journal: WatchedJournal) -> tuple[Driver, Paced, list[AnyEvent]]:
        """Engine and venue as the last run left them, the market from there on, and what a run
        begins with.
        """
        session = self._session
        recovered = recover(session, self._setup.settings)
        items, first_ns = self._items(recovered)
        drive = driver(self._setup, journal, session.tape)
        state = drive.engine.state
        if recovered is None:
            beginning: list[AnyEvent] = [*deposits(self._setup, first_ns)]
        else:
            await self._resume(drive, journal, recovered)
            beginning = _resumed(state)
        state.seq = session.last_seq
        memo = None if recovered is None else recovered.memo
        opening = checkpoint.take(state, session.epoch, market=False, memo=memo)
        await asyncio.to_thread(save_opening, session, opening)
        paced = Paced(items, start_ns=first_ns, speed=self._options.speed, clock=MONOTONIC)
        return drive, paced, beginning

    def _items(self, recovered: Recovered | None) -> tuple[Iterator[Block | AnyEvent], int]:
        """What the market says from now on, and when that begins."""
        memo = None if recovered is None else recovered.memo
        sources = self._market.sources() if memo is None else self._market.after(memo)
        if recovered is not None:
            sources = [Continued(each, recovered.state.now) for each in sources]
        items = merge(sources)
        first = next(items, None)
        if first is None:
            return items, 0 if recovered is None else recovered.state.now
        if isinstance(first, Block):
            self._setup = priced(self._setup, first)
        first_ns = time_of(first) if recovered is None else recovered.state.now
        return chain([first], items), first_ns

    async def _resume(self, drive: Driver, journal: WatchedJournal, recovered: Recovered) -> None:
        """Stand where the last run stood; books and scores come anew."""
        state = drive.engine.state
        state.restore(recovered.state.durable())
        state.desk.look()
        drive.venue.restore(venue_after(recovered.state, self._setup.venue.line.least_in_ns))
        if recovered.difference is not None:
            self._warnings.append(
                f"the last run would be decided otherwise by now, from {recovered.difference}; "
                "it was followed as it was recorded"
            )
        beyond = [structs.replace(one, epoch=journal.epoch) for one in recovered.beyond]
        await journal.append(beyond)

    # --- meanwhile -------------------------------------------------------------------------

    def _notice(self, outcome: Outcome) -> None:
        for asked in outcome.asked:
            if asked.fault is not None:
                self._failures[asked.strategy] = f"strategy {asked.strategy} failed: {asked.fault}"

    async def _keep_checkpoints(self, state: State, journal: WatchedJournal) -> None:
        """Save the state now and then, so that a restart is quick."""
        while True:
            await asyncio.sleep(self._options.checkpoint_s)
            await self._save(state, journal)

    async def _save(self, state: State, journal: WatchedJournal) -> None:
        async with self._saving:
            if state.seq == self._saved:
                return
            memo = self._market.memo(state.now)
            taken = checkpoint.take(state, self._session.epoch, market=True, memo=memo)
            payload = await asyncio.to_thread(checkpoint.encode, taken)
            # A snapshot must not know more than the journal.
            await journal.append(())
            await self._session.save_snapshot(taken.seq, payload)
            self._saved = taken.seq

    # --- the end ---------------------------------------------------------------------------

    @contextmanager
    def _signals(self, tasks: Tasks) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the run: once in good order, twice at once."""
        loop = asyncio.get_running_loop()

        def asked(name: str) -> None:
            if self._asked:
                tasks.fail(Interrupted(name))
            self._asked = True
            self._why = self._why or name
            self._stop.set()

        for each in SIGNALS:
            loop.add_signal_handler(each, asked, each.name)
        try:
            yield
        finally:
            for each in SIGNALS:
                loop.remove_signal_handler(each)

    async def _end(self, state: State, operators: Operators, paced: Paced) -> None:
        """Wait for the end, and bring everything to rest."""
        try:
            async with asyncio.timeout(self._options.duration_s):
                await self._stop.wait()
        except TimeoutError:
            self._why = "the time is over"
            self._stop.set()
        self._warnings += await wind_down(state, operators, self._options.policy, self._why)
        paced.end()


def _resumed(state: State) -> list[AnyEvent]:
    """What a run that goes on begins with: the fate of orders, and leave to trade again."""
    beginning = resolutions(state)
    if any(state.desk.permit(name).why in (STOPPING, CLOSING) for name in state.names):
        now = state.now
        beginning.append(
            OperatorCommand(ts_recv=now, ts_venue=now, verb="start", who=WHO, why="goes on")
        )
    return beginning
